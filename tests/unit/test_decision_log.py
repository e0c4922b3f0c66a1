"""Does the log keep every decision, once and without names, and does it know what nobody has said?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import folders, store
from procurement_kit.decision_log import (
    LOG_FILE,
    assumptions_of,
    checked_function,
    csv_cell,
    read_decision_log,
    record_decision,
)
from procurement_kit.errors import ParameterError, TableError

DAY = date(2026, 1, 15)


def record(municipality, **more):
    given = {"kind": "scope", "what": "Art 59 er tilskud", "decided_by": "økonomi", "today": DAY}
    return record_decision(municipality, **{**given, **more})


def test_an_empty_log_has_the_columns_and_no_rows(municipality):
    log = read_decision_log(municipality)
    assert log.num_rows == 0
    assert "decided_by" in log.column_names


def test_a_decision_stands_in_the_log_with_its_kroner(municipality):
    record(municipality, amount=Decimal("1234.5"), line_count=3, question_id="SCO-1")
    (row,) = read_decision_log(municipality).to_pylist()
    assert row == {
        "decision_number": 1,
        "decided_date": DAY,
        "decision_kind": "scope",
        "decision": "Art 59 er tilskud",
        "decided_by": "økonomi",
        "net_amount": Decimal("1234.50"),
        "line_count": 3,
        "question_id": "SCO-1",
    }


def test_the_log_is_only_added_to(municipality):
    record(municipality)
    before = (municipality.folder / LOG_FILE).read_bytes()
    record(municipality, what="Art 40 er indkøb")
    after = (municipality.folder / LOG_FILE).read_bytes()
    assert after.startswith(before)
    assert [row["decision_number"] for row in read_decision_log(municipality).to_pylist()] == [1, 2]


def test_the_file_opens_in_a_danish_excel(municipality):
    record(municipality, amount=Decimal("-0.5"))
    content = (municipality.folder / LOG_FILE).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    first, second = content.decode("utf-8-sig").splitlines()
    assert first == "Nr.;Dato;Emne;Beslutning;Besluttet af (funktion);Beløb ekskl. moms;Linjer;Spørgsmål-id"
    assert second == "1;15-01-2026;scope;Art 59 er tilskud;økonomi;-0,50;;"


def test_a_decision_can_be_recorded_while_the_municipality_is_locked(municipality):
    with folders.locked(municipality):
        record(municipality)
    assert read_decision_log(municipality).num_rows == 1


def test_another_process_at_work_stops_it(municipality):
    from filelock import FileLock

    with FileLock(municipality.folder / ".lock"), pytest.raises(ParameterError, match="Another run"):
        record(municipality)


@pytest.mark.parametrize("text", ["=1+1", "+45", "-x", "@SUM(A1)", "'citat"])
def test_no_cell_of_the_log_is_a_formula_and_the_text_comes_back(municipality, text):
    record(municipality, what=text)
    cell = (municipality.folder / LOG_FILE).read_text(encoding="utf-8-sig").splitlines()[1].split(";")[3]
    assert cell == f"'{text}"
    assert read_decision_log(municipality).to_pylist()[0]["decision"] == text


def test_a_personal_number_in_a_decision_is_taken_out(municipality):
    record(municipality, what="Faktura til 010190-1234 tæller ikke")
    assert "010190" not in (municipality.folder / LOG_FILE).read_text(encoding="utf-8-sig")


def test_a_long_number_in_a_file_name_is_no_reason_to_refuse(municipality):
    record(municipality, what="Dubletter taget tilbage: faktura_5799990000019.xml")
    assert "5799990000019" in read_decision_log(municipality).to_pylist()[0]["decision"]


@pytest.mark.parametrize(
    "who",
    [
        "Petra Prøve",
        "P. Prøve",
        "økonomi, Petra Prøve",
        "Petra Anna Prøve-Hansen",
        "petra@eksempel.dk",
        "",
        "010190-1234",
    ],
)
def test_persons_are_not_functions(who):
    with pytest.raises(ParameterError, match="not a function"):
        checked_function(who)


@pytest.mark.parametrize(
    "who",
    [
        "indkøbskonsulent",
        "Økonomi",
        "Center Økonomi",
        "leder af Center for Ældre",
        "IT Drift",
        "Børn og Unge",
        "Team Indkøb",
    ],
)
def test_functions_are_functions(who):
    assert checked_function(who) == who


def test_an_error_never_quotes_the_name():
    with pytest.raises(ParameterError) as error:
        checked_function("Petra Prøve")
    assert "Petra" not in str(error.value)


def test_a_kind_that_is_none_is_answered_with_the_nearest(municipality):
    with pytest.raises(ParameterError, match="vat_basis"):
        record(municipality, kind="vat_base")


def test_a_decision_without_words_is_refused(municipality):
    with pytest.raises(ParameterError, match="without words"):
        record(municipality, what="  ")


def test_a_log_spoilt_by_hand_is_refused_and_left_alone(municipality):
    path = municipality.folder / LOG_FILE
    path.write_text("Nr.;Dato;Emne;Beslutning;Besluttet af (funktion)\nx;i går;scope;Noget;økonomi\n", encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(TableError, match="2 cells"):
        record(municipality)
    assert path.read_bytes() == before


def test_cells_are_written_as_danes_write_them():
    assert [csv_cell(value) for value in (True, 7, Decimal("0.10"), DAY)] == ["ja", "7", "0,10", "15-01-2026"]


# --- what nobody has said -------------------------------------------------------------------------------------------


@pytest.fixture
def lines_loaded(municipality):
    """Five ledger lines and an e-invoice, with every kind of assumption in them."""
    import json

    import pyarrow as pa

    base = {
        "source_kind": "ledger", "source_name": "udtræk.csv", "source_hash": "f" * 64, "format_name": "ledger_dk 1",
        "vat_basis": "unknown", "document_currency": "DKK", "invoice_date": date(2025, 1, 2), "art_code": "29",
        "main_art_code": "2", "is_free_of_charge": False, "is_copy": False,
    }  # fmt: skip
    rows = [
        {"net": "100.00"},
        {"net": "50.00", "check_codes": "cvr_modulus date_from_posting"},
        {"net": "25.00", "check_codes": "amount_rounded", "art_code": None, "main_art_code": None},
        {"net": "75.00", "document_currency": "EUR", "exchange_rate_source": "table"},
        {"net": None, "document_currency": "SEK"},
        {"net": "10.00", "source_kind": "einvoice", "format_name": "OIOUBL-2.1", "vat_basis": "ex", "charge": "2.00"},
    ]
    lines = []
    for number, row in enumerate(rows):
        amount = row.pop("net")
        money = Decimal(amount) if amount else Decimal(900)
        charge = Decimal(row.pop("charge", "0"))
        line = {**base, "line_id": f"L{number}", "document_id": f"D{number}", **row}
        line |= {"document_amount": money, "document_net_amount": money + charge}
        lines.append(line | {"net_amount": money + charge if amount else None})
    schema = store.arrow_schema(store.LOAD_DATASETS["lines"])
    source = {"name": "udtræk.csv", "hash": "f" * 64, "lines_replaced": 2, "amount_replaced": "30.00"}
    with store.new_load(municipality, "0001-test") as folder:
        with store.parquet_parts(folder / "lines", schema) as write:
            write(pa.Table.from_pylist([{n: line.get(n) for n in schema.names} for line in lines], schema=schema))
        text = json.dumps({"load_key": "0001-test", "replaces": [], "sources": [source]})
        folders.write_text(folder / "load.json", text)
    return municipality


def test_every_assumption_is_listed_with_its_lines_and_kroner(lines_loaded):
    found = {
        (a["assumption"], a["about"], a["value"]): (a["line_count"], a["net_amount"])
        for a in assumptions_of(lines_loaded)
    }
    assert found["vat_basis", "ledger_dk 1", "unknown"] == (5, Decimal("250.00"))
    assert found["sign", "ledger_dk 1", "positive_is_spend"] == (5, Decimal("250.00"))
    assert found["constant", "ledger_dk 1", "Valuta = DKK"] == (5, Decimal("250.00"))
    assert found["exchange_rate", "EUR", "table"] == (1, Decimal("75.00"))
    assert found["no_exchange_rate", "SEK", ""] == (1, None)
    assert found["date_from_posting", "date_from_posting", ""] == (1, Decimal("50.00"))
    assert found["amount_rounded", "amount_rounded", ""] == (1, Decimal("25.00"))
    assert found["document_charges", "document_charges", ""] == (1, Decimal("2.00"))
    assert found["no_art", "no_art", "in_scope"] == (1, Decimal("25.00"))
    assert found["replaced", "udtræk.csv", ""] == (2, Decimal("30.00"))
    (rules,) = [key for key in found if key[0] == "scope_rules"]
    assert found[rules] == (5, Decimal("237.00"))


def test_most_kroner_come_first(lines_loaded):
    amounts = [abs(a["net_amount"] or 0) for a in assumptions_of(lines_loaded)]
    assert amounts == sorted(amounts, reverse=True)


def test_an_assumption_is_decided_when_the_log_says_so_of_the_same_thing(lines_loaded):
    def is_decided():
        return {a["about"]: a["is_decided"] for a in assumptions_of(lines_loaded) if a["assumption"] == "vat_basis"}

    assert is_decided() == {"ledger_dk 1": False}
    record(lines_loaded, kind="scope", what="ledger_dk 1 er uden moms")
    assert is_decided() == {"ledger_dk 1": False}
    record(lines_loaded, kind="vat_basis", what="Ledger_DK 1 er uden moms")
    assert is_decided() == {"ledger_dk 1": True}


def test_without_lines_there_is_nothing_to_assume(municipality):
    assert assumptions_of(municipality) == []
