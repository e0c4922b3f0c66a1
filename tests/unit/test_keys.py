"""Keys lie apart from the data, are readable by their owner only, and are deleted on request."""

import os
import stat

import pytest

from procurement_kit.errors import MissingPartError
from procurement_kit.keys import KEY_BYTES, delete_key, key_path, new_key, read_key, write_key


def test_a_key_is_read_as_it_was_written(data_home):
    key = new_key()
    assert len(key) == KEY_BYTES
    write_key("a", key)
    assert read_key("a") == key
    assert not key_path("a").is_relative_to(data_home)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner bits")
def test_only_its_owner_may_read_it(data_home):
    write_key("a", new_key())
    assert stat.S_IMODE(key_path("a").stat().st_mode) == 0o600


def test_two_keys_differ():
    assert new_key() != new_key()


def test_a_missing_or_damaged_key_is_named(data_home):
    with pytest.raises(MissingPartError, match="«a» is not on this machine"):
        read_key("a")
    write_key("a", new_key())
    key_path("a").write_text("no hex", encoding="ascii")
    with pytest.raises(MissingPartError, match="«a» is damaged") as caught:
        read_key("a")
    assert "no hex" not in str(caught.value)
    key_path("a").write_text("00ff", encoding="ascii")
    with pytest.raises(MissingPartError, match="«a» is damaged"):
        read_key("a")


def test_a_deleted_key_is_gone_and_deleting_it_again_does_nothing(data_home):
    write_key("a", new_key())
    assert delete_key("a")
    assert not delete_key("a")
    with pytest.raises(MissingPartError):
        read_key("a")


def test_without_a_chosen_folder_keys_lie_in_the_users_configuration(monkeypatch):
    monkeypatch.delenv("PROCUREMENT_KEYS", raising=False)
    assert key_path("a").parts[-3:] == ("procurement_kit", "keys", "a.key")
