"""Do shares always add up, a community's rates always equal those of all its lines, and statuses always partition?"""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.analyses.kpis import analyse_kpis
from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.findings import share
from procurement_kit.kpi_basis import KPI_STATUSES, RATES, KpiBasis, Target, status_of, wilson
from procurement_kit.periods import parse_period
from procurement_kit.sharing import CostPart, largest_remainder, share_by_key
from tests.unit.analyses.conftest import cube_of_rows, firm, placed

ORE = Decimal("0.01")
KRONER = st.integers(-(10**10), 10**10).map(lambda ore: ore * ORE)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)
SHARES = st.integers(0, 1000).map(lambda n: Decimal(n) / 1000)
YEAR = parse_period("2025")


@given(KRONER, WEIGHTS)
@settings(max_examples=60, deadline=None)
def test_shares_sum_exactly_and_lie_within_an_oere_of_what_is_fair(amount, weights):
    parts = largest_remainder(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        fair = amount * weight / whole if whole else amount / len(weights)
        assert abs(part - fair) < ORE


@given(KRONER, st.lists(st.integers(0, 10**5), min_size=2, max_size=5), st.integers(0, 10**7))
@settings(max_examples=30, deadline=None)
def test_a_bill_of_several_parts_sums_to_its_parts(amount, units, price):
    members = [f"m{n}" for n in range(len(units))]
    values = dict(zip(members, units, strict=True))
    unit_price = Decimal(price) / 1000
    parts = [CostPart("lige", "equal", amount), CostPart("pris", "unit_price", unit_price, values)]
    shared = share_by_key(members, parts)
    assert sum(shared["shared_amount"]) == amount + (unit_price * sum(units)).quantize(ORE)


@given(st.none() | SHARES, st.none() | st.integers(0, 60), st.none() | SHARES, st.none() | SHARES, st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_figure_has_exactly_one_status_and_a_colour_only_by_thresholds(
    actual, documents, green, yellow, is_lower
):
    direction = "lower" if is_lower else "higher"
    found = status_of(actual, documents, Target("e_trade", YEAR, None, None, "", direction, green, yellow))
    assert found in KPI_STATUSES
    if found in ("green", "yellow", "red"):
        assert green is not None and (documents is None or documents >= 20)


@given(st.integers(0, 500), st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_an_interval_holds_its_share(hits, misses):
    low, high = wilson(hits, hits + misses)
    assert 0 <= low <= share(hits, hits + misses) <= high <= 1


LINE = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(("on_contract", "wrong_supplier", "no_known_contract", "undecidable")),
    st.sampled_from(("1801", "1802", None)),
    st.booleans(),
    st.integers(-5000, 50000),
    st.integers(1, 12),
)


@given(st.lists(LINE, min_size=1, max_size=12))
@settings(max_examples=8, deadline=None)
def test_a_communitys_rates_are_those_of_its_lines_put_together(lines):
    from datetime import date

    rows = [
        {
            **placed(code), **firm("A"), "municipality_name": name, "contract_status": status, "net": str(net * ORE),
            "contract_reason": "", "order_number": "45001" if ordered else None, "invoice_date": date(2025, month, 1),
        }
        for name, status, code, ordered, net, month in lines
    ]  # fmt: skip
    own = ETradeBasis("order_number", (), frozenset({"1801"}))
    cube = cube_of_rows(*rows)
    together = analyse_kpis(
        cube, period="2025", basis=KpiBasis("f", dict.fromkeys("abc", "t"), dict.fromkeys("abc", own))
    )
    assert not together.failed_checks
    pooled = cube_of_rows(*({**row, "municipality_name": "f"} for row in rows))
    alone = analyse_kpis(pooled, period="2025", basis=KpiBasis("f", {"f": "F"}, {"f": own}))
    for key in RATES:
        assert together.numbers[f"{key}_actual"] == alone.numbers[f"{key}_actual"]
    statuses = [together.numbers[f"{status}_count"].value for status in KPI_STATUSES]
    assert sum(statuses) == together.numbers["kpi_count"].value == 5
