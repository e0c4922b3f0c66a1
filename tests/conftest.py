"""Fixtures shared by all tests: a fresh data folder, a municipality, and invoice lines written as small rows."""

import gc
import os
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
LINE_DEFAULTS = {
    "municipality_name": "prøveby",
    "source_kind": "ledger",
    "document_type": "posting",
    "document_currency": "DKK",
    "invoice_date": date(2025, 3, 1),
    "supplier_kind": "company",
    "is_copy": False,
    "is_free_of_charge": False,
    "privacy_level": 0,
    "privacy_hit_count": 0,
}


def pytest_xdist_make_scheduler(config, log):
    """The tests of a file run in one process, and all files that read the demo in the same one: it is made once."""
    from xdist.scheduler import LoadFileScheduling

    class OneDemo(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "the demo" if reads_demo(PROJECT / file) else file

    return OneDemo(config, log)


def pytest_collection_finish():
    """What is loaded by now stays; looking through it for garbage again and again costs an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)


@cache
def reads_demo(file: Path) -> bool:
    """Whether tests of a file ask for the demo run."""
    return file.is_file() and any(name in file.read_text(encoding="utf-8") for name in ("demo_run", "demo_seen"))


@pytest.fixture(scope="session")
def project():
    """The project's root folder."""
    return PROJECT


@dataclass(frozen=True)
class DemoRun:
    """The demo municipality after one whole run: where it lies, what the run said, and the environment to see it."""

    folder: Path
    outcome: object
    environment: dict[str, str]


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory):
    """One whole run of the demo, shared by all tests that only read it."""
    from procurement_kit.workshop.demo import run_demo

    home = tmp_path_factory.mktemp("demo")
    environment = {"PROCUREMENT_DATA": str(home / "data"), "PROCUREMENT_KEYS": str(home / "keys")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        outcome = run_demo()
    return DemoRun(home / "data" / "demo", outcome, environment)


@pytest.fixture
def demo_seen(demo_run, monkeypatch):
    """The demo run with its data folder in sight."""
    for name, value in demo_run.environment.items():
        monkeypatch.setenv(name, value)
    return demo_run


@pytest.fixture
def data_home(tmp_path, monkeypatch):
    """An empty data folder and key folder of its own."""
    monkeypatch.setenv("PROCUREMENT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PROCUREMENT_KEYS", str(tmp_path / "keys"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def municipality(data_home):
    """A fresh municipality named «prøveby» whose key is known."""
    from procurement_kit.keys import write_key
    from procurement_kit.store import create_municipality

    write_key("test-key", b"0" * 32)
    return create_municipality("prøveby", title="Prøveby Kommune", privacy_key="test-key")


@pytest.fixture(scope="module")
def lasting_municipality(tmp_path_factory):
    """As `municipality`, but one for all tests of a module: for what is dear to make."""
    from procurement_kit.keys import write_key
    from procurement_kit.store import create_municipality

    home = tmp_path_factory.mktemp("lasting")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", str(home / "data"))
        patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
        (home / "data").mkdir()
        write_key("test-key", b"0" * 32)
        yield create_municipality("prøveby", title="Prøveby Kommune", privacy_key="test-key")


def complete_lines(rows: list[dict]) -> list[dict]:
    """Fill rows with the defaults of an ordinary ledger line; `net` may be given as a text such as "100.00"."""
    lines = []
    for number, row in enumerate(rows, start=1):
        line = {**LINE_DEFAULTS, "line_id": f"L{number:04d}", "document_id": f"D{number:04d}", **row}
        line.setdefault("document_number", line["document_id"])
        amount = line.pop("net", line.get("net_amount"))
        if amount is not None:
            line["net_amount"] = Decimal(amount)
            line.setdefault("document_amount", Decimal(amount))
            line.setdefault("document_net_amount", Decimal(amount))
        lines.append(line)
    return lines


@pytest.fixture
def lines_of():
    """Make an Ibis table of invoice lines, with the columns intake adds, from a few words per line."""
    from procurement_kit.store import table_of
    from procurement_kit.tables import INVOICE_LINES

    def make(*rows: dict):
        return table_of(complete_lines(list(rows)), INVOICE_LINES.schema("intake"))

    return make


@pytest.fixture
def cube_of():
    """Make an Ibis table with all columns of the spend cube from a few words per line."""
    from procurement_kit.store import table_of
    from procurement_kit.tables import INVOICE_LINES

    def make(*rows: dict):
        return table_of(complete_lines(list(rows)), INVOICE_LINES.schema())

    return make


@pytest.fixture
def raw_workbook(tmp_path):
    """Write a workbook from the XML inside `<sheetData>`, or from whole parts: what no program would write."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    kinds = {"worksheets/sheet1.xml": "worksheet", "sharedStrings.xml": "sharedStrings"}
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{part}"/>'
        for n, (part, kind) in enumerate(kinds.items(), start=1)
    )
    usual = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Poster" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{related}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}"><si><t>delt</t></si></sst>',
    }

    def write(data: str = "", *, name: str = "raw.xlsx", parts: dict[str, str | bytes] | None = None) -> Path:
        sheet = f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>'
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in (usual | {"xl/worksheets/sheet1.xml": sheet} | (parts or {})).items():
                archive.writestr(part, content)
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real data; the test is skipped with a reason where it is not there."""
    folder = Path(os.environ.get("PROCUREMENT_SHARED", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real data not found: set PROCUREMENT_SHARED to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def digits_in():
    """Look through every file of a folder for a number's digits, however written: where they stand, names included."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def holds(text: str, digits: str) -> bool:
        return digits in "".join(filter(str.isdecimal, text))

    def places(path: Path, digits: str) -> list[str]:
        if path.suffix != ".parquet":
            text = path.read_bytes().decode("utf-8", errors="replace")
            return [path.name] if holds(text, digits) else []
        table = pq.read_table(path)
        texts = {name: table[name].cast(pa.string()).unique().to_pylist() for name in table.schema.names}
        return [f"{path.name}, {name}" for name, cells in texts.items() if any(holds(c or "", digits) for c in cells)]

    def look(folder: Path, digits: str) -> list[str]:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        names = ["a name" for path in paths if holds(path.relative_to(folder).as_posix(), digits)]
        return [where for path in paths for where in places(path, digits)] + names

    return look
