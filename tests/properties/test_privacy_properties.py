"""However a personal number is written and wherever it stands, nothing of an import holds it: no file, error or word.

Numbers have a possible date and are otherwise arbitrary. Left by rule, and so not tried: bare digits in a field for
accounts, orders and locations.
"""

import io
import zipfile
from datetime import date
from typing import NamedTuple
from uuid import uuid4
from xml.sax.saxutils import escape

import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from procurement_kit.errors import ProcurementError
from procurement_kit.intake.load import import_files
from procurement_kit.intake.privacy import PERSON_FIELD, Masker
from procurement_kit.personal_numbers import blank, find_numbers

MASKER, OTHER = Masker(b"0" * 32), Masker(b"1" * 32)
LETTERS = "abcdefgæøåÆØÅé -,.()/&"
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=8) | st.sampled_from(["cpr", "borger", "12", "uge 7", "A4"]), max_size=3).map(" ".join)  # fmt: skip
BARE = "{d}{m}{y}{s}"
WAYS = [
    BARE, "{d}{m}{y}-{s}", "{d}{m}{y} {s}", "{d}{m}{y}/{s}", "{d}{m}{y}.{s}", "{d}{m}{y}_{s}", "{d}{m}{y}\u2013{s}",
    "{d}{m}{y} - {s}", "{d}{m}{y}\u00a0{s}", "{d}{m}{y}\u200b-{s}", "{d}.{m}.{y}-{s}", "{d}-{m}-{y}-{s}",
    "{d}{m}{c}{y}-{s}", "{d}.{m}.{c}{y}-{s}", "cpr {d}{m}{y}{s}", "CPR:{d}{m}{y}{s}", "CPR-nr.{d}{m}{y} {s}",
]  # fmt: skip


@st.composite
def numbers(draw):
    """A number's ten digits, and one way of writing it."""
    day = draw(st.dates(date(1940, 1, 1), date(1999, 12, 31)))
    serial = f"{draw(st.integers(0, 3999)):04d}"
    given_day = day.day + draw(st.sampled_from([0, 0, 0, 60]))
    parts = {"d": f"{given_day:02d}", "m": f"{day.month:02d}", "y": f"{day.year % 100:02d}", "c": "19", "s": serial}
    way = draw(st.sampled_from(WAYS))
    return BARE.format(**parts), way.format(**parts), way


class Planted(NamedTuple):
    """A text with a number in it, the number's digits, how it is written, and what it looks like then."""

    text: str
    digits: str
    way: str
    printed: str


@st.composite
def texts(draw):
    """A text with a number between arbitrary words, and its digits and the way it is written."""
    digits, printed, way = draw(numbers())
    return Planted(f"{draw(WORDS)} {printed} {draw(WORDS)}".strip(), digits, way, printed)


@given(texts())
def test_no_text_keeps_its_number_and_masking_again_changes_nothing(found):
    text, digits, *_ = found
    for field in ("line_text", "buyer_reference", PERSON_FIELD):
        once = MASKER.mask(text, field)
        assert digits not in "".join(filter(str.isdecimal, once.text))
        assert once.hit_count >= 1
        assert MASKER.mask(once.text, field) == (once.text, 0)
    assert digits not in "".join(filter(str.isdecimal, blank(text)))


@given(numbers(), st.sampled_from(WAYS))
def test_the_same_number_has_the_same_token_everywhere_and_another_key_another(found, way):
    digits, printed, _ = found
    token = MASKER.token(digits)
    for field in ("line_text", "supplier_account_number", PERSON_FIELD, "source_name"):
        assert token in MASKER.mask(printed, field).text
    assert MASKER.person_token(digits) == token
    assert OTHER.token(digits) != token
    assert token not in OTHER.mask(printed).text


@given(st.text(max_size=80), st.sampled_from(["", "line_text", "order_number", "payee_number", PERSON_FIELD]))
def test_masking_any_text_in_any_field_never_fails_and_is_idempotent(text, field):
    once = MASKER.mask(text, field)
    assert MASKER.mask(once.text, field) == (once.text, 0)
    assert find_numbers(blank(text)) == []


@given(st.text("0123456789 -./+CPRcprfødtborgeSE\u2013\u00a0", max_size=60))
def test_texts_made_of_digits_and_telling_words_are_masked_once_and_for_all(text):
    once = MASKER.mask(text, "line_text")
    assert MASKER.mask(once.text, "line_text") == (once.text, 0)


# --- through an import ----------------------------------------------------------------------------------------------

HEADINGS = ["Bilagsnummer", "Fakturanummer", "Fakturadato", "CVR", "Leverandør", "Tekst", "Konto", "Kontotekst",
            "Omkostningssted", "Enhed", "Måleenhed", "Beløb ekskl. moms"]  # fmt: skip
IN_LEDGER = ["Bilagsnummer", "Fakturanummer", "Leverandør", "Tekst", "Konto", "Kontotekst", "Omkostningssted", "Enhed", "Måleenhed", "CVR"]  # fmt: skip
LEDGER_NUMBERS = ("Konto", "Omkostningssted")
SLOW = settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
PLANTED = st.lists(texts(), min_size=len(IN_LEDGER), max_size=len(IN_LEDGER))


def ledger_rows(planted):
    """A row per column a number is planted in; bare digits are tried with a word where accounts stand."""
    rows = []
    for heading, (text, _, way, _) in zip(IN_LEDGER, planted, strict=True):
        row = dict.fromkeys(HEADINGS, "") | {"Fakturadato": "01-02-2025", "Leverandør": "Firma", "Tekst": "Papir",
                                             "Beløb ekskl. moms": "100,00"}  # fmt: skip
        row[heading] = f"cpr {text}" if way == BARE and heading in LEDGER_NUMBERS else text
        rows.append(list(row.values()))
    return rows


NO_NAME = str.maketrans("/:", "  ")  # signs that no file name holds


def file_name(word, planted, ending):
    return f"{word} {planted[0].translate(NO_NAME)[:60]} x{uuid4().hex[:6]}.{ending}"


def write_csv(folder, planted):
    path = folder / file_name("poster", planted[0], "csv")
    quoted = [
        "\u003b".join('"' + cell.replace('"', "'") + '"' for cell in row) for row in [HEADINGS, *ledger_rows(planted)]
    ]
    path.write_text("\r\n".join([*quoted, ""]), encoding="utf-8")
    return path


def write_xlsx(folder, planted):
    path = folder / file_name("poster", planted[0], "xlsx")
    with xlsxwriter.Workbook(
        path, {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(f"cpr {planted[1].printed}".replace("/", " ").replace(":", " ")[:31])
        for place, row in enumerate([HEADINGS, *ledger_rows(planted)]):
            for column, cell in enumerate(row):
                sheet.write_string(place, column, cell)
    return path


UBL = "urn:oasis:names:specification:ubl:schema:xsd"


def invoice(planted):
    """An e-invoice with a number in every text a reader could think of."""
    said = [escape(one.text) for one in planted]
    worded = [
        f"cpr {text}" if way == BARE else text for text, way in zip(said, (one.way for one in planted), strict=True)
    ]
    attribute = worded[3].replace('"', "")
    return f"""<?xml version="1.0" encoding="UTF-8"?><Invoice xmlns="{UBL}:Invoice-2"
 xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2">
<cbc:CustomizationID>OIOUBL-2.1 {said[0]}</cbc:CustomizationID><cbc:ID>{said[1]}</cbc:ID><cbc:UUID>{said[2]}</cbc:UUID>
<cbc:IssueDate>2025-03-01</cbc:IssueDate><cbc:Note>{said[2]}</cbc:Note>
<cbc:DocumentCurrencyCode>DKK</cbc:DocumentCurrencyCode><cbc:AccountingCost>{worded[3]}</cbc:AccountingCost>
<cac:OrderReference><cbc:ID>{worded[4]}</cbc:ID></cac:OrderReference>
<cac:AccountingSupplierParty><cac:Party><cbc:EndpointID schemeID="dk:cpr">{planted[5].printed}</cbc:EndpointID>
<cac:PartyIdentification><cbc:ID schemeID="0237">{planted[5].printed}</cbc:ID></cac:PartyIdentification>
<cac:PartyName><cbc:Name>{said[5]}</cbc:Name></cac:PartyName>
<cac:PartyLegalEntity><cbc:CompanyID schemeID="DK:CPR">{planted[5].printed}</cbc:CompanyID></cac:PartyLegalEntity>
<cac:Person><cbc:ID>{planted[5].printed}</cbc:ID></cac:Person></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>{said[6]}</cbc:Name></cac:PartyName>
<cac:Contact><cbc:ID>{said[6]}</cbc:ID><cbc:Name>{said[6]}</cbc:Name></cac:Contact></cac:Party></cac:AccountingCustomerParty>
<cac:DeliveryParty><cac:PartyIdentification><cbc:ID schemeID="DK:CPR">{planted[7].printed}</cbc:ID></cac:PartyIdentification></cac:DeliveryParty>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="DKK">100.00</cbc:LineExtensionAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>{said[7]}</cbc:ID><cbc:Note>{said[8]}</cbc:Note>
<cbc:InvoicedQuantity unitCode="{attribute}">1</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="DKK">100.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Description>{said[8]}</cbc:Description><cbc:Name>{said[9]}</cbc:Name>
<cac:SellersItemIdentification><cbc:ID>{said[9]}</cbc:ID></cac:SellersItemIdentification></cac:Item></cac:InvoiceLine></Invoice>"""


def write_xml(folder, planted):
    path = folder / file_name("faktura", planted[0], "xml")
    path.write_text(invoice(planted), encoding="utf-8")
    return path


def write_zip(folder, planted):
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr(file_name("mappe/faktura", planted[1], "xml"), invoice(planted))
        archive.writestr(file_name("halv", planted[2], "xml"), "<a>")
    path = folder / file_name("uge", planted[3], "zip")
    path.write_bytes(inside.getvalue())
    return path


@SLOW
@pytest.mark.parametrize("write", [write_csv, write_xlsx, write_xml, write_zip])
@given(planted=PLANTED)
def test_after_an_import_no_file_no_word_and_no_error_holds_the_digits(write, planted, municipality, tmp_path, digits_in, capfd, caplog):  # fmt: skip
    source = write(tmp_path, planted)
    try:
        report = import_files(municipality, [source], profile="ledger_dk")
        said = repr(report) + repr(report.as_dict())
        assert report.masked_count > 0
    except ProcurementError as error:
        said = f"{error} {error.problems}"
    out, err = capfd.readouterr()
    for digits in {one.digits for one in planted}:
        assert digits_in(municipality.folder, digits) == []
        for words in (said, out, err, caplog.text):
            assert digits not in "".join(filter(str.isdecimal, words))


@SLOW
@given(planted=PLANTED)
def test_a_heading_that_holds_a_number_is_not_quoted(planted, municipality, tmp_path, digits_in, capfd):
    path = tmp_path / f"{uuid4().hex}.csv"
    path.write_text(";".join(f'"{one.text}"' for one in planted) + "\r\n1;2;3;4;5;6;7;8;9;0\r\n", encoding="utf-8")
    with pytest.raises(ProcurementError) as caught:
        import_files(municipality, [path], profile="ledger_dk")
    said = "".join(filter(str.isdecimal, f"{caught.value} {caught.value.problems}{''.join(capfd.readouterr())}"))
    for one in planted:
        assert one.digits not in said
        assert digits_in(municipality.folder, one.digits) == []


def test_the_scan_finds_what_is_there(tmp_path, digits_in):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": ["ren", "til 010190-1234"]}), tmp_path / "a.parquet")
    (tmp_path / "b.json").write_text('{"navn": "0101901234"}', encoding="utf-8")
    (tmp_path / "cpr 010190 1234.txt").write_text("ren", encoding="utf-8")
    assert digits_in(tmp_path, "0101901234") == ["a.parquet, a", "b.json", "a name"]
    assert digits_in(tmp_path, "0101901235") == []
