"""Whatever the amounts, intake keeps every line and every øre."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.intake.einvoices import Reading, read_einvoice
from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.money import Rates, round_to_sum, share, to_net, total
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.profiles import find_profile

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
AMOUNTS = st.decimals("-99999", "99999", places=6, allow_nan=False)
LISTS = st.lists(AMOUNTS, min_size=1, max_size=20)
READING = Reading("prøveby", b"0" * 32, Rates("DKK"))
MASKER = Masker(b"0" * 32)


def document(amounts, kind="Invoice", charge=None, header=None):
    extra = "" if charge is None else (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>{charge}</cbc:Amount></cac:AllowanceCharge>"
    )  # fmt: skip
    lines = "".join(
        f"<cac:{kind}Line><cbc:LineExtensionAmount>{a}</cbc:LineExtensionAmount></cac:{kind}Line>" for a in amounts
    )
    header = total(amounts) if header is None else header
    return (
        f'<{kind} xmlns="{UBL}:{kind}-2" xmlns:cac="{UBL}:CommonAggregateComponents-2" '
        f'xmlns:cbc="{UBL}:CommonBasicComponents-2">'
        "<cbc:ID>F-1</cbc:ID><cbc:IssueDate>2025-01-31</cbc:IssueDate><cbc:DocumentCurrencyCode>DKK</cbc:DocumentCurrencyCode>"
        f"{extra}<cac:LegalMonetaryTotal><cbc:LineExtensionAmount>{header}</cbc:LineExtensionAmount></cac:LegalMonetaryTotal>"
        f"{lines}</{kind}>"
    ).encode()


@given(LISTS)
def test_rounding_keeps_the_rounded_sum_and_moves_no_amount_by_more_than_a_unit(amounts):
    rounded = round_to_sum(amounts, 2)
    assert abs(total(rounded) - total(amounts)) <= Decimal("0.005")
    assert all(abs(new - old) <= Decimal("0.01") for new, old in zip(rounded, amounts, strict=True))


@given(LISTS)
def test_rounding_is_symmetrical(amounts):
    assert round_to_sum([-a for a in amounts], 2) == [-a for a in round_to_sum(amounts, 2)]


@given(AMOUNTS, LISTS)
def test_shares_add_up(amount, weights):
    amount = round(amount, 4)
    assert total(share(amount, weights)) == amount


@given(LISTS, st.decimals("0.0001", "2000", places=8))
def test_kroner_add_up_to_the_converted_document(amounts, rate):
    assert abs(total(to_net(amounts, rate)) - total(amounts) * rate) <= Decimal("0.005")


@given(LISTS)
def test_every_line_and_every_oere_of_a_document_is_kept(amounts):
    read = read_einvoice(document(amounts), READING)
    assert read.reason is None
    assert len(read.lines) == len(amounts)
    assert abs(total([line["document_amount"] for line in read.lines]) - total(amounts)) <= Decimal("0.00005")
    assert abs(total([line["net_amount"] for line in read.lines]) - total(amounts)) <= Decimal("0.0051")


@given(LISTS, st.decimals("0", "999", places=2))
def test_a_credit_note_cancels_its_invoice(amounts, charge):
    invoice = read_einvoice(document(amounts, charge=charge), READING)
    credit = read_einvoice(document(amounts, "CreditNote", charge=charge), READING)
    for column in ("document_amount", "document_net_amount", "net_amount"):
        assert [line[column] for line in credit.lines] == [-line[column] for line in invoice.lines]
    assert total([line["document_net_amount"] for line in invoice.lines]) == invoice.control["line_sum_amount"] + charge


@given(LISTS, st.decimals("0.02", "999", places=2))
def test_a_wrong_header_is_never_made_to_fit(amounts, wrong):
    read = read_einvoice(document(amounts, header=total(amounts) + wrong), READING)
    assert read.reason.startswith("lines add up to")
    assert abs(total([line["document_amount"] for line in read.lines]) - total(amounts)) <= Decimal("0.00005")


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 3999), st.sampled_from(["", "-", " ", "\u2013"]))
def test_every_possible_number_is_masked_in_text_and_masking_is_idempotent(day, serial, separator):
    number = f"{day:%d%m%y}{separator}{serial:04d}"
    once = MASKER.mask(f"til {number} i dag", "line_text")
    assert once.hit_count == 1
    assert number not in once.text
    assert MASKER.mask(once.text, "line_text") == (once.text, 0)


@given(st.text(max_size=60))
def test_masking_any_text_never_fails_and_is_idempotent(text):
    once = MASKER.mask(text, "line_text")
    assert MASKER.mask(once.text, "line_text") == (once.text, 0)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Kopipapir", "Ærø Færge", "Åben; parentes", 'Sagde "nej"', ""]),
        st.integers(-10_000_000, 10_000_000),
        st.integers(0, 700),
    ),
    min_size=1,
    max_size=30,
)


def ledger_lines(rows):
    """Write rows as a Danish ledger and read them again."""
    text = "Bilagsnummer;Fakturadato;CVR;Leverandør;Tekst;Konto;Omkostningssted;Beløb ekskl. moms\r\n"
    for words, oere, days in rows:
        day = date(2024, 1, 1) + timedelta(days=days)
        quoted = words.replace('"', '""')
        kroner = f"{'-' if oere < 0 else ''}{abs(oere) // 100},{abs(oere) % 100:02d}"
        text += f'B;{day:%d-%m-%Y};99999993;X;"{quoted}";29;1;{kroner}\r\n'
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(text, encoding="utf-8", newline="")
        profile = find_profile("ledger_dk")
        provenance = {"municipality_name": "p", "source_name": "a.csv", "source_hash": "h"}
        file = open_ledger(path, profile)
        tables = ledger_batches(file, profile, MASKER, Rates("DKK"), provenance=provenance, facts=LedgerFacts())
        return [line for table in tables for line in table.to_pylist()]


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_a_ledger_keeps_every_row_every_oere_and_every_letter(rows):
    lines = ledger_lines(rows)
    assert [line["net_amount"] for line in lines] == [Decimal(oere) / 100 for _, oere, _ in rows]
    assert [line["line_text"] or "" for line in lines] == [words for words, _, _ in rows]
    assert len({line["line_id"] for line in lines}) == len(rows)


@settings(max_examples=30, deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_change_their_identities(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert {line["line_id"] for line in ledger_lines(rows)} == {line["line_id"] for line in ledger_lines(shuffled)}


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_splitting_a_ledger_of_distinct_rows_changes_nothing(rows):
    distinct = list(dict.fromkeys(rows))
    halves = [distinct[: len(distinct) // 2], distinct[len(distinct) // 2 :]]
    parts = [line["line_id"] for half in halves if half for line in ledger_lines(half)]
    assert parts == [line["line_id"] for line in ledger_lines(distinct)]
