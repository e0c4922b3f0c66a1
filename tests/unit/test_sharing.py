"""Do the shares of a cost add up to it, whatever the key?"""

from decimal import Decimal

import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.sharing import CostPart, largest_remainder, share_by_key

D = Decimal


def amounts(shared, part):
    rows = shared[shared["cost_part"] == part]
    return dict(zip(rows["municipality_name"], rows["shared_amount"], strict=True))


def test_per_inhabitant():
    part = CostPart("Sekretariat", "weight", D("10500000.00"), {"a": 51000, "b": 24000, "c": 12500})
    shared = amounts(share_by_key(["a", "b", "c"], [part]), "Sekretariat")
    assert shared == {"a": D("6120000.00"), "b": D("2880000.00"), "c": D("1500000.00")}


def test_base_units_and_contract_as_a_joint_it_service_charges():
    parts = [
        CostPart("Grundbeløb", "equal", D("100.00")),
        CostPart("Pr. pc", "weight", D("1000.00"), {"a": 1, "b": 2, "c": 4}),
        CostPart("Egen aftale", "fixed", values={"b": D("17.35")}),
    ]
    shared = share_by_key(["a", "b", "c"], parts)
    assert amounts(shared, "Grundbeløb") == {"a": D("33.34"), "b": D("33.33"), "c": D("33.33")}
    assert amounts(shared, "Pr. pc") == {"a": D("142.86"), "b": D("285.71"), "c": D("571.43")}
    assert amounts(shared, "Egen aftale") == {"a": D("0.00"), "b": D("17.35"), "c": D("0.00")}
    assert sum(shared["shared_amount"]) == D("1117.35")


def test_unit_price_and_start_capital_as_a_joint_kitchen_charges():
    owners = ["a", "b", "c", "d", "e"]
    parts = [
        CostPart("Startkapital", "fixed", values=dict.fromkeys(owners, D("250000.00"))),
        CostPart("Døgnkost", "unit_price", D("98.455"), {"a": 100001, "b": 99999, "c": 50000, "d": 50000}),
    ]
    shared = share_by_key(owners, parts)
    assert sum(amounts(shared, "Startkapital").values()) == D("1250000.00")
    assert sum(amounts(shared, "Døgnkost").values()) == D("29536500.00")
    assert amounts(shared, "Døgnkost")["e"] == D("0.00")


def test_a_saving_is_shared_like_a_cost():
    assert largest_remainder(D("-100.00"), [1, 1, 1]) == [-part for part in largest_remainder(D("100.00"), [1, 1, 1])]


def test_every_problem_is_told_at_once():
    parts = [
        CostPart("A", "per_head", D("1.00")),
        CostPart("B", "weight", D("1.005"), {"x": 1, "a": -1}),
        CostPart("C", "weight", D("1.00"), {"a": 0}),
    ]
    with pytest.raises(ParameterError) as caught:
        share_by_key(["a", "a"], parts)
    told = " ".join(caught.value.problems)
    for word in (
        "a member twice",
        "per_head",
        "«x» is not a member",
        "«a» has -1",
        "finer than an øre",
        "no member has",
    ):
        assert word in told
    with pytest.raises(ParameterError, match="cannot be shared"):
        share_by_key([], [])
