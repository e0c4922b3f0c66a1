"""The doctor looks at the places of data and keys, and says what it cannot know."""

from datetime import date
from pathlib import Path

import pytest

from procurement_kit import doctor
from procurement_kit.dialogue.closing import close_municipality
from procurement_kit.keys import delete_key


@pytest.mark.parametrize(
    "folder",
    [
        "/home/a/OneDrive - Prøveby Kommune/data", "/Users/a/Library/Mobile Documents/data",
        "/Users/a/Library/CloudStorage/x/data", "/home/a/Dropbox/data",
    ],
)  # fmt: skip
def test_a_synced_folder_is_warned_about(folder):
    (warning,) = doctor.location_warnings(Path(folder))
    assert "copied to a cloud" in warning


def test_a_link_into_a_synced_folder_is_warned_about(tmp_path):
    (tmp_path / "OneDrive").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "OneDrive", target_is_directory=True)
    assert "OneDrive" in doctor.location_warnings(tmp_path / "data")[0]


def test_a_network_drive_is_warned_about(monkeypatch, tmp_path):
    assert doctor.location_warnings(tmp_path) == []
    monkeypatch.setattr(doctor, "_mount", lambda folder: ("//server/share", "cifs"))
    assert "network drive" in doctor.location_warnings(tmp_path)[0]
    assert doctor.is_on_network(Path("//server/deling"))


def test_keys_beside_the_data_are_warned_about(tmp_path):
    data = tmp_path / "data"
    assert doctor.key_warnings(data, tmp_path / "keys") == []
    assert "inside the data folder" in doctor.key_warnings(data, data / "keys")[0]
    assert "inside the key folder" in doctor.key_warnings(tmp_path / "keys" / "data", tmp_path / "keys")[0]
    assert doctor.key_warnings(data, Path("/home/a/Dropbox/keys"))[0].startswith("The key folder /home/a/Dropbox/keys")


def test_encryption_is_on_where_the_machine_says_so_and_unknown_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_mount", lambda folder: ("/dev/dm-0", "ext4"))
    mark = tmp_path / "dm-0" / "dm" / "uuid"
    mark.parent.mkdir(parents=True)
    for text, expected in (("CRYPT-LUKS2-abc", "on"), ("LVM-abc", "unknown")):
        mark.write_text(text, encoding="ascii")
        assert doctor.disk_encryption(tmp_path, blocks=tmp_path) == expected
    assert doctor.disk_encryption(tmp_path, blocks=tmp_path / "none") == "unknown"


def test_what_cannot_be_known_is_said(municipality, monkeypatch):
    monkeypatch.setattr(doctor, "disk_encryption", lambda folder: "unknown")
    words = "\n".join(doctor.examine().sentences)
    assert "encrypted is unknown: check BitLocker" in words
    assert "Privacy keys lie in" in words


def test_a_missing_key_is_a_warning_but_not_where_the_municipality_is_closed(municipality):
    delete_key("test-key")
    assert any("prøveby: The privacy key" in text for text in doctor.examine().facts["warnings"])
    close_municipality(municipality, confirmed=True, today=date(2026, 1, 31))
    assert not any("prøveby" in text for text in doctor.examine().facts["warnings"])
