"""How far are the key figures, and do a community's rates equal those of its lines put together?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.kpi_measures import measure, quarters
from procurement_kit.analyses.kpis import analyse_kpis
from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.kpi_basis import FEWEST_DOCUMENTS, FollowUp, KpiBasis, KpiCard, Target
from procurement_kit.periods import parse_period
from tests.unit.analyses.conftest import firm, placed

D = Decimal
OWN = ETradeBasis("order_number", (), frozenset({"1801"}))


def basis_of(*names, targets=None, **more):
    titles = {name: name.title() for name in names}
    owner = names[0] if len(names) == 1 else "fællesskab"
    return KpiBasis(owner, titles, dict.fromkeys(names, OWN), targets or {}, **more)


def bought(net, status="no_known_contract", code="1802", **more):
    reason = {"on_contract": "contract_supplier", "wrong_supplier": "other_supplier"}.get(status, "no_contract")
    line = {**placed(code), **firm("A"), "net": net, "contract_status": status, "contract_reason": reason}
    return line | {"municipality_name": "a", **more}


def several(count, net, status="no_known_contract", **more):
    """A sum on so many documents of their own."""
    name = f"{net}-{status}-{more.get('municipality_name', 'a')}-{more.get('invoice_date')}-{more.get('order_number')}"
    part = D(net) / count
    return [bought(str(part), status, document_id=f"{name}-{n}", **more) for n in range(count)]


def row_of(finding, table, **wanted):
    rows = finding.tables[table]
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0].to_dict()


# --- the case: 60 -> 88 -> 90 % and 25 -> 70 -> 79 % ----------------------------------------------------------------

CASE = {  # period → (day, kroner on contract of 100, kroner e-traded of 100)
    "2015": (date(2015, 6, 1), 60, 25),
    "2018": (date(2018, 6, 1), 88, 70),
    "2019Q1": (date(2019, 2, 1), 90, None),
    "2019Q2": (date(2019, 5, 1), None, 79),
}


@pytest.fixture(scope="module")
def case():
    from tests.unit.analyses.conftest import cube_of_rows

    rows = []
    for day, loyal, traded in CASE.values():
        if loyal is not None:
            rows += several(20, str(loyal), "on_contract", invoice_date=day)
            rows += several(20, str(100 - loyal), "wrong_supplier", invoice_date=day)
        if traded is not None:
            rows += several(20, str(traded), code="1801", order_number="45001", invoice_date=day)
            rows += several(20, str(100 - traded), code="1801", invoice_date=day)
    years = parse_period("2015-01..2019-12")
    aims = {"contract_compliance": "0.60", "e_trade": "0.25"}
    targets = tuple(
        Target(key, years, D("0.90"), D(base), "2015", green_from=D("0.88"), yellow_from=D("0.75"))
        for key, base in aims.items()
    )
    return cube_of_rows(*rows), basis_of("a", targets={"a": targets})


@pytest.mark.parametrize(
    ("period", "key", "value", "gap", "status"),
    [
        ("2015", "contract_compliance", "0.60", "0", "red"),
        ("2018", "contract_compliance", "0.88", "0.933333", "green"),
        ("2019Q1", "contract_compliance", "0.90", "1", "green"),
        ("2015", "e_trade", "0.25", "0", "red"),
        ("2018", "e_trade", "0.70", "0.692308", "red"),
        ("2019Q2", "e_trade", "0.79", "0.830769", "yellow"),
    ],
)
def test_the_series_of_the_case_and_the_gap_it_closed(case, period, key, value, gap, status):
    cube, basis = case
    row = row_of(analyse_kpis(cube, period=period, basis=basis), "rates", kpi_name=key)
    assert (row["actual_share"], row["baseline_share"], row["target_share"]) == (D(value), *_aim(key))
    assert row["gap_closed_share"] == D(gap)
    assert row["kpi_status"] == status


def _aim(key):
    return {"contract_compliance": D("0.60"), "e_trade": D("0.25")}[key], D("0.90")


def test_the_quarters_of_a_year_stand_beside_it(case):
    cube, basis = case
    quarters_of_2019 = analyse_kpis(cube, period="2019", basis=basis).tables["by_quarter"]
    loyal = quarters_of_2019[quarters_of_2019["kpi_name"] == "contract_compliance"]
    assert list(loyal["quarter_name"]) == ["2019Q1", "2019Q2", "2019Q3", "2019Q4"]
    assert list(loyal["actual_share"]) == [D("0.9"), None, None, None]
    assert list(loyal["kpi_status"]) == ["green", "not_known", "not_known", "not_known"]


# --- a community ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def community():
    """a: 90 of 100 loyal; b: 10 of 900 loyal. The mean of the rates is 46 %, the community's rate 10 %."""
    from tests.unit.analyses.conftest import cube_of_rows

    rows = [
        *several(20, "90", "on_contract"),
        *several(5, "10", "wrong_supplier"),
        *several(20, "10", "on_contract", municipality_name="b"),
        *several(20, "890", "wrong_supplier", municipality_name="b"),
        *several(20, "40", "on_contract", municipality_name="c", contract_reason="contract_supplier voluntary"),
    ]
    return cube_of_rows(*rows)


def test_a_communitys_rate_is_no_mean_of_rates(community):
    finding = analyse_kpis(community, period="2025", basis=basis_of("a", "b", "c"))
    assert row_of(finding, "rates", kpi_name="contract_compliance")["actual_share"] == D("0.1")
    members = finding.tables["by_municipality"]
    loyal = members[members["kpi_name"] == "contract_compliance"]
    assert list(loyal["municipality_title"]) == ["A", "B", "C"]
    assert list(loyal["actual_share"]) == [D("0.9"), D("0.011111"), None]
    assert not finding.failed_checks


def test_voluntary_contracts_are_not_in_the_base_and_are_left_out_in_kroner(community):
    row = row_of(
        analyse_kpis(community, period="2025", basis=basis_of("a", "b", "c")), "rates", kpi_name="contract_compliance"
    )
    assert (row["denominator_amount"], row["left_out_amount"]) == (D("1000.00"), D("40.00"))
    coverage = analyse_kpis(community, period="2025", basis=basis_of("a", "b", "c"))
    assert row_of(coverage, "rates", kpi_name="contract_coverage")["actual_share"] == D("1")


def test_the_key_figures_are_those_of_the_compliance_finding(community, tree):
    kpis = analyse_kpis(community, period="2025", basis=basis_of("a", "b", "c")).numbers
    compliance = analyse_compliance(community, period="2025", tree=tree).numbers
    assert kpis["contract_compliance_actual"] == compliance["loyalty_share"]
    assert kpis["contract_coverage_actual"] == compliance["coverage_share"]
    assert kpis["contract_compliance_base_amount"] == compliance["binding_amount"]


def test_a_supplier_of_two_municipalities_is_one_of_the_community(cube_of):
    rows = [bought("1"), bought("1", municipality_name="b"), {**bought("1", municipality_name="b"), **firm("B")}]
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", "b"))
    assert finding.numbers["supplier_count_actual"].value == 2
    members = finding.tables["by_municipality"]
    assert list(members[members["kpi_name"] == "supplier_count"]["actual_count"]) == [1, 2]


def test_quartiles_need_three_and_a_group_can_be_named(cube_of):
    rows = [row for place, name in enumerate("abcd") for row in _loyal(name, 60 + 10 * place)]
    basis = basis_of("a", "b", "c", "d", peer_groups={"to": ("a", "b")})
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis)
    row = row_of(finding, "peers", kpi_name="contract_compliance")
    assert [row[f"{place}_share"] for place in ("lower", "median", "upper")] == [D("0.675"), D("0.75"), D("0.825")]
    small = analyse_kpis(cube_of(*rows), period="2025", basis=basis, peer_group="to")
    row = row_of(small, "peers", kpi_name="contract_compliance")
    assert (row["member_count"], row["median_share"]) == (2, None)
    with pytest.raises(ParameterError, match="Did you mean «to»"):
        analyse_kpis(cube_of(*rows), period="2025", basis=basis, peer_group="toe")


def _loyal(name, kroner):
    return [
        bought(str(kroner), "on_contract", municipality_name=name),
        bought(str(100 - kroner), "wrong_supplier", municipality_name=name),
    ]


def test_what_is_not_counted_alike_is_said(cube_of):
    marks = {"a": {"category_tree": "x", "rules": "1"}, "b": {"category_tree": "y", "rules": "1"}}
    rows = [bought("1"), bought("1", municipality_name="b")]
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", "b", marks=marks))
    assert list(finding.tables["comparability"]["compared_by"]) == ["category_tree"] * 2
    assert "kpi_not_comparable" in finding.caveats
    same = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", "b", marks=dict.fromkeys("ab", {"r": "1"})))
    assert "kpi_not_comparable" not in same.caveats and same.tables["comparability"].empty


def test_a_member_without_lines_stands_there_without_a_figure(cube_of):
    finding = analyse_kpis(cube_of(*_loyal("a", 60)), period="2025", basis=basis_of("a", "b"))
    row = row_of(finding, "by_municipality", kpi_name="contract_compliance", municipality_title="B")
    assert (row["actual_share"], row["kpi_status"], row["denominator_amount"]) == (None, "not_known", D("0.00"))


# --- colours, targets, follow-up ------------------------------------------------------------------------------------


def test_few_invoices_get_no_colour_but_an_interval(cube_of):
    aim = Target("contract_compliance", parse_period("2025"), green_from=D("0.5"))
    basis = basis_of("a", targets={"a": (aim,)})
    rows = several(FEWEST_DOCUMENTS - 1, "95", "on_contract")
    few = row_of(analyse_kpis(cube_of(*rows), period="2025", basis=basis), "rates", kpi_name="contract_compliance")
    assert (few["kpi_status"], few["document_count"], few["document_share"]) == ("too_few", 19, D("1"))
    assert few["document_low_share"] == D("0.831821") and few["document_high_share"] == D("1")
    rows.append(bought("5", "wrong_supplier", document_id="one more"))
    enough = row_of(analyse_kpis(cube_of(*rows), period="2025", basis=basis), "rates", kpi_name="contract_compliance")
    assert enough["kpi_status"] == "green"


def test_without_thresholds_there_is_no_colour(cube_of):
    aim = Target("contract_compliance", parse_period("2025"), D("0.9"), D("0.6"))
    finding = analyse_kpis(
        cube_of(*several(20, "9", "on_contract")), period="2025", basis=basis_of("a", targets={"a": (aim,)})
    )
    row = row_of(finding, "rates", kpi_name="contract_compliance")
    assert (row["kpi_status"], row["gap_closed_share"]) == ("no_threshold", D("1.333333"))
    assert "kpi_no_thresholds" in finding.caveats and "kpi_no_targets" not in finding.caveats


def test_the_narrowest_period_is_the_one_that_counts(cube_of):
    year, quarter = (Target("supplier_count", parse_period(text), D(n)) for text, n in (("2025", 9), ("2025Q2", 3)))
    rows = [bought("1", invoice_date=date(2025, 2, 1)), bought("1", invoice_date=date(2025, 5, 1))]
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", targets={"a": (year, quarter)}))
    by_quarter = finding.tables["by_quarter"]
    counts = by_quarter[by_quarter["kpi_name"] == "supplier_count"]
    assert list(counts["target_count"]) == [9, 3, 9, 9]


def test_fewer_suppliers_can_be_better(cube_of):
    aim = Target(
        "supplier_count", parse_period("2025"), D(2), D(6), direction="lower", green_from=D(3), yellow_from=D(4)
    )
    rows = [{**bought("1"), **firm(letter)} for letter in "ABCD"]
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", targets={"a": (aim,)}))
    row = row_of(finding, "counts", kpi_name="supplier_count")
    assert (row["actual_count"], row["gap_closed_share"], row["kpi_status"]) == (4, D("0.5"), "yellow")


def test_recovered_kroner_stand_in_their_quarter_and_add_up(cube_of):
    days = {date(2025, 2, 1): "100.00", date(2025, 11, 1): "25.00", date(2024, 12, 31): "999.00"}
    entries = {
        "a": tuple(FollowUp(day, D(amount)) for day, amount in days.items()),
        "b": (FollowUp(date(2025, 2, 28), D("50.00")),),
    }
    rows = [bought("1"), bought("1", municipality_name="b")]
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", "b", follow_ups=entries))
    assert finding.numbers["contract_follow_up_actual"].value == D("175.00")
    by_quarter = finding.tables["by_quarter"]
    assert list(by_quarter[by_quarter["kpi_name"] == "contract_follow_up"]["actual_amount"]) == [
        D("150.00"), D("0.00"), D("0.00"), D("25.00"),
    ]  # fmt: skip
    assert not finding.failed_checks


def test_no_ledger_of_findings_is_not_nothing_recovered(cube_of):
    finding = analyse_kpis(cube_of(bought("1")), period="2025", basis=basis_of("a"))
    assert finding.numbers["contract_follow_up_actual"].value is None
    one = analyse_kpis(
        cube_of(bought("1"), bought("1", municipality_name="b")),
        period="2025",
        basis=basis_of("a", "b", follow_ups={"a": (FollowUp(date(2025, 2, 1), D("5.00")),)}),
    )
    row = row_of(one, "by_municipality", kpi_name="contract_follow_up", municipality_title="B")
    assert row["actual_amount"] is None and "kpi_partly_followed_up" in one.caveats
    assert "kpi_no_follow_up" in finding.caveats


def test_each_key_figure_carries_its_card_with_kroner(cube_of):
    card = KpiCard(
        "contract_compliance", {"formula_name_da": "på aftale / (på aftale + uden om)", "owner_name_da": "indkøbschef"}
    )
    rows = [bought("60", "on_contract"), bought("40", "wrong_supplier"), bought("900")]
    finding = analyse_kpis(cube_of(*rows), period="2025", basis=basis_of("a", cards=(card,)))
    shown = row_of(finding, "cards", kpi_name="contract_compliance")
    assert (shown["base_amount"], shown["left_out_amount"]) == (D("100.00"), D("900.00"))
    assert shown["owner_name_da"] == "indkøbschef"


def test_an_empty_period_is_refused(cube_of):
    with pytest.raises(NoDataError, match="2023"):
        analyse_kpis(cube_of(bought("1")), period="2023", basis=basis_of("a"))


def test_a_period_that_cuts_a_quarter_counts_what_lies_in_it(cube_of):
    rows = [bought("1", "on_contract", invoice_date=date(2025, m, 1)) for m in (1, 2, 3, 4)]
    found = measure(cube_of(*rows), parse_period("2025-02..2025-04"), basis_of("a"))
    sums = {m.quarter: m.numerator for m in found if m.key == "contract_compliance" and m.municipality == "a"}
    assert sums == {"": D("3.00"), "2025Q1": D("2.00"), "2025Q2": D("1.00")}
    assert quarters(parse_period("2025-02..2025-04")) == ["2025Q1", "2025Q2"]
