"""How does a decision about a category come into decisions.csv, and out again?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.decision_log import read_decision_log
from procurement_kit.errors import NoDataError, ParameterError, TableError
from procurement_kit.review.decisions import (
    Decision,
    label_of,
    record_decision,
    record_decisions,
    record_for_supplier,
    undo_decision,
)
from procurement_kit.review.kept_rows import add_rows, kept_rows, take_out_last
from procurement_kit.tables import DECISIONS
from tests.unit.review.conftest import CHAIRS, PAPER

DAY, NEXT_DAY = date(2026, 1, 15), date(2026, 1, 16)
CELLS = {"supplier_number": "00100001", "supplier_name": "Papirhuset A/S", "text": "Kopipapir", "unit": "Skolen"}


def kept(municipality):
    return [row["category_code"] for row in kept_rows(municipality, DECISIONS)]


def log(municipality):
    return read_decision_log(municipality).to_pylist()


def test_a_decision_stands_in_the_file_as_printed_and_in_the_log(municipality):
    group = CELLS | {"line_count": 3, "net_amount": Decimal("120.50"), "group_key": "x"}
    assert record_decision(municipality, group, "1801", "indkøb", decided_date=DAY)
    (row,) = kept_rows(municipality, DECISIONS)
    assert {name: row[name] for name in CELLS} == CELLS
    assert (row["account_number"], row["category_code"]) == (None, "1801")
    assert (row["decided_by"], row["decided_date"]) == ("indkøb", DAY)
    (said,) = log(municipality)
    assert said["decision"] == "Kategori, Papirhuset A/S · 00100001 · Kopipapir · Skolen: 1801 Kontorartikler og papir"
    assert (said["decision_kind"], said["decided_by"], said["decided_date"]) == ("category", "indkøb", DAY)
    assert (said["net_amount"], said["line_count"]) == (Decimal("120.50"), 3)


def test_the_same_decision_twice_changes_nothing(municipality):
    record_decision(municipality, CELLS, "1801", "indkøb", decided_date=DAY)
    before = (municipality.folder / "decisions.csv").read_bytes()
    spelt = CELLS | {"supplier_name": "PAPIRHUSET"}
    assert not record_decision(municipality, spelt, "1801", "økonomi", decided_date=NEXT_DAY)
    assert (municipality.folder / "decisions.csv").read_bytes() == before
    assert len(log(municipality)) == 1


def test_the_latest_decision_holds_and_taking_it_back_lets_the_first_hold_again(municipality):
    record_decision(municipality, CELLS, "1801", "indkøb", decided_date=DAY)
    record_decision(municipality, CELLS, "1802", "indkøb", decided_date=DAY)
    assert kept(municipality) == ["1801", "1802"]
    assert undo_decision(municipality)["category_code"] == "1802"
    assert kept(municipality) == ["1801"]
    assert log(municipality)[-1]["decision"].startswith("Taget tilbage: kategori, Papirhuset A/S")


def test_one_among_several_is_taken_back_by_its_cells(municipality):
    record_decision(municipality, CELLS, "1801", "indkøb", decided_date=DAY)
    record_decision(municipality, CELLS | {"text": "Blyanter"}, "1802", "indkøb", decided_date=DAY)
    undo_decision(municipality, CELLS, decided_by="økonomi")
    assert kept(municipality) == ["1802"]
    assert log(municipality)[-1]["decided_by"] == "økonomi"
    with pytest.raises(NoDataError, match="no decision to take back"):
        undo_decision(municipality, CELLS)


def test_an_earlier_date_does_not_overrule_a_later_decision(municipality):
    record_decision(municipality, CELLS, "1801", "indkøb", decided_date=NEXT_DAY)
    with pytest.raises(ParameterError, match="a later decision, of 16-01-2026, says 1801"):
        record_decision(municipality, CELLS, "1802", "indkøb", decided_date=DAY)
    assert kept(municipality) == ["1801"]


@pytest.mark.parametrize(
    ("cells", "code", "by", "problem"),
    [
        (CELLS, "1899x", "indkøb", "not in the category tree"),
        (CELLS, "9001", "indkøb", "is not procurement"),
        ({"text": " – "}, "1801", "indkøb", "no printed cell"),
        (CELLS, "1801", "Petra Prøve", "is not a function"),
        (CELLS, "1801", "", "is not a function"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_is_written(municipality, cells, code, by, problem):
    with pytest.raises(ParameterError, match=problem):
        record_decision(municipality, cells, code, by, decided_date=DAY)
    assert not (municipality.folder / "decisions.csv").exists()
    assert log(municipality) == []


def test_a_supplier_is_decided_by_its_number_with_all_its_kroner(cubed):
    municipality = cubed(
        {**CHAIRS, "net": "1.00"},
        {**CHAIRS, "supplier_number": "0010 0002", "item_name": "Borde", "net": "2.50"},
        {**CHAIRS, "scope_status": "transfer", "net": "9.00"},
        {**PAPER, "net": "3.00"},
    )
    record_for_supplier(municipality, {**CHAIRS, "text": "Stole"}, "1802", "indkøb", decided_date=DAY)
    (row,) = kept_rows(municipality, DECISIONS)
    assert (row["supplier_number"], row["supplier_name"], row["text"]) == ("00100002", None, None)
    (said,) = log(municipality)
    assert said["decision"].startswith("Kategori, alle linjer fra 00100002: 1802")
    assert (said["line_count"], said["net_amount"]) == (2, Decimal("3.50"))


@pytest.mark.parametrize("supplier", [{}, {"supplier_name": "Privatperson"}, {"supplier_name": "PRIVATPERSON "}])
def test_persons_and_nobody_are_not_one_supplier(cubed, supplier):
    with pytest.raises(ParameterError, match="one supplier"):
        record_for_supplier(cubed({**PAPER, "net": "1.00"}), supplier, "1802", "indkøb", decided_date=DAY)


def test_several_decisions_of_one_function_and_day_are_one_entry_in_the_log(municipality):
    decisions = [
        Decision(CELLS, "1801", "indkøb", DAY, 1, Decimal("10.00")),
        Decision(CELLS | {"text": "Blyanter"}, "1801", "indkøb", DAY, 2, Decimal("5.00")),
        Decision(CELLS | {"text": "Stole"}, "1802", "økonomi", DAY, 4, None),
    ]
    assert len(record_decisions(municipality, decisions)) == 3
    first, second = log(municipality)
    assert first["decision"].startswith(
        "Kategori, gennemgang: 2 grupper af ens linjer er placeret (antal kategorier: 1)"
    )
    assert (first["net_amount"], first["line_count"]) == (Decimal("15.00"), 3)
    assert (second["decided_by"], second["line_count"], second["net_amount"]) == ("økonomi", 4, None)
    assert record_decisions(municipality, decisions) == []


def test_a_label_names_no_person():
    assert label_of({"supplier_name": "Privatperson", "text": "Husleje CPR-ABCDEFGH2345"}) == "Privatperson · Husleje"
    assert len(label_of({"text": "x" * 500})) == 120


# --- the file -------------------------------------------------------------------------------------------------------


def test_the_file_keeps_the_columns_and_rows_that_are_there(municipality):
    path = municipality.folder / "decisions.csv"
    path.write_text("Kategorikode,Noter,Tekst\n1801,gammel,papir\n", encoding="utf-8")
    record_decision(municipality, {"text": "=1+1", "unit": "Skolen, nord"}, "1802", "indkøb", decided_date=DAY)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        "Kategorikode,Noter,Tekst,Enhed,Besluttet af,Dato",
        "1801,gammel,papir,,,",
        '1802,,\'=1+1,"Skolen, nord",indkøb,15-01-2026',
    ]
    undo_decision(municipality)
    assert kept(municipality) == ["1801"]


def test_a_file_that_cannot_be_read_is_never_added_to(municipality):
    path = municipality.folder / "decisions.csv"
    path.write_text("Kategorikode;Tekst;Dato\n1801;papir;i går\n", encoding="utf-8")
    with pytest.raises(TableError, match="1 cell cannot be used"):
        add_rows(municipality, DECISIONS, [{"category_code": "1801"}])
    assert path.read_text(encoding="utf-8").endswith("i går\n")


def test_only_the_last_row_that_is_meant_is_taken_out(municipality):
    add_rows(municipality, DECISIONS, [{"text": text, "category_code": "1801"} for text in ("a", "b", "a", "c")])
    found = take_out_last(municipality, DECISIONS, which=lambda row: row["text"] == "a")
    assert found["text"] == "a"
    assert [row["text"] for row in kept_rows(municipality, DECISIONS)] == ["a", "b", "c"]
    assert take_out_last(municipality, DECISIONS, which=lambda row: row["text"] == "z") is None
