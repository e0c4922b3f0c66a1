"""A lookup that was being made when the run was stopped is gone on with, and comes out whole."""

import pyarrow as pa
import pytest

from procurement_kit import store
from procurement_kit.exact import not_in_lookup

TYPES = {"name": "string", "code": "string"}


def part(*names):
    return pa.table({"name": pa.array(names, pa.string()), "code": pa.array(["18"] * len(names), pa.string())})


def names_in(table):
    return sorted(row["name"] or "" for row in table.to_pyarrow().to_pylist())


def stopped_after_one_part(municipality, mark):
    def batches():
        yield part("ærø", None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.resumed_lookup(municipality, "names", TYPES, mark) as (_, write):
        write(batches())


def test_what_was_done_is_kept_and_the_rest_is_added(municipality):
    stopped_after_one_part(municipality, "a" * 64)
    assert names_in(store.read_lookup(municipality, "names", TYPES)) == []
    with store.resumed_lookup(municipality, "names", TYPES, "a" * 64) as (done, write):
        assert names_in(done) == ["", "ærø"]
        write([part("øl")])
    assert names_in(store.read_lookup(municipality, "names", TYPES)) == ["", "ærø", "øl"]
    assert not list((municipality.folder / "pending").glob("lookup-*"))


def test_parts_made_from_something_else_are_cleared_away(municipality):
    stopped_after_one_part(municipality, "a" * 64)
    with store.resumed_lookup(municipality, "names", TYPES, "b" * 64) as (done, write):
        assert names_in(done) == []
        write([part("øl")])
    assert names_in(store.read_lookup(municipality, "names", TYPES)) == ["øl"]


def test_rows_already_placed_are_not_placed_again_empty_keys_included(municipality):
    stopped_after_one_part(municipality, "a" * 64)
    done = store.read_parquet(municipality, municipality.folder / "pending" / f"lookup-names-{'a' * 16}" / "*", TYPES)
    store.write_lookup(municipality, "all", TYPES, [part("ærø", None, "øl")])
    every = store.read_lookup(municipality, "all", TYPES)
    assert names_in(not_in_lookup(every, done, ["name"])) == ["øl"]
