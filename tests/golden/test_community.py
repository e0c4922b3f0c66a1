"""Is what is planted in the demo community found again, line by line, and does the community add up?

Two of the five municipalities, two lines a quarter and group: built once for this file; a member costs seconds.
"""

import json
from collections import defaultdict
from decimal import Decimal

import pytest

from procurement_kit.analyses.e_trade import analyse_e_trade
from procurement_kit.analyses.kpis import analyse_kpis
from procurement_kit.classifier.tree import tree_of
from procurement_kit.community import open_community, read_community_cube, read_kpi_basis
from procurement_kit.e_trade_basis import is_e_tradable, is_e_traded
from procurement_kit.findings import share
from procurement_kit.workshop.community import (
    COMMUNITY_NAME,
    MEMBERS,
    community_lines,
    last_day,
    run_community_demo,
)
from procurement_kit.workshop.invented import read_rows

MEMBER_COUNT, PER_QUARTER = 2, 2
BUILT = list(MEMBERS)[:MEMBER_COUNT]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The members, their community, its lines as found, and the truth."""
    home = tmp_path_factory.mktemp("community")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", str(home / "data"))
        patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
        (home / "data").mkdir()
        run_community_demo(member_count=MEMBER_COUNT, lines_per_quarter=PER_QUARTER)
        community = open_community(COMMUNITY_NAME)
        yield community, read_community_cube(community), read_kpi_basis(community)


@pytest.fixture(scope="module")
def truth():
    lines = community_lines(lines_per_quarter=PER_QUARTER)
    return {line.document_number: line for line in lines if line.municipality in BUILT}


@pytest.fixture(scope="module")
def found(built):
    _, cube, basis = built
    tradable = is_e_tradable(cube, basis.e_trade)
    marked = cube.mutate(tradable=tradable, traded=tradable & is_e_traded(cube, basis.e_trade))
    rows = marked.select(
        "municipality_name", "document_number", "net_amount", "category_code", "contract_status", "contract_number",
        "contract_reason", "supplier_number", "tradable", "traded",
    ).to_pyarrow()  # fmt: skip
    return {row["document_number"]: row for row in rows.to_pylist()}


def test_every_line_is_found_again_with_its_category_and_kroner(found, truth):
    assert found.keys() == truth.keys() and len(truth) == MEMBER_COUNT * 9 * 8 * PER_QUARTER
    for number, line in truth.items():
        row = found[number]
        assert (row["municipality_name"], row["category_code"]) == (line.municipality, line.category_code), number
        assert (row["net_amount"], row["supplier_number"]) == (line.amount, line.supplier_number), number


def test_every_contract_status_is_found_line_by_line(found, truth):
    for number, line in truth.items():
        row = found[number]
        assert row["contract_status"] == line.contract_status, (number, row, line)
        assert (row["contract_number"] or "") == line.contract_number, number


def test_every_known_leak_is_found_and_nothing_else_is_called_one(found, truth):
    planted = {n for n, line in truth.items() if line.contract_status == "wrong_supplier" and line.is_binding}
    leaks = {
        number
        for number, row in found.items()
        if row["contract_status"] == "wrong_supplier" and "voluntary" not in row["contract_reason"]
    }
    assert leaks == planted and len(planted) > 20


def test_every_e_traded_line_is_found_and_orders_by_phone_are_not(found, truth):
    by_phone = [line for line in truth.values() if line.order_number.startswith("tlf.")]
    assert len(by_phone) > 20 and not any(found[line.document_number]["traded"] for line in by_phone)
    for number, line in truth.items():
        assert found[number]["traded"] == (line.is_e_tradable and line.is_e_traded), number


def test_contracts_end_at_different_times(truth):
    office = next(group for group in read_rows("community_groups") if group["category_code"] == "1801")
    ends = [last_day(office, place) for place in range(MEMBER_COUNT)]
    assert len(set(ends)) == MEMBER_COUNT
    for place, name in enumerate(BUILT):
        lines = [line for line in truth.values() if line.municipality == name and line.category_code == "1801"]
        assert all((line.invoice_date <= ends[place]) == bool(line.contract_number) for line in lines)


def planted_rates(truth, year):
    """Numerator and denominator of loyalty and e-trade per municipality, straight from what was planted."""
    sums = defaultdict(Decimal)
    for line in truth.values():
        if line.invoice_date.year == year:
            if line.is_binding and line.contract_number:
                sums["contract_compliance", line.municipality, "base"] += line.amount
                sums["contract_compliance", line.municipality, "hit"] += line.amount * (
                    line.contract_status == "on_contract"
                )
            if line.is_e_tradable:
                sums["e_trade", line.municipality, "base"] += line.amount
                sums["e_trade", line.municipality, "hit"] += line.amount * line.is_e_traded
    return sums


def test_the_key_figures_are_those_that_were_planted(built, truth):
    _, cube, basis = built
    finding, planted = analyse_kpis(cube, period="2025", basis=basis), planted_rates(truth, 2025)
    assert not finding.failed_checks
    members = finding.tables["by_municipality"]
    for key in ("contract_compliance", "e_trade"):
        for name in BUILT:
            rows = members[(members["kpi_name"] == key) & (members["municipality_title"] == MEMBERS[name])]
            assert rows.iloc[0]["actual_share"] == share(planted[key, name, "hit"], planted[key, name, "base"]), (
                key,
                name,
            )
        hit, base = (sum(planted[key, name, part] for name in BUILT) for part in ("hit", "base"))
        assert finding.numbers[f"{key}_actual"].value == share(hit, base)


def test_the_members_are_counted_alike_and_have_targets(built):
    _, cube, basis = built
    finding = analyse_kpis(cube, period="2025", basis=basis)
    assert finding.tables["comparability"].empty
    assert finding.numbers["contract_compliance_gap_closed"].value is not None
    assert finding.numbers["contract_compliance_target"].value == Decimal("0.90")
    assert len(finding.tables["cards"]) == 5


def test_e_trade_reads_differently_by_what_it_is_held_against(built):
    community, cube, basis = built
    e_trade = analyse_e_trade(cube, period="2025", tree=tree_of(community.members[0]), basis=basis.e_trade)
    shares = list(e_trade.table["amount_share"])
    assert shares[0] > shares[1] > shares[2] and not e_trade.failed_checks


def test_the_command_prints_the_figures_of_the_finding(built, tmp_path):
    from procurement_kit.steering import show_kpis, write_market

    community, cube, basis = built
    outcome = show_kpis(community=COMMUNITY_NAME, period="2025", page=True)
    facts = json.loads(json.dumps(outcome.facts, default=str))
    finding = analyse_kpis(cube, period="2025", basis=basis)
    loyal = facts["kpis"]["contract_compliance"]
    assert loyal["value"] == str(finding.numbers["contract_compliance_actual"].value)
    assert set(loyal["members"]) == set(BUILT)
    numerators = sum(Decimal(member["numerator"]) for member in loyal["members"].values())
    assert numerators == Decimal(loyal["numerator"]) == sum(Decimal(q["numerator"]) for q in loyal["quarters"])
    assert [quarter["quarter"] for quarter in loyal["members"][BUILT[0]]["quarters"]] == [
        "2025Q1", "2025Q2", "2025Q3", "2025Q4",
    ]  # fmt: skip
    assert loyal["peers"]["members"] == MEMBER_COUNT and loyal["peers"]["median"] is None  # of two there is none
    assert loyal["definition"]["owner_name_da"] == "indkøbschef"
    assert len(facts["e_trade_siblings"]) == 3
    page = community.folder / "reports" / "2025-kpis" / "report.html"
    text = page.read_text(encoding="utf-8").replace("\u00a0", " ")
    assert f"{MEMBER_COUNT} kommuner under ét" in text and "Definitionskort" in text and "FORELØBIG" not in text
    market = write_market(community=COMMUNITY_NAME, category="1801", out=tmp_path / "liste.xlsx", period="2025")
    assert (tmp_path / "liste.xlsx").is_file()
    assert market.facts["suppliers"][0]["municipality_count"] == MEMBER_COUNT
