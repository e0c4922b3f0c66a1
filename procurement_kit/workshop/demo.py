"""How does the whole job run on the invented municipality: files, import, training, classification, report?

Each stage is skipped when nothing it reads has changed. The privacy key is fixed and no secret: nobody real is in the
data, and with a fixed key two runs give the same bytes.
"""

import hashlib
import time
from collections.abc import Callable

from procurement_kit.findings import Outcome
from procurement_kit.keys import key_path, read_key, write_key
from procurement_kit.plurals import so_many
from procurement_kit.progress import progress_bar
from procurement_kit.settings import Municipality
from procurement_kit.store import create_municipality
from procurement_kit.workshop.demo_files import EINVOICE_FOLDER, LEDGER_FILES, are_files_current, write_demo_files
from procurement_kit.workshop.invented import MUNICIPALITY_NAME, MUNICIPALITY_TITLE

DEMO_KEY = hashlib.sha256(b"Nobody real is in the demo data, so this key is no secret.").digest()
LEDGER_PROFILE = "ledger_dk"
REPORT_PERIOD = "2025"
UNCHANGED = "unchanged, skipped"


def open_demo() -> Municipality:
    """Open the invented municipality's folder; make it and its fixed key where they are not there.

    Raises
    ------
    ParameterError, SettingsError
        If the folder cannot be made or its settings cannot be used.
    """
    if not key_path(MUNICIPALITY_NAME).is_file() or read_key(MUNICIPALITY_NAME) != DEMO_KEY:
        write_key(MUNICIPALITY_NAME, DEMO_KEY)
    return create_municipality(MUNICIPALITY_NAME, title=MUNICIPALITY_TITLE, privacy_key=MUNICIPALITY_NAME)


def run_demo() -> Outcome:
    """Do the whole job on an invented municipality.

    Returns
    -------
    Outcome
        Facts and sentences of every stage: files, import, train, classify, report; and the seconds each took.

    Raises
    ------
    ProcurementError
        As the stages raise them.
    """
    facts: dict = {"municipality": MUNICIPALITY_NAME}
    sentences: list[str] = []
    municipality = open_demo()
    stages = _stages(municipality)
    with progress_bar("demo", unit="stage", total=len(stages)) as progress:
        for name, run in stages:
            progress.set_postfix_str(name)
            started = time.perf_counter()
            outcome = run()
            facts[name] = dict(outcome.facts) | {"seconds": round(time.perf_counter() - started, 1)}
            sentences += outcome.sentences
            progress.update()
    return Outcome(facts, tuple(sentences))


def _stages(municipality: Municipality) -> list[tuple[str, Callable[[], Outcome]]]:
    from procurement_kit import deliveries, learning, workbench

    name, inbox = municipality.name, municipality.folder / "inbox"
    paths = [inbox / EINVOICE_FOLDER, *(inbox / file for file in LEDGER_FILES)]
    return [
        ("files", lambda: _make_files(municipality)),
        ("import", lambda: deliveries.import_into(name, paths, profiles=[LEDGER_PROFILE])),
        ("train", lambda: learning.train(name)),
        ("classify", lambda: workbench.classify(name)),
        ("report", lambda: workbench.make_report(name, REPORT_PERIOD)),
    ]


def _make_files(municipality: Municipality) -> Outcome:
    was_current = are_files_current(municipality)
    truth = write_demo_files(municipality)
    einvoices = sum(1 for _ in (municipality.folder / "inbox" / EINVOICE_FOLDER).glob("*.xml"))
    facts = {
        "einvoices": einvoices,
        "ledger_files": len(LEDGER_FILES),
        "lines_written": len(truth.lines),
        "unchanged": was_current,
    }
    files = f"{so_many(einvoices, 'e-invoice')} and {so_many(len(LEDGER_FILES), 'ledger file')}"
    what = f"{files} of {MUNICIPALITY_TITLE}, all invented"
    return Outcome(facts, (f"Files: {what}{f'; {UNCHANGED}' if was_current else ''}.",))
