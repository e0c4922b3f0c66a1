"""Whatever the amounts, intake keeps every line and every øre."""

import os
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from procurement_kit import store
from procurement_kit.errors import FileFormatError
from procurement_kit.intake.einvoices import Reading, read_einvoice
from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.load import import_files
from procurement_kit.intake.money import Rates, round_to_sum, share, to_net, total
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.profiles import find_profile
from procurement_kit.intake.taken_back import list_duplicates, take_back

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


# --- the book-keeping of imports, against a plain model ---------------------------------------------------------------

# number, amount, UUID, is it a copy, and what is wrong with it
DOCUMENTS = (
    ("F-1", 100, "", False, ""),
    ("F-1", 50, "", False, ""),
    ("F-1", 101, "", True, ""),
    ("F-2", 100, "U", False, ""),
    ("F-3", 100, "U", False, ""),
    ("F-3", 70, "U", False, ""),
    ("F-5", 100, "", False, ""),
    ("F-6", 30, "", False, "sum"),
    ("", 0, "", False, "unreadable"),
)
POSTINGS = (("F-1", 100), ("F-5", 60), ("F-5", 40), ("F-8", 10), ("F-8", 20), ("F-9", None))  # None cannot be read
XML_NAMES, ZIP_NAMES, CSV_NAMES = ("a.xml", "b.xml"), ("y.zip", "z.zip"), ("p.csv", "q.csv", "r.csv")
UNREADABLE = "unreadable"
HEADINGS = "Bilagsnummer;Fakturanummer;Fakturadato;CVR;Leverandør;Tekst;Konto;Omkostningssted;Beløb ekskl. moms"


def written_document(number, amount, uuid, is_copy, wrong):
    """An e-invoice of the little world as bytes."""
    if wrong == UNREADABLE:
        return b"<a>"
    content = document([Decimal(amount)], header=Decimal(amount) + (1 if wrong else 0)).replace(b"F-1", number.encode())
    party = (
        b"<cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity>"
        b"<cbc:RegistrationName>Eksempel A/S</cbc:RegistrationName>"
        b'<cbc:CompanyID schemeID="DK:CVR">DK99999993</cbc:CompanyID></cac:PartyLegalEntity></cac:Party>'
        b"</cac:AccountingSupplierParty>"
    )
    marks = (f"<cbc:UUID>{uuid}</cbc:UUID>" if uuid else "") + (
        "<cbc:CopyIndicator>true</cbc:CopyIndicator>" if is_copy else ""
    )
    content = content.replace(b"<cbc:IssueDate>", marks.encode() + b"<cbc:IssueDate>")
    return content.replace(b"<cac:LegalMonetaryTotal>", party + b"<cac:LegalMonetaryTotal>")


@dataclass(frozen=True)
class Content:
    """What a file holds: documents of the little world, or postings; None is a file that cannot be read."""

    kind: str
    holds: tuple[int, ...] | None

    def as_bytes(self, place=0):
        if self.kind == "xml":
            return written_document(*DOCUMENTS[self.holds[0]]) + b"\n" * place
        if self.kind == "zip":
            return b"PK" if self.holds is None else self._zip()
        if self.holds is None:
            return f'{HEADINGS}\r\nB-1;F-1;"open\r\n'.encode()
        rows = [POSTINGS[n] for n in self.holds]
        text = [f"B-1;{number};31-01-2025;99999993;Eksempel A/S;x;29;1;{amount or 'ti'},00" for number, amount in rows]
        return "\r\n".join([HEADINGS, *text, ""]).encode()

    def _zip(self):
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for place, number in enumerate(self.holds):
                name = zipfile.ZipInfo(f"{place}.xml", (2025, 1, 1, 0, 0, 0))
                archive.writestr(name, written_document(*DOCUMENTS[number]))
        return out.getvalue()


@dataclass
class ModelFile:
    """A file as the model remembers it: what it holds, the name it was read under, and the names it stands under."""

    content: Content
    read_as: str
    names: set[str]
    order: int

    def documents(self):
        """Documents with the name they are read under."""
        if self.content.holds is None or self.content.kind == "csv":
            return []
        if self.content.kind == "xml":
            return [(self.read_as, DOCUMENTS[self.content.holds[0]])]
        return [(f"{self.read_as}/{n}.xml", DOCUMENTS[number]) for n, number in enumerate(self.content.holds)]

    def rows(self):
        """Postings with how many times each has occurred in the file."""
        if self.content.kind != "csv" or self.content.holds is None:
            return []
        seen = Counter()
        found = []
        for number in self.content.holds:
            seen[number] += 1
            found.append((POSTINGS[number], (number, seen[number])))
        return found

    @property
    def has_lines(self):
        return bool(self.rows()) or any(document[4] != UNREADABLE for _, document in self.documents())


class Model:
    """What must count after each step, in plain Python."""

    def __init__(self):
        self.files: dict[Content, ModelFile] = {}
        self.kept: set[tuple] = set()
        self.order = 0

    def deliver(self, delivered: dict[str, Content]) -> bool:
        """Take files in; returns whether they are refused as a whole."""
        rank = {"xml": 0, "zip": 1, "csv": 2}
        ordered = sorted(delivered.items(), key=lambda item: (rank[item[1].kind], item[0]))
        is_unread = {c for c in delivered.values() if c.kind == "csv" and c.holds is None}
        if len(delivered) == 1 and is_unread:
            return True
        names: dict[Content, set[str]] = {}
        new = {}
        for name, content in ordered:
            names.setdefault(content, set()).add(name)
            if content not in self.files and content not in new:
                self.order += 1
                new[content] = ModelFile(content, name, set(), self.order)
        taken = {name for name, content in delivered.items() if content not in new or new[content].has_lines}
        taken -= {name for name, content in delivered.items() if content in is_unread}
        for content, file in list(self.files.items()):
            if content not in names:
                file.names -= taken
                if not file.names:
                    del self.files[content]
        self.files |= new
        for content, stands in names.items():
            self.files[content].names = stands
        return False

    def settled(self):
        """Per line: file, name, amount, what became of it, and the document it belongs to."""
        documents, lines = [], []
        for file in sorted(self.files.values(), key=lambda file: file.order):
            documents += [(file, name, facts) for name, facts in file.documents()]
        lines += [(file, name, facts[1], "held_back", None) for file, name, facts in documents if facts[4] == "sum"]
        good = [found for found in documents if not found[2][4]]
        good.sort(key=lambda found: found[2][3])
        counting, numbers, uuids, ids = [], set(), set(), set()
        for file, name, (number, amount, uuid, is_copy, _) in good:
            key = ("xml", number, amount)
            repeats = key in ids or (is_copy and number in numbers) or (uuid and (uuid, amount) in uuids)
            if (key, name) in self.kept or not repeats:
                counting.append((file, name, key))
                if (key, name) not in self.kept:
                    ids.add(key)
                    numbers.add(number)
                    uuids |= {(uuid, amount)} if uuid else set()
            else:
                lines.append((file, name, amount, "duplicate", key))
        lines += [(file, name, key[2], "taken", key) for file, name, key in counting]
        return lines + self._ledger_lines(counting)

    def _ledger_lines(self, counting):
        lines, seen, kept_back = [], set(), {key for key, _ in self.kept}
        for file in sorted(self.files.values(), key=lambda file: file.order):
            rows = file.rows()
            for (number, amount), identity in rows:
                key = ("csv", number, 0)
                if amount is None:
                    lines.append((file, file.read_as, amount, "held_back", None))
                else:
                    is_out = identity in seen and (key, file.read_as) not in self.kept
                    lines.append((file, file.read_as, amount, "duplicate" if is_out else "taken", key))
            seen |= {identity for _, identity in rows}
        sums = Counter()
        for _, _, amount, status, key in lines:
            if status == "taken":
                sums[key] += amount
        posted = {
            key
            for key, amount in sums.items()
            if key not in kept_back
            and any(x == ("xml", key[1], amount) and (x, name) not in self.kept for _, name, x in counting)
        }
        return [
            (*line[:3], "duplicate", line[4]) if line[3] == "taken" and line[4] in posted else line for line in lines
        ]


@contextmanager
def a_municipality():
    """A municipality of its own, and a folder to put files in."""
    from procurement_kit.keys import write_key
    from procurement_kit.store import create_municipality

    with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", f"{home}/data")
        patch.setenv("PROCUREMENT_KEYS", f"{home}/keys")
        (Path(home) / "data").mkdir()
        (Path(home) / "inbox").mkdir()
        write_key("test-key", b"0" * 32)
        yield create_municipality("prøveby", privacy_key="test-key"), Path(home) / "inbox"


def imported(municipality, inbox, delivered):
    """Import files; None where the only one is refused."""
    paths = []
    for name, content in delivered.items():
        (inbox / name).write_bytes(content.as_bytes())
        paths.append(inbox / name)
    try:
        return import_files(municipality, paths, profile="ledger_dk")
    except FileFormatError:
        return None


def check(municipality, model):
    """Everything that is stored is what the model says."""
    expected = model.settled()
    lines = store.read_lines(municipality).to_pyarrow().to_pylist()
    aside = store.read_load_dataset(municipality, "set_aside").to_pyarrow().to_pylist()
    found = Counter((line["source_name"], line["net_amount"], "taken") for line in lines)
    found += Counter((line["source_name"], line["net_amount"], line["set_aside_status"]) for line in aside)
    assert found == Counter((name, None if a is None else Decimal(a), status) for _, name, a, status, _ in expected)
    assert len({line["line_id"] for line in lines}) == len(lines)
    check_accounts(municipality, model, lines, aside)


def check_accounts(municipality, model, lines, aside):
    files = [facts for load in store.loads(municipality) for facts in load["sources"]]
    assert len({facts["hash"] for facts in files}) == len(files) == len(model.files)
    assert sorted(sorted(facts["names"]) for facts in files) == sorted(sorted(f.names) for f in model.files.values())
    for facts in files:
        parts = [*facts["by_currency"].values()]
        held = {"taken": [line for line in lines if line["source_hash"] == facts["hash"]]}
        for status in ("held_back", "duplicate"):
            held[status] = [x for x in aside if (x["source_hash"], x["set_aside_status"]) == (facts["hash"], status)]
        held["read"] = [line for part in list(held.values()) for line in part]
        for part, rows in held.items():
            assert sum(int(sums[part]["lines"]) for sums in parts) == len(rows), (facts["name"], part)
            kroner = sum((Decimal(sums[part]["net_amount"]) for sums in parts), Decimal(0))
            assert kroner == sum((row["net_amount"] or 0 for row in rows), Decimal(0)), (facts["name"], part)
        used = {part for part in ("taken", "held_back", "duplicate") if held[part]}
        if facts["kind"] != "ledger" and facts["documents"].get("held_back"):
            used.add("held_back")  # a document that cannot be read has no lines
        expected = {"mixed"} if len(used) > 1 else {"taken": "taken_in"}.get(*used, *used) if used else "held_back"
        assert facts["status"] in expected or not used, facts["name"]


def decide(municipality, model, number):
    """Take back one of the duplicates, or set one aside again."""
    listed = list_duplicates(municipality)
    ours = {
        (key, name) for _, name, _, status, key in model.settled() if status == "duplicate" or (key, name) in model.kept
    }
    assert len(listed) == len(ours)
    if not ours:
        return
    row = listed.sort_values(["document_id", "source_name"]).iloc[number % len(listed)]
    is_xml = not row["source_name"].endswith(".csv")
    key = ("xml", row["document_number"], int(row["amount"])) if is_xml else ("csv", row["document_number"], 0)
    assert ((key, row["source_name"]) in model.kept) == row["is_taken_back"]
    undo = bool(row["is_taken_back"])
    take_back(
        municipality, [row["document_id"]], source_name=row["source_name"], decided_by="økonomi", set_aside_again=undo
    )
    model.kept ^= {(key, row["source_name"])}


XML = st.builds(Content, st.just("xml"), st.tuples(st.integers(0, len(DOCUMENTS) - 1)))
ZIP = st.builds(Content, st.just("zip"), st.none() | st.lists(st.integers(0, 8), min_size=1, max_size=3).map(tuple))
CSV = st.builds(Content, st.just("csv"), st.none() | st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple))
DELIVERIES = st.one_of(
    st.dictionaries(st.sampled_from(CSV_NAMES), CSV, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(XML_NAMES), XML, min_size=1, max_size=2),
    st.tuples(
        st.dictionaries(st.sampled_from(XML_NAMES), XML, max_size=2),
        st.dictionaries(st.sampled_from(ZIP_NAMES), ZIP, max_size=2),
        st.dictionaries(st.sampled_from(CSV_NAMES), CSV, min_size=1, max_size=2),
    ).map(lambda parts: {**parts[0], **parts[1], **parts[2]}),
)
STEPS = st.lists(st.one_of(DELIVERIES, DELIVERIES, st.integers(0, 9)), min_size=2, max_size=5)
EXAMPLES = int(os.environ.get("PROCUREMENT_BOOKKEEPING_EXAMPLES", "8"))


SLOW = {"deadline": None, "suppress_health_check": list(HealthCheck), "phases": (Phase.explicit, Phase.generate)}


@settings(max_examples=EXAMPLES, **SLOW)
@given(STEPS)
def test_whatever_is_delivered_and_decided_what_counts_is_what_a_plain_model_says(steps):
    model = Model()
    with a_municipality() as (municipality, inbox):
        for step in steps:
            if isinstance(step, int):
                decide(municipality, model, step)
            else:
                report = imported(municipality, inbox, step)
                assert model.deliver(step) == (report is None)
                assert report is None or report.closes
            check(municipality, model)
            assert not list((municipality.folder / "pending").glob("new-*"))


@settings(max_examples=max(3, EXAMPLES // 3), **SLOW)
@given(st.lists(DELIVERIES, min_size=2, max_size=4), st.randoms())
def test_neither_order_nor_number_of_imports_changes_what_counts(deliveries, random):
    model = Model()
    with a_municipality() as (municipality, inbox):
        for delivery in deliveries:
            imported(municipality, inbox, delivery)
            model.deliver(delivery)
        stepwise = store.read_lines(municipality).net_amount.sum().to_pyarrow().as_py()
    standing = [(name, file.content) for file in model.files.values() for name in sorted(file.names)]
    standing = [(f"{n}{name}", content) for n, (name, content) in enumerate(standing)]
    random.shuffle(standing)
    with a_municipality() as (municipality, inbox):
        for part in (standing[: len(standing) // 2], standing[len(standing) // 2 :]):
            if part:
                imported(municipality, inbox, dict(part))
        assert store.read_lines(municipality).net_amount.sum().to_pyarrow().as_py() == stepwise
