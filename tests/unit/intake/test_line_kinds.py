"""What kind of line is it, does its text say what was bought, and in which year's accounts does it stand?"""

import csv
from datetime import date
from importlib.resources import files

import pyarrow as pa
import pytest

from procurement_kit.intake.line_kinds import kind_of, with_marks
from procurement_kit.tables import INVOICE_LINES, LINE_KINDS


def marked(*pairs):
    names, texts = zip(*pairs, strict=True)
    table = pa.table({"item_name": pa.array(names, pa.string()), "line_text": pa.array(texts, pa.string())})
    return with_marks(table)


def usable(*texts):
    return marked(*((None, text) for text in texts))["has_usable_text"].to_pylist()


# --- kinds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Fragt", "freight"), ("Fragttillæg", "freight"), ("FRAGT TILLÆG", "freight"), ("Porto", "freight"),
        ("Levering", "freight"), ("DSV fragt uge 12", "freight"), ("Fragt og emballage", "freight"),
        ("Fragt: 2 paller, Skolevangen", "freight"), ("Fri fragt", "freight"), ("Levering 31-01-2025", "freight"),
        ("Stykgodsfragt", "freight"), ("Ekspeditionsgebyr", "fee"), ("Pakkegebyr", "fee"), ("Gebyr", "fee"),
        ("Faktureringsgebyr", "fee"), ("Gebyr for papirfaktura", "fee"), ("PBS-gebyr", "fee"), ("Pant", "fee"),
        ("Øreafrunding", "rounding"), ("Afrunding", "rounding"), ("Ørediff.", "rounding"),
        ("Miljøtillæg", "surcharge"), ("Brændstoftillæg 4 %", "surcharge"), ("Weekendtillæg vikar", "surcharge"),
        ("Rabat 10 %", "surcharge"), ("CO2-afgift", "surcharge"),
    ],
)  # fmt: skip
def test_danish_accessories_are_told_by_their_words(text, kind):
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Freight", "freight"), ("Delivery charge", "freight"), ("Carriage", "freight"), ("P&P", "freight"),
        ("Postage and packing", "freight"), ("Small order charge 12.50", "fee"), ("Admin fee", "fee"),
        ("Rounding", "rounding"), ("Fuel surcharge", "surcharge"), ("Frakt", "freight"), ("Fraktavgift", "freight"),
        ("Expeditionsavgift", "fee"), ("Påminnelseavgift", "fee"), ("Öresavrundning", "rounding"),
        ("Drivmedelstillägg", "surcharge"),
    ],
)  # fmt: skip
def test_english_and_swedish_accessories_too(text, kind):
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Fragtbrev blok", "Afrundede hjørner", "Leveringsaftale rengøring", "Gebyr for byggesag", "Kørsel af elever",
        "Flytning", "Kopipapir inkl. fragt", "Kopipapir og fragt", "Levering af mad", "Levering og montering af køkken",
        "Fragt af møbler til skole", "Transport af borgere", "Kosttillæg", "Løntillæg", "Engangsemballage",
        "Carriageway repairs", "Delivery driver agency", "Postage stamps", "Fragt og montering af køkken",
        "Frankeringsmaskine opladning porto", "Fragtmand kørsel skole", "Emballage til køkken", "Byggesagsgebyr",
        "Kopipapir A4 80 g leveres uden fragt til alle kommunens skoler", "", "1234", "Kontorstol",
    ],
)  # fmt: skip
def test_a_purchase_stays_an_item_though_it_holds_such_a_word(text):
    assert kind_of(text) == "item"


def test_the_item_name_decides_and_the_text_where_the_name_says_nothing():
    kinds = marked(
        ("Kopipapir", "Fragt"),
        ("Fragt", "Kopipapir A4"),
        ("Diverse", "Fragt"),
        (None, "Fragt"),
        ("Diverse", None),
        (None, None),
    )["line_kind"].to_pylist()
    assert kinds == ["item", "freight", "freight", "freight", "item", "item"]


def test_the_words_are_data_that_hold_together():
    path = files("procurement_kit") / "knowledge" / "accessory_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {row["kind"] for row in rows} == {*LINE_KINDS, "neutral", "joiner", "carrier"}
    assert {row["match"] for row in rows} == {"word", "alone", "ending"}
    assert {row["language"] for row in rows} == {"da", "sv", "en", ""}
    phrases = [row["phrase"] for row in rows]
    assert len(phrases) == len(set(phrases))
    told = {row["phrase"]: row["kind"] for row in rows if row["kind"] in LINE_KINDS}
    assert {phrase: kind_of(phrase) for phrase in told} == told


# --- usable text ----------------------------------------------------------------------------------------------------


def test_a_text_is_usable_if_a_word_in_it_says_what_was_bought():
    assert (
        usable("Kopipapir", "jf. aftale om rengøring", "Rengøring uge 12", "El", "Øl", "Fragt", "Ærø færge")
        == [True] * 7
    )


def test_numbers_dates_and_phrases_that_say_nothing_are_no_text():
    texts = (
        None, "", "  ", "4500012345", "31-01-2025", "1.234,50 kr.", "--- / ---", "Jf. aftale", "JF AFTALE 2024",
        "Samlefaktura", "se vedhæftet", "Diverse", "uge 12", "januar 2025", "nr. 45", "A1", "xx", "Faktura for perioden",
        "CPR-ABCDEFGH2345",
    )  # fmt: skip
    assert usable(*texts) == [False] * len(texts)


def test_either_item_name_or_text_makes_a_line_usable():
    found = marked(("Kopipapir", None), (None, "Kopipapir"), ("Jf. aftale", "Kopipapir"), ("Jf. aftale", "1234"))
    assert found["has_usable_text"].to_pylist() == [True, True, True, False]


def test_names_of_accounts_are_not_the_text_of_a_ledger_line():
    table = pa.table({"line_text": pa.array([None], pa.string()), "account_name": ["Fødevarer"]})
    assert with_marks(table)["has_usable_text"].to_pylist() == [False]


# --- accounting year ------------------------------------------------------------------------------------------------


def test_the_ledgers_year_wins_then_the_posting_then_the_invoice():
    posted, invoiced = date(2025, 1, 3), date(2024, 12, 30)
    table = pa.table(
        {
            "accounting_year": pa.array([2023, None, None, None], pa.int64()),
            "posting_date": pa.array([posted, posted, None, None], pa.date32()),
            "invoice_date": pa.array([invoiced, invoiced, invoiced, None], pa.date32()),
        }
    )
    assert with_marks(table)["accounting_year"].to_pylist() == [2023, 2025, 2024, None]


# --- the table ------------------------------------------------------------------------------------------------------


def test_lines_keep_their_columns_order_and_types():
    from procurement_kit.store import arrow_schema, table_of

    schema = INVOICE_LINES.schema("intake")
    rows = [{"line_id": "L1", "item_name": "Fragt", "posting_date": date(2025, 3, 1)}, {"line_id": "L2"}]
    before = table_of(rows, schema).to_pyarrow()
    after = with_marks(before)
    assert after.schema.equals(arrow_schema(schema))
    changed = {"accounting_year", "line_kind", "has_usable_text"}
    assert after.drop_columns(list(changed)).equals(before.drop_columns(list(changed)))
    assert after["line_kind"].to_pylist() == ["freight", "item"]
    assert with_marks(after).equals(after)


def test_an_empty_table_and_one_in_several_chunks_are_marked_alike():
    one = pa.table({"item_name": ["Fragt", "Papir"]})
    both = pa.concat_tables([one, one.slice(0, 0), one])
    assert with_marks(both)["line_kind"].to_pylist() == ["freight", "item"] * 2
    assert with_marks(one.slice(0, 0))["line_kind"].to_pylist() == []


def test_marks_depend_on_the_text_alone():
    """Splitting a file in two changes nothing."""
    texts = [(None, text) for text in ("Fragt", "Papir", "Jf. aftale", "Rabat", "Fragt")]
    whole = marked(*texts)
    halves = pa.concat_tables([marked(*texts[:2]), marked(*texts[2:])])
    assert whole.to_pylist() == halves.to_pylist()


@pytest.mark.parametrize(
    "text", ["\x00", "a\x1fb", "\ud7ff" * 3, "æ" * 100_000, "fragt " * 20_000, "Fragt\u00a0", "ＦＲＡＧＴ"]
)
def test_odd_texts_are_marked_without_complaint(text):
    assert marked((None, text))["line_kind"].to_pylist()[0] in LINE_KINDS
