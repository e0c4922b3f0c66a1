"""What is common to all attacks: sound files beside the hostile one, and a process whose time and memory are measured."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

UBL = "urn:oasis:names:specification:ubl:schema:xsd"
SECONDS, PEAK_MEGABYTES = 5, 1000
PROCESS_SECONDS = 12  # a whole process, start of the interpreter and the engine included, on a busy machine
HEADINGS = "Bilagsnummer;Fakturadato;CVR;Leverandør;Konto;Omkostningssted;Beløb ekskl. moms\r\n"
ROW = "{};01-03-2025;99999993;Prøvefirma;29;1;100,00\r\n"
SOUND_ROWS = 3
IMPORT = """
import json, resource, sys, time
from pathlib import Path
from procurement_kit import store
from procurement_kit.intake.load import import_files
import pyarrow.parquet
wanted = json.load(sys.stdin)
before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
report = import_files(store.open_municipality(wanted["municipality"]), [Path(p) for p in wanted["paths"]], profile="ledger_dk")
after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
seconds = sum(a.ru_utime + a.ru_stime - b.ru_utime - b.ru_stime for a, b in zip(after, before))
status = Path("/proc/self/status")  # its peak starts anew with the process; that of getrusage is the parent's at first
own = after[0].ru_maxrss
if status.exists():
    own = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"seconds": seconds, "megabytes": max(own, after[1].ru_maxrss) // 1024, "report": report.as_dict()}))
"""


def invoice(*, before="", text="Kopipapir", amount="100.00", number="F-1", more=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<Invoice xmlns="{UBL}:Invoice-2" '
        f'xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2">'
        f"<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2025-01-31</cbc:IssueDate>"
        f"<cbc:DocumentCurrencyCode>DKK</cbc:DocumentCurrencyCode>{more}<cac:LegalMonetaryTotal>"
        f"<cbc:LineExtensionAmount>{amount}</cbc:LineExtensionAmount></cac:LegalMonetaryTotal><cac:InvoiceLine>"
        f"<cbc:LineExtensionAmount>{amount}</cbc:LineExtensionAmount>"
        f"<cac:Item><cbc:Name>{text}</cbc:Name></cac:Item></cac:InvoiceLine></Invoice>"
    ).encode()


def ledger(*rows, headings=HEADINGS):
    return (headings + "".join(rows)).encode()


SOUND = {
    "sound.xml": invoice(number="SOUND"),
    "sound.csv": ledger(*(ROW.format(f"S-{n}") for n in range(SOUND_ROWS))),
}


@dataclass(frozen=True)
class Attack:
    """What came of an import with hostile files in it."""

    report: dict
    documents: dict  # name of a file → its control row
    lines: object  # pandas: every line that counts
    set_aside: object

    def reason(self, name):
        """Why a file was held back; it was, it names no path, and it quotes no personal number."""
        row = self.documents[name]
        assert row["document_status"] == "held_back", row
        reason = row["document_reason"]
        assert reason and reason == reason.strip()
        for secret in (str(Path.home()), "tmp", "010190", "Traceback", "root:"):
            assert secret not in reason, reason
        return reason


@pytest.fixture(scope="session")
def texts():
    """Makers of e-invoices and ledgers, for the attack tests to spoil."""
    from types import SimpleNamespace

    return SimpleNamespace(invoice=invoice, ledger=ledger, headings=HEADINGS, row=ROW)


@pytest.fixture
def attack(municipality, tmp_path):
    """Import hostile files together with sound ones: the sound ones must be whole, and the account must close."""
    return lambda files: attacked(municipality, tmp_path / "inbox", files)


@pytest.fixture(scope="module")
def attack_at_once(lasting_municipality, tmp_path_factory):
    """The same for all light attacks of a module: none of them may hide another."""
    return lambda files: attacked(lasting_municipality, tmp_path_factory.mktemp("attack") / "inbox", files)


def attacked(municipality, inbox: Path, files: dict[str, bytes]) -> Attack:
    from procurement_kit.intake.load import import_files

    inbox.mkdir()
    for name, content in {**files, **SOUND}.items():
        (inbox / name).write_bytes(content)
    start = time.process_time()
    report = import_files(municipality, sorted(inbox.iterdir()), profile="ledger_dk").as_dict()
    assert time.process_time() - start < SECONDS
    return outcome(municipality, report)


def outcome(municipality, report):
    """Check that the sound files are whole, and hand on the rest."""
    from procurement_kit import store
    from procurement_kit.analyses.remedies import OTHER, remedy_of

    assert report["closes"]
    lines, aside, documents = (
        store.read_load_dataset(municipality, name).to_pandas() for name in ("lines", "set_aside", "documents")
    )
    for name, count in (("sound.xml", 1), ("sound.csv", SOUND_ROWS)):
        assert (lines["source_name"] == name).sum() == count
        assert not (aside["source_name"] == name).any()
    rows = {row["source_name"]: row for row in documents.to_dict("records")}
    reasons = {row["document_reason"] for row in rows.values() if row["document_status"] == "held_back"}
    assert not {reason for reason in reasons if remedy_of(reason).reason_key.startswith(OTHER)}  # each has a remedy
    return Attack(report, rows, lines[~lines["source_name"].isin(SOUND)], aside)


@pytest.fixture
def measured_attack(municipality, tmp_path):
    """The same in a process of its own: processor time and peak memory are within what is allowed."""

    def run(files: dict[str, bytes]) -> Attack:
        inbox = tmp_path / "inbox"
        inbox.mkdir()
        for name, content in {**files, **SOUND}.items():
            (inbox / name).write_bytes(content)
        wanted = {"municipality": municipality.name, "paths": [str(path) for path in sorted(inbox.iterdir())]}
        done = subprocess.run(
            [sys.executable, "-c", IMPORT],
            input=json.dumps(wanted).encode(),
            capture_output=True,
            timeout=120,
            env=dict(os.environ),
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        found = json.loads(done.stdout)
        assert found["seconds"] < PROCESS_SECONDS, found
        assert found["megabytes"] < PEAK_MEGABYTES, found
        return outcome(municipality, found["report"])

    return run
