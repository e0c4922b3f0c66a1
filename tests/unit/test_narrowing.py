"""Is the answer the same, and is the engine asked for fewer columns?"""

import ibis
import pytest

from procurement_kit.narrowing import narrowed

LINES = {"unit": ["a", "a", "b", None], "net": [1, 2, 3, 4], "text": ["p", "q", "r", "s"], "note": ["", "", "", ""]}
UNITS = {"unit": ["a", "b"], "name": ["Skolen", "Havnen"], "note": ["x", "y"]}


@pytest.fixture
def lines():
    return ibis.memtable(LINES)


@pytest.fixture
def units():
    return ibis.memtable(UNITS)


def numbered(lines):
    return lines.mutate(place=ibis.row_number().over(group_by="unit", order_by=ibis.desc("net")))


EXPRESSIONS = {
    "filter": lambda lines, _: lines.filter(lines.net > 1).mutate(twice=lines.net * 2).select("twice"),
    "sums": lambda lines, _: lines.group_by("unit").aggregate(net=lines.net.sum(), count=lines.count()),
    "only a count": lambda lines, _: lines.aggregate(count=lines.count()),
    "left join": lambda lines, units: (
        lines.left_join(units, [lines.unit.identical_to(units.unit)]).select(lines, units.name)
        .group_by("name").aggregate(net=lambda t: t.net.sum())
    ),
    "anti join": lambda lines, units: lines.anti_join(units, [lines.unit.identical_to(units.unit)]).select("net"),
    "with itself": lambda lines, _: (lambda v: lines.join(v, [lines.unit == v.unit]).select(lines.net, other=v.net))(lines.view()),
    "among others": lambda lines, units: lines.filter(lines.unit.isin(units.unit)).select("net"),
    "the largest": lambda lines, _: lines.filter(lines.net == lines.net.max().as_scalar()).select("unit"),
    "window": lambda lines, _: numbered(lines).filter(lambda t: t.place == 0).select("unit", "net"),
    "count over all": lambda lines, _: lines.mutate(count=lines.count().over()).select("count"),
    "union": lambda lines, _: lines.union(lines).select("net"),
    "distinct": lambda lines, _: lines.distinct().aggregate(count=lambda t: t.count()),
    "dropped": lambda lines, _: lines.drop("note").order_by("net").limit(2).select("unit"),
    "all of it": lambda lines, _: lines,
}  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_rows_columns_and_types_are_the_same(lines, units, name):
    whole = EXPRESSIONS[name](lines, units)
    narrow = narrowed(whole)
    assert narrow.schema() == whole.schema()
    assert sorted(map(str, narrow.to_pyarrow().to_pylist())) == sorted(map(str, whole.to_pyarrow().to_pylist()))


@pytest.mark.parametrize("name", ["filter", "sums", "only a count", "left join", "anti join", "window", "dropped"])
def test_the_engine_is_not_asked_for_what_nobody_needs(lines, units, name):
    whole = EXPRESSIONS[name](lines.mutate(more=lines.text + lines.note), units)
    assert '"more"' not in ibis.to_sql(narrowed(whole))
    assert '"text"' not in ibis.to_sql(narrowed(whole))


def test_duplicates_are_counted_by_all_columns(lines):
    assert narrowed(lines.distinct().aggregate(count=lambda t: t.count())).to_pyarrow().to_pylist() == [{"count": 4}]
