"""Does every reason the import can give have plain words and a remedy?"""

import ast
import re

import ibis
import pytest

from procurement_kit.analyses.remedies import OTHER, STATUSES, reason_key, remedies, remedy_of
from procurement_kit.exact import records

SAID = {  # reason as the import writes it → key; an example of each
    "is not a UBL invoice or credit note": "not_an_invoice",
    "has a DOCTYPE, which no invoice has": "doctype",
    "is not well-formed XML (tag name mismatch, line 3)": "not_well_formed",
    "is not well-formed XML (line 3)": "not_well_formed",
    "is in an encoding that is not read; expected one of UTF-8": "encoding",
    "has an element with more than 64 attributes": "too_many_attributes",
    "is nested deeper than 64, or has an element with too many attributes": "too_deep",
    "is larger than 50 MB": "too_large",
    "is empty": "empty",
    "is a damaged archive": "archive_damaged",
    "is an archive that claims to inflate more than 200 times": "archive_inflates",
    "is an archive with a path that leads out of it": "archive_path",
    "is an archive that holds another archive": "archive_nested",
    "is an encrypted archive": "archive_encrypted",
    "is an archive of more than 200000 files": "archive_count",
    "lines add up to 110368.00, but the header says 110468.0000": "does_not_add_up",
    "has no sum of lines in its header": "no_header_sum",
    "has line amounts in another currency than the document's": "two_currencies",
    "has no document number": "no_document_number",
    "has no document number and no invoice date": "no_document_number",
    "has no invoice date": "no_invoice_date",
    "has no lines": "no_lines",
    "has a line without an amount": "line_without_amount",
    "has an amount that is not a number": "amount_not_a_number",
    "has an amount that is too large to be one": "amount_too_large",
    "has no currency": "no_currency",
    "row 7: there is no currency": "no_currency",
    "row 7: the amount cannot be read with decimal mark «,»": "amount_unreadable",
    "row 7: the amount is too large to be one": "amount_too_large",
    "row 7: there is no amount": "no_amount",
    "row 7: the invoice date cannot be read": "date_unreadable",
    "row 7: there is no date": "no_date",
    "row 7: 5 cells, but there are 9 headings": "cells",
    "row 7: looks like a total of the rows above": "total_row",
    "row 7: the amount carries the mark of another currency than the row": "other_currency",
    "row 7: the formula in column B was never calculated; open the file in Excel and save it": "formula",
    "row 7: the columns of this record cannot be told from its content": "spool_columns",
    "is a reminder (Reminder), not an invoice": "not_an_invoice",
    "is a web page, not an invoice": "not_an_invoice",
    "is a CII invoice, which is not read": "other_format",
    "is a transport envelope (StandardBusinessDocument) around 2 invoices, not one": "envelope",
    "a.csv: headings that profile «ledger_dk» names are not in the file; net_amount: none is there": "headings",
    "a.csv, row 7: a quotation mark is opened and not closed, or closed too early": "quotes",
    "a.csv is empty": "empty",
    "a.xlsx is a damaged workbook": "archive_damaged",
    "a.xlsx takes more memory or time than a workbook of its size should": "odd_workbook",
    "a.xlsx has a sheet of more than 1,048,576 rows": "odd_workbook",
    "a.xlsx is protected with a password, or a workbook of the old kind (.xls)": "archive_encrypted",
}
SAID_TWICE = {
    "same supplier, number, date and amount as a document in a.xml": "same_document",
    "same supplier, number and date as a.xml, one marked as a copy": "copy",
    "same UUID and amount as a document in a.xml": "same_uuid",
    "stands as a posting in a.csv": "posted",
    "stands as an e-invoice in a.xml": "invoiced",
    "same line as one in a.csv": "same_line",
}


@pytest.mark.parametrize("reason", SAID)
def test_a_reason_of_holding_back_has_its_own_words(reason):
    assert remedy_of(reason).reason_key == SAID[reason]


@pytest.mark.parametrize("reason", SAID_TWICE)
def test_a_reason_of_a_duplicate_has_its_own_words(reason):
    assert remedy_of(reason, "duplicate").reason_key == SAID_TWICE[reason]


def test_a_reason_that_is_not_described_gets_the_general_answer():
    assert [remedy_of("never heard of", status).reason_key for status in STATUSES] == [f"{OTHER}{s}" for s in STATUSES]
    assert remedy_of(None).reason_key == f"{OTHER}held_back"


def test_the_general_answer_comes_last_of_each_status():
    for status in STATUSES:
        rows = [remedy for remedy in remedies() if remedy.set_aside_status == status]
        assert [remedy.reason_key for remedy in rows if remedy.phrases == ("",)] == [rows[-1].reason_key]
        assert all(all(remedy.phrases) for remedy in rows[:-1])


def test_words_are_whole_and_end_without_a_full_stop():
    for remedy in remedies():
        for words in remedy.words.values():
            assert words[0].isupper(), words
            assert not words.endswith("."), words


def test_the_engine_finds_the_same_keys():
    reasons = [*((r, "held_back") for r in (*SAID, "never heard of")), *((r, "duplicate") for r in SAID_TWICE)]
    table = ibis.memtable({"reason": [r for r, _ in reasons], "status": [s for _, s in reasons]})
    found = records(table.mutate(key=reason_key(table.reason, table.status)))
    assert {(row["reason"], row["status"]): row["key"] for row in found} == {
        pair: remedy_of(*pair).reason_key for pair in reasons
    }


# --- the code itself ------------------------------------------------------------------------------------------------

LEDGER_FILES = ("csv_", "xlsx_", "spool_", "ledgers", "headings", "workbook_guard")  # errors there hold a file back
FILE_ERRORS = ("FileFormatError", "TableError", "_RefusedError")


def text_of(node, constants):
    """A text or f-string as written, with X for what is filled in; nothing where it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
    return constants.get(node.id, "") if isinstance(node, ast.Name) else ""


def reasons_in(path):
    """Texts that a document, a row or a ledger file is held back with, as they stand in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    names = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
    constants = {node.targets[0].id: text_of(node.value, {}) for node in names}
    errors = ("RefusedError", *(FILE_ERRORS if path.name.startswith(LEDGER_FILES) else ()))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in errors:
            yield text_of(node.args[0], constants)
    for node in assigned:
        if isinstance(node.targets[0], ast.Subscript):
            about = node.targets[0].value
            if getattr(about, "attr", getattr(about, "id", "")) in ("reasons", "problems"):
                yield text_of(node.value, constants)


def test_every_reason_written_in_the_code_is_described(project):
    code = project / "procurement_kit"
    found = {
        (path.name, reason)
        for path in [*(code / "intake").glob("*.py"), *code.glob("workbook_guard.py")]
        for reason in reasons_in(path)
        if not re.fullmatch(r"(X, )?(row X: )?X?( X)?\.?", reason)  # nothing but what is filled in
    }
    assert len(found) > 25, "the reasons are no longer found in the code"
    assert not {one for one in found if remedy_of(one[1]).reason_key.startswith(OTHER)}
