"""Do files appear whole or not at all, and is what is written what is read?"""

import json
import os
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from procurement_kit import folders, store
from procurement_kit.errors import InputNotFoundError, MissingPartError, MunicipalityNotFoundError, ParameterError
from procurement_kit.fingerprints import file_hash, fingerprint
from procurement_kit.keys import key_path, read_key

TYPES = {"name": "string", "net_amount": "decimal(18,2)", "invoice_date": "date"}
ROWS = [
    {"name": "Ærø", "net_amount": Decimal("-1.10"), "invoice_date": date(2025, 1, 1)},
    {"name": None, "net_amount": Decimal("2.20"), "invoice_date": None},
]


def rows_table(rows=ROWS):
    return pa.Table.from_pylist(rows, schema=store.arrow_schema(TYPES))


def test_an_unknown_municipality_is_refused_with_the_nearest(municipality):
    with pytest.raises(MunicipalityNotFoundError, match="Did you mean «prøveby»"):
        store.open_municipality("prøvebj")


def test_the_privacy_key_lies_outside_the_data_folder(data_home):
    made = store.create_municipality("nyby")
    assert len(read_key(made.privacy_key)) == 32
    assert not key_path(made.privacy_key).is_relative_to(data_home)
    assert made.privacy_key not in (p.stem for p in data_home.rglob("*"))


def test_making_a_municipality_twice_keeps_its_key(data_home):
    assert store.create_municipality("nyby").privacy_key == store.create_municipality("nyby").privacy_key


def test_a_missing_key_is_an_error_and_not_a_new_key(municipality):
    key_path("test-key").unlink()
    with pytest.raises(MissingPartError, match="would break identities"):
        read_key("test-key")


def test_a_lookup_is_read_as_written(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])
    assert store.read_lookup(municipality, "names", TYPES).to_pyarrow().to_pylist() == ROWS


def test_a_lookup_not_made_yet_is_empty_with_its_columns(municipality):
    table = store.read_lookup(municipality, "none", TYPES)
    assert (table.columns, table.count().to_pyarrow().as_py()) == (tuple(TYPES), 0)
    assert table.to_pyarrow().schema.types == store.arrow_schema(TYPES).types


def test_what_is_built_on_a_lookup_not_made_yet_can_be_a_view(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])
    names, none = (store.read_lookup(municipality, name, TYPES) for name in ("names", "none"))
    view = store.as_view(municipality, names.union(none))
    assert (view.op().find(type(none.op())), view.count().to_pyarrow().as_py()) == ([], len(ROWS))


def test_a_failed_write_leaves_what_was_there(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])

    def broken():
        yield rows_table(ROWS[:1])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write_lookup(municipality, "names", TYPES, broken())
    assert store.read_lookup(municipality, "names", TYPES).count().to_pyarrow().as_py() == 2
    assert list((municipality.folder / "pending").iterdir()) == []


def test_a_run_killed_between_two_renames_is_put_right_when_the_folder_is_opened(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])
    target = municipality.folder / "lookups" / "names"
    aside = municipality.folder / "pending" / "old-4194305-1"  # a process that cannot run
    target.rename(aside)
    folders.write_text(aside.with_suffix(".json"), '{"target": "lookups/names"}')
    again = store.open_municipality("prøveby")
    assert store.read_lookup(again, "names", TYPES).count().to_pyarrow().as_py() == 2


def test_parts_are_numbered_and_bounded(tmp_path):
    with store.parquet_parts(tmp_path / "d", store.arrow_schema(TYPES), rows_per_part=2) as write:
        for _ in range(3):
            write(rows_table())
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == [f"part-0000{n}.parquet" for n in range(3)]


def test_a_dataset_written_by_the_engine_keeps_every_oere(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])
    table = store.read_lookup(municipality, "names", TYPES)
    store.write_dataset(
        municipality, municipality.folder / "cube", table.mutate(double=table.net_amount + table.net_amount)
    )
    back = store.read_parquet(municipality, municipality.folder / "cube" / "*.parquet", TYPES)
    assert back.net_amount.sum().to_pyarrow().as_py() == Decimal("1.10")


def test_batches_are_bounded(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table() for _ in range(10)])
    batches = list(store.batches_of(store.read_lookup(municipality, "names", TYPES), municipality, size=7))
    assert sum(b.num_rows for b in batches) == 20
    assert len(batches) >= 2


def test_a_load_that_another_replaces_is_cleared_away(municipality):
    for key, replaces in (("0001-a", []), ("0002-b", ["0001-a"])):
        with store.new_load(municipality, key) as folder:
            folders.write_text(folder / "load.json", json.dumps({"replaces": replaces, "sources": []}))
    assert len(store.loads(municipality)) == 1
    assert [p.name for p in (municipality.folder / "lines").iterdir()] == ["0002-b"]


def test_two_runs_cannot_change_a_municipality_at_the_same_time(municipality):
    from filelock import FileLock

    with FileLock(municipality.folder / ".lock"), pytest.raises(ParameterError, match="Another run"):
        with folders.locked(municipality):
            raise AssertionError("the lock was given twice")


def test_a_fingerprint_follows_content_not_place(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f.txt").write_text("same")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    (tmp_path / "b" / "f.txt").write_text("other")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "b")
    assert fingerprint("x", ["y"]) != fingerprint("x", ["z"])


def test_the_hash_of_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputNotFoundError):
        file_hash(tmp_path / "none")


def test_the_data_folder_is_looked_for_upwards(tmp_path, monkeypatch):
    monkeypatch.delenv("PROCUREMENT_DATA", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    assert store.data_folder() == tmp_path / "data"


def test_a_load_that_is_half_cleared_away_is_out_of_sight(municipality, monkeypatch):
    """A run killed while it clears away must not leave lines without their record."""
    for key, replaces in (("0001-a", []), ("0002-b", ["0001-a"])):
        with store.new_load(municipality, key) as folder:
            (folder / "lines").mkdir()
            folders.write_text(folder / "load.json", json.dumps({"replaces": replaces, "sources": []}))

    def killed(path, **words):
        (path / "load.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(folders.shutil, "rmtree", killed)
        store.loads(municipality)
    assert [path.name for path in (municipality.folder / "lines").iterdir()] == ["0002-b"]
    assert [load["replaces"] for load in store.loads(municipality)] == [["0001-a"]]


def test_what_a_running_process_has_moved_aside_is_left_alone(municipality):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])
    target = municipality.folder / "lookups" / "names"
    aside = municipality.folder / "pending" / f"old-{os.getpid()}-1"
    target.rename(aside)
    folders.write_text(aside.with_suffix(".json"), '{"target": "lookups/names"}')
    store.open_municipality("prøveby")
    assert aside.exists() and not target.exists()


def test_a_swap_that_fails_puts_back_what_was_there(municipality, monkeypatch):
    store.write_lookup(municipality, "names", TYPES, [rows_table()])
    whole = folders.Path.rename

    def failing(path, target):
        if path.name.startswith("new-"):
            raise OSError(28, "No space left on device")
        return whole(path, target)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(folders.Path, "rename", failing)
        store.write_lookup(municipality, "names", TYPES, [rows_table(ROWS[:1])])
    assert store.read_lookup(municipality, "names", TYPES).count().to_pyarrow().as_py() == 2
    assert list((municipality.folder / "pending").iterdir()) == []


def test_a_part_is_linked_filtered_or_left_out(tmp_path):
    import pyarrow.parquet as pq

    part = tmp_path / "part.parquet"
    pq.write_table(pa.table({"source_hash": ["a", "b", "a"], "n": [1, 2, 3]}), part)
    for name, hashes, left in (("x", {"c"}, [1, 2, 3]), ("y", {"a"}, [2]), ("z", {"a", "b"}, None)):
        store.link_without(part, tmp_path / name, hashes)
        found = pq.read_table(tmp_path / name)["n"].to_pylist() if (tmp_path / name).exists() else None
        assert found == left
    assert (tmp_path / "x").stat().st_ino == part.stat().st_ino


def test_a_text_that_cannot_be_written_leaves_no_part(tmp_path, monkeypatch):
    folders.write_text(tmp_path / "a.txt", "før")

    def full(path, *args, **words):
        path.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(folders.Path, "write_text", full)
        folders.write_text(tmp_path / "a.txt", "efter")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("a.txt", "før")]
