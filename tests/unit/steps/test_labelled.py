"""Which lines have a known category, and what do labels written by hand take from the lines that bear them?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import folders, store
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.errors import NoDataError, TableError
from procurement_kit.steps.labelled import label_counts, labelled_lines
from procurement_kit.tables import INVOICE_LINES
from tests.conftest import complete_lines

HEAD = "CVR-nummer;Leverandør;Tekst;Konto;Kontotekst;Enhed;Kategorikode\n"


@pytest.fixture
def imported(municipality):
    """A municipality with these lines taken in, as one import."""

    def take_in(*rows: dict):
        import pyarrow as pa

        schema = store.arrow_schema(INVOICE_LINES.schema("intake"))
        lines = [{name: row.get(name) for name in schema.names} for row in complete_lines(list(rows))]
        with store.new_load(municipality, "0001-test") as folder:
            with store.parquet_parts(folder / "lines", schema) as write:
                write(pa.Table.from_pylist(lines, schema=schema))
            folders.write_text(folder / "load.json", '{"load_key": "0001-test", "sources": [], "replaces": []}')
        return municipality

    return take_in


def by_hand(municipality, *rows: str) -> None:
    (municipality.folder / "labelled_lines.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


PAPER = {"supplier_name": "Papirhuset", "line_text": "kopipapir", "buyer_unit_name": "Skolen"}


def test_a_label_written_by_hand_stands_for_every_line_that_bears_it(imported):
    municipality = imported(
        {**PAPER, "net": "10.00"}, {**PAPER, "net": "5.50"}, {**PAPER, "line_text": "stole", "net": "1.00"}
    )
    by_hand(municipality, ";Papirhuset;kopipapir;;;Skolen;180101")
    found = labelled_lines(municipality, standard_tree())
    assert sorted(found["amount"]) == [Decimal("5.50"), Decimal("10.00")]
    assert set(found["category_code"]) == {"180101"}
    assert set(found["invoice_date"]) == {date(2025, 3, 1)}


def test_a_label_by_hand_with_a_personal_number_or_an_unknown_code_is_refused_by_row(imported):
    municipality = imported({**PAPER, "net": "10.00"})
    by_hand(municipality, ";Papirhuset;tur for 010190-1234;;;;180101", ";Papirhuset;kopipapir;;;;9999")
    with pytest.raises(TableError, match="labelled_lines.csv: 2 cells or rows") as refused:
        labelled_lines(municipality, standard_tree())
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["row 2", "row 3"]
    assert "1234" not in str(refused.value)


def test_training_tells_of_a_bad_date_and_a_bad_code_of_decisions_at_once(imported):
    municipality = imported({**PAPER, "net": "10.00"})
    (municipality.folder / "decisions.csv").write_text(
        "Leverandør;Kategorikode;Dato\nPapirhuset;9999;\nPapirhuset;1801;i går\n", "utf-8"
    )
    with pytest.raises(TableError) as refused:
        labelled_lines(municipality, standard_tree())
    assert len(refused.value.problems) == 2


def test_item_name_and_text_are_one_text(imported):
    municipality = imported({"supplier_name": "Papirhuset", "item_name": "Papir", "line_text": "A4", "net": "1.00"})
    by_hand(municipality, ";Papirhuset;Papir A4;;;;180101")
    assert list(labelled_lines(municipality, standard_tree())["item_name"]) == ["Papir"]


def test_a_label_no_line_bears_is_kept_without_kroner(imported):
    municipality = imported({**PAPER, "net": "10.00"})
    by_hand(municipality, ";En anden;blyanter;;;;180103")
    found = labelled_lines(municipality, standard_tree())
    assert list(found["line_text"]) == ["blyanter"]
    assert found["amount"].isna().all()


def test_only_lines_up_to_a_day(imported):
    later = {**PAPER, "invoice_date": date(2026, 1, 1), "net": "3.00"}
    municipality = imported({**PAPER, "net": "10.00"}, later)
    by_hand(municipality, ";Papirhuset;kopipapir;;;Skolen;180101")
    found = labelled_lines(municipality, standard_tree(), until=date(2025, 12, 31))
    assert list(found["amount"]) == [Decimal("10.00")]


def test_labels_in_the_source_that_are_codes_of_the_tree(imported):
    municipality = imported(
        {**PAPER, "labelled_category_1": "18", "labelled_category_2": "1801", "net": "10.00"}, PAPER
    )
    found = labelled_lines(municipality, standard_tree())
    assert list(found["category_code"]) == ["1801"]


def test_labels_that_the_tree_does_not_know_are_an_error_that_says_what_to_do(imported):
    municipality = imported({**PAPER, "labelled_category_1": "Stationery", "net": "10.00"})
    with pytest.raises(NoDataError, match="--from-labels"):
        labelled_lines(municipality, standard_tree())


def test_label_paths_are_counted(imported):
    stationery = {**PAPER, "labelled_category_1": "Office", "labelled_category_2": "Paper"}
    municipality = imported(stationery, stationery, PAPER)
    assert label_counts(municipality) == {("Office", "Paper", None): 2}


def test_no_labels_at_all_is_an_error(imported):
    with pytest.raises(NoDataError, match="carries a category"):
        label_counts(imported(PAPER))


def test_without_any_label_there_are_no_rows_but_all_columns(imported):
    found = labelled_lines(imported(PAPER), standard_tree())
    assert len(found) == 0 and "category_code" in found


# --- decisions ------------------------------------------------------------------------------------------------------

DECIDED = "CVR-nummer;Leverandør;Tekst;Konto;Kontotekst;Enhed;Kategorikode;Besluttet af;Dato\n"


def decide(municipality, *rows: str) -> None:
    text = DECIDED + "\n".join(rows) + "\n"
    (municipality.folder / "decisions.csv").write_text(text, encoding="utf-8")


def test_a_decision_teaches_every_line_it_decides_however_it_is_spelt(imported):
    municipality = imported(
        {**PAPER, "net": "10.00"},
        {**PAPER, "supplier_name": "PAPIRHUSET A/S", "item_name": "Kopipapir", "net": "5.50"},
        {**PAPER, "line_text": "stole", "net": "1.00"},
    )
    decide(municipality, ";Papirhuset;kopipapir;;;Skolen;180101;indkøb;15-01-2026")
    found = labelled_lines(municipality, standard_tree())
    assert sorted(found["amount"]) == [Decimal("5.50"), Decimal("10.00")]
    assert set(found["category_code"]) == {"180101"}
    assert "line_id" not in found


def test_a_decision_about_a_supplier_teaches_all_its_lines_but_those_decided_one_by_one(imported):
    municipality = imported(
        {**PAPER, "net": "10.00"},
        {**PAPER, "line_text": "stole", "net": "1.00"},
        {"supplier_name": "Andre", "net": "2.00"},
    )
    decide(municipality, ";Papirhuset;;;;;180101;indkøb;", ";Papirhuset;stole;;;;1802;indkøb;")
    found = labelled_lines(municipality, standard_tree()).sort_values("amount")
    assert list(found["category_code"]) == ["1802", "180101"]


def test_a_decision_stands_above_labels_of_the_source_and_by_hand_and_each_line_counts_once(imported):
    municipality = imported({**PAPER, "labelled_category_1": "18", "labelled_category_2": "1801", "net": "10.00"})
    by_hand(municipality, ";Papirhuset;kopipapir;;;Skolen;180103")
    decide(municipality, ";Papirhuset;kopipapir;;;Skolen;1802;indkøb;15-01-2026")
    assert list(labelled_lines(municipality, standard_tree())["category_code"]) == ["1802"]


def test_decisions_teach_lines_up_to_a_day_only(imported):
    municipality = imported({**PAPER, "invoice_date": date(2026, 1, 1), "net": "3.00"})
    decide(municipality, ";Papirhuset;;;;;1802;indkøb;15-01-2026")
    assert len(labelled_lines(municipality, standard_tree(), until=date(2025, 12, 31))) == 0


def test_a_decision_for_a_category_that_is_gone_is_an_error(imported):
    municipality = imported({**PAPER, "net": "10.00"})
    decide(municipality, ";Papirhuset;;;;;1899;indkøb;15-01-2026")
    with pytest.raises(TableError, match="decisions.csv"):
        labelled_lines(municipality, standard_tree())
