"""Does the client see what was decided and what is assumed, in words?"""

from datetime import date
from decimal import Decimal

import openpyxl

from procurement_kit.decision_log import record_decision
from procurement_kit.dialogue.decisions import write_decision_log

DAY = date(2026, 1, 15)


def test_two_sheets_say_what_was_decided_and_what_is_assumed(loaded):
    municipality = loaded({"net": "100.00", "vat_basis": "unknown"}, {"net": "20.00", "is_free_of_charge": True})
    record_decision(
        municipality,
        kind="vat_basis",
        what="ledger_dk 1 er uden moms",
        decided_by="økonomi",
        amount=Decimal(100),
        today=DAY,
    )
    path = write_decision_log(municipality, DAY)
    book = openpyxl.load_workbook(path)
    assert (path.name, book.sheetnames) == ("beslutningslog-2026-01-15.xlsx", ["Besluttet", "Forudsat"])
    _, decided = book["Besluttet"].iter_rows(values_only=True)
    assert decided[2:7] == ("Moms", "ledger_dk 1 er uden moms", "økonomi", None, 100)
    assumed = {row[1]: row for row in book["Forudsat"].iter_rows(values_only=True)}
    (vat,) = [row for sentence, row in assumed.items() if "ikke oplyst" in sentence]
    assert vat[2:] == ("ledger_dk 1", "importprofilen", 1, 100, "ja")
    assert assumed["Linjer uden beregning er læst, men tælles ikke i fakturaens sum."][4:6] == (1, 20)
    assert "Hele filen har Valuta = DKK." in assumed


def test_the_same_log_gives_the_same_bytes_and_no_formula(loaded):
    municipality = loaded({"net": "1.00", "source_name": "=x.csv"})
    record_decision(municipality, kind="other", what="=1+1", decided_by="indkøb", today=DAY)
    one = write_decision_log(municipality, DAY).read_bytes()
    path = write_decision_log(municipality, DAY)
    assert path.read_bytes() == one
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=1+1" in {cell.value for cell in cells}
