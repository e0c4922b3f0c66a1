"""Which invoice lines, decisions and questions stand behind the figures?

The lines of the period as the spend cube has them, each with its `line_id`; the decision log; and the questions that
have been put to the municipality. A private person has neither name, number nor text here, and whatever looks like a
personal number is blanked out.
"""

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.classifier.tree import tree_of
from procurement_kit.decision_log import read_decision_log
from procurement_kit.errors import NoDataError
from procurement_kit.exact import PERSONS_KEY, is_person
from procurement_kit.names import without_tokens
from procurement_kit.outgoing import personal_texts
from procurement_kit.periods import parse_period
from procurement_kit.personal_numbers import blank
from procurement_kit.publishing.pages import TableColumn, TableView, label
from procurement_kit.publishing.sentences import Writer
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube

if TYPE_CHECKING:
    import ibis

REGISTER = ("dialogue", "questions.json")  # what has been asked, as the dialogue keeps it
LINE_COLUMNS = {  # column of the sheet → its unit
    "line_id": "text", "line_document_number": "text", "line_invoice_date": "date", "supplier_label": "text",
    "supplier_number": "text", "unit_name": "text", "bought_text": "text", "net_amount": "kr", "scope_status": "text",
    "category_code": "text", "category_name": "text", "category_source": "text", "contract_status": "text",
    "line_contract_number": "text",
}  # fmt: skip
LOG_COLUMNS = {
    "log_number": "count", "log_date": "date", "log_kind": "text", "log_decision": "text", "log_decided_by": "text",
    "net_amount": "kr", "line_count": "count", "log_question_id": "text",
}  # fmt: skip
QUESTION_COLUMNS = {
    "log_question_id": "text", "asked_kind": "text", "asked_concerns": "text", "line_count": "count",
    "net_amount": "kr", "asked_date": "text", "is_answered": "text",
}  # fmt: skip


def line_table(municipality: Municipality, period: str, writer: Writer) -> TableView | None:
    """The invoice lines of a period, oldest first; None where there is no spend cube."""
    try:
        cube = read_cube(municipality)
    except NoDataError:
        return None
    span = parse_period(period)
    lines = cube.filter(cube.invoice_date.between(span.first_date, span.last_date))
    tree, language = tree_of(municipality), writer.formats.language
    names = {code: tree.name(code, language) for code in tree.codes}
    rows = [_line(row, names, writer) for row in _records(lines)]
    return _table("lines", LINE_COLUMNS, without_personal(rows), writer)


def _records(lines: "ibis.Table") -> list[dict]:
    wanted = (
        "line_id", "document_number", "invoice_date", "supplier_key", "supplier_label", "supplier_number", "unit_name",
        "item_name", "line_text", "net_amount", "scope_status", "category_code", "category_source", "contract_status",
        "contract_number",
    )  # fmt: skip
    return lines.select(*wanted).order_by("invoice_date", "line_id").to_pyarrow().to_pylist()


def _line(row: dict, names: dict[str, str], writer: Writer) -> tuple:
    person = is_person(row["supplier_key"]) or row["supplier_key"] == PERSONS_KEY
    supplier = writer.entry("values.supplier_group")["persons"] if person else row["supplier_label"]
    texts = dict.fromkeys(part for name in ("item_name", "line_text") if (part := row[name]))
    words = {name: label(row[name], name, writer) for name in ("scope_status", "category_source", "contract_status")}
    return (
        row["line_id"], None if person else row["document_number"], row["invoice_date"], supplier,
        None if person else row["supplier_number"], row["unit_name"], None if person else " · ".join(texts),
        row["net_amount"], words["scope_status"], row["category_code"], names.get(row["category_code"]),
        words["category_source"], words["contract_status"], row["contract_number"],
    )  # fmt: skip


def decision_table(municipality: Municipality, writer: Writer) -> TableView:
    """What somebody has decided, oldest first."""
    log = read_decision_log(municipality).to_pylist()
    rows = [
        (
            row["decision_number"], row["decided_date"], label(row["decision_kind"], "log_kind", writer),
            row["decision"], row["decided_by"], row["net_amount"], row["line_count"], row["question_id"],
        )
        for row in log
    ]  # fmt: skip
    return _table("decision_log", LOG_COLUMNS, without_personal(rows), writer)


def question_table(municipality: Municipality, writer: Writer) -> TableView:
    """What the municipality has been asked, largest amount first, and whether the decision log has an answer."""
    path = municipality.folder.joinpath(*REGISTER)
    asked = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    answered = {row["question_id"] for row in read_decision_log(municipality).to_pylist()}
    rows = [
        (
            key, label(row["kind"], "asked_kind", writer), row["concerns"], row["line_count"],
            None if row["net_amount"] is None else Decimal(row["net_amount"]), row["asked_date"],
            label("yes" if key in answered else "no", "is_answered", writer),
        )
        for key, row in asked.items()
    ]  # fmt: skip
    return _table("questions", QUESTION_COLUMNS, without_personal(sorted(rows, key=_weight)), writer)


def _weight(row: tuple) -> tuple:
    return (-abs(row[4] or Decimal(0)), row[0])


def without_personal(rows: list[tuple]) -> list[tuple]:
    """Rows whose texts hold nothing that looks like a personal number; hidden marks stay where nothing is found.

    Examples
    --------
    >>> without_personal([(2, "faktura 17")])
    [(2, 'faktura 17')]
    """
    texts = list(dict.fromkeys(value for row in rows for value in row if isinstance(value, str)))
    replaced = {text: blank(without_tokens(text)) for text in personal_texts(texts)}
    if not replaced:
        return rows
    return [tuple(replaced.get(v, v) if isinstance(v, str) else v for v in row) for row in rows]


def _table(key: str, units: dict[str, str], rows: list[tuple], writer: Writer) -> TableView:
    headings = writer.entry("columns")
    columns = tuple(TableColumn(name, headings[name], unit) for name, unit in units.items())
    cells = tuple(tuple(value if isinstance(value, str) else "" for value in row) for row in rows)
    return TableView(f"all_{key}", writer.say(f"sheets.{key}"), columns, tuple(rows), cells)
