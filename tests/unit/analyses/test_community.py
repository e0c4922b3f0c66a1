"""Do municipalities stand beside each other with the right kroner, and is what is missing named?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.community import analyse_community
from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.kpis import analyse_kpis
from procurement_kit.errors import NoDataError
from procurement_kit.kpi_basis import Target
from procurement_kit.periods import parse_period
from tests.unit.analyses.conftest import cube_of_rows, tree  # noqa: F401
from tests.unit.analyses.test_kpis import basis_of, bought

D = Decimal
PERIOD = "2025"


def bound(name, net, status):
    """A purchase where a binding contract holds."""
    binding = {"contract_number": "K1", "contract_is_binding": True}
    return bought(net, status, municipality_name=name, document_id=f"{name}-{net}-{status}", **binding)


ROWS = (
    bound("a", "900.00", "on_contract"), bound("a", "100.00", "wrong_supplier"),
    bound("b", "10.00", "on_contract"), bound("b", "30.00", "wrong_supplier"),
    bought("60.00", municipality_name="c", document_id="c-1"),
)  # fmt: skip


def community(tree, *rows, names="abcd", **more):  # noqa: F811
    cube, basis = cube_of_rows(*rows), basis_of(*names, **more)
    kpis = analyse_kpis(cube, period=PERIOD, basis=basis)
    compliance = {
        name: analyse_compliance(cube.filter(cube.municipality_name == name), period=PERIOD, tree=tree)
        for name in names
        if any(row["municipality_name"] == name for row in rows)
    }
    return analyse_community(cube, period=PERIOD, basis=basis, kpis=kpis, compliance=compliance)


@pytest.fixture
def found(tree):  # noqa: F811
    return community(tree, *ROWS)


def test_the_whole_is_kroner_over_kroner_and_not_a_mean(found):
    beside = found.tables["beside"].set_index("beside_title").contract_compliance_share
    assert beside["together"] == D("0.875000")  # 910 of 1040, where the mean of 90 % and 25 % is 57.5 %
    assert (beside["A"], beside["B"], beside["C"]) == (D("0.900000"), D("0.250000"), None)
    assert not found.failed_checks


def test_the_largest_leak_and_both_ends_are_named(found):
    numbers = {name: number.value for name, number in found.numbers.items()}
    assert (numbers["leak_amount"], numbers["binding_amount"]) == (D("130.00"), D("1040.00"))
    assert (numbers["largest_leak_title"], numbers["largest_leak_amount"]) == ("A", D("100.00"))
    assert (numbers["lowest_title"], numbers["highest_title"]) == ("B", "A")
    members = found.tables["by_municipality"].set_index("municipality_title")
    assert members.loc["B", "leak_share"] == D("0.750000") and members.loc["C", "leak_share"] is None


def test_what_is_missing_is_named_and_of_one_without_lines_only_that(found):
    gaps = {}
    for row in found.tables["gaps"].to_dict("records"):
        gaps.setdefault(row["municipality_title"], []).append(row["missing_subject"])
    assert gaps["D"] == ["no_lines"]
    assert "no_contracts" in gaps["C"] and "no_contracts" not in gaps["A"]
    assert found.numbers["gap_municipality_count"].value == 4


def test_a_municipality_with_a_target_and_a_ledger_lacks_neither(tree):  # noqa: F811
    target = Target("contract_compliance", parse_period(PERIOD), D("0.6"), D("0.9"))
    found = community(tree, *ROWS, names="abc", targets={"a": (target,)}, follow_ups={"a": ()})
    lacks = found.tables["gaps"].query("municipality_title == 'A'").missing_subject.tolist()
    assert not {"no_targets", "no_follow_up"} & set(lacks)


def test_nothing_bought_past_a_contract_names_nobody(tree):  # noqa: F811
    found = community(tree, bound("a", "5.00", "on_contract"), bound("b", "5.00", "on_contract"), names="ab")
    assert found.numbers["largest_leak_title"].value is None and found.numbers["leak_amount"].value == 0


def test_a_period_without_lines_is_refused(tree):  # noqa: F811
    with pytest.raises(NoDataError):
        analyse_community(cube_of_rows(*ROWS), period="2020", basis=basis_of("a"), kpis=None, compliance={})
