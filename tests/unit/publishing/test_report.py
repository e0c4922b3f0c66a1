import json
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit import folders, store
from procurement_kit.errors import CheckFailedError, NoDataError, ParameterError, PrivacyError
from procurement_kit.publishing import report
from procurement_kit.publishing.printing import BROWSER_VARIABLE
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.report import refuse_personal, render_report, report_folder, run_record, write_report

WRITTEN = ("20_municipal_report.ipynb", "report.html", "report.pptx", "report.xlsx")


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch):
    """Printing has tests of its own."""
    monkeypatch.setenv(BROWSER_VARIABLE, "none")


@pytest.fixture
def cube(municipality, cube_of):
    """A spend cube of four lines on disk, as `classify` leaves it."""
    line = {"scope_status": "in_scope", "is_addressable": True, "category_source": "rule", "supplier_match": "number"}
    food = {**line, "category_code": "0901", "category_1_code": "09", "category_2_code": "0901"}
    lines = cube_of(
        {**food, "net": "600.00", "supplier_key": "n:1", "supplier_label": "Åløkke Frugt A/S",
         "contract_status": "on_contract", "contract_number": "A-1"},
        {**food, "net": "300.00", "supplier_key": "n:2", "supplier_label": "Bager & Søn ApS",
         "contract_status": "wrong_supplier", "contract_number": "A-1", "unit_name": "Skolevangen"},
        {**line, "net": "100.00", "supplier_key": "n:3", "supplier_label": "=Tredje", "category_source": "unclassified",
         "contract_status": "undecidable"},
        {"net": "400.00", "scope_status": "public_payment", "is_addressable": False, "category_source": "scope",
         "contract_status": "out_of_scope", "invoice_date": date(2025, 5, 1)},
    )  # fmt: skip
    store.write_dataset(municipality, municipality.folder / "cube" / "lines", lines)
    step = {"line_count": 4, "amount_count": 4, "net_amount": "1400.00"}
    record = {"fingerprint": "x", "steps": {"intake": step, "contracts": step}, "caveats": {}}
    folders.write_text(municipality.folder / "cube" / "cube.json", json.dumps(record))
    return municipality


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_report_by_hand_lies_in_the_periods_folder(municipality, findings):
    path = write_report(municipality, "2025", findings)
    assert path == municipality.folder / "reports" / "2025" / "report.html"
    assert names(path.parent) == ["findings", "report.html", "report.pptx", "report.xlsx"]
    assert "Prøveby Kommune · 2025" in path.read_text(encoding="utf-8")
    sheets = openpyxl.load_workbook(path.parent / "report.xlsx").sheetnames
    assert {"Alle grupper", "Alle leverandører"} <= set(sheets)


def test_the_runner_names_the_folder(municipality, tmp_path, monkeypatch):
    monkeypatch.setenv(report.FOLDER_VARIABLE, str(tmp_path / "her"))
    assert report_folder(municipality, "2025") == tmp_path / "her"


def test_a_report_in_english_by_setting(data_home, findings):
    town = store.create_municipality("english", title="Test Council", language="en", currency="GBP")
    html = write_report(town, "2025", findings).read_text(encoding="utf-8").replace("\u00a0", " ")
    assert '<html lang="en">' in html
    assert "buys for GBP 1.0m" in html
    assert "kr." not in html


def test_findings_that_do_not_add_up_are_refused_by_name(municipality, findings, failing):
    with pytest.raises(CheckFailedError, match=r"spend: by_area sums to analysed \(1 ≠ 2\)"):
        write_report(municipality, "2025", [failing(findings[0]), *findings[1:]])
    assert not (municipality.folder / "reports" / "2025").exists()


def test_a_missing_finding_is_named(municipality, findings):
    with pytest.raises(ParameterError, match="reconciliation"):
        write_report(municipality, "2025", findings[:1])


def test_a_personal_number_never_leaves_the_house(municipality, findings):
    findings[0].tables["top_suppliers"]["supplier_label"] = ["Ole 010190-1234", "B", None]
    with pytest.raises(PrivacyError) as caught:
        write_report(municipality, "2025", findings)
    assert "row 1" in str(caught.value)
    assert "1234" not in str(caught.value)
    assert not (municipality.folder / "reports" / "2025").exists()


@pytest.mark.parametrize("text", ["010190-1234", "0101901234", "cpr 010190", "CPR-ABCDEFGHIJKL"])
def test_numbers_and_tokens_are_found(text):
    with pytest.raises(PrivacyError, match="here"):
        refuse_personal([("here", f"Faktura {text}, marts")])


@pytest.mark.parametrize("text", ["CVR 12345678", "1.234.567 kr.", "5798000000001", "990199-1234", "2025-01-31"])
def test_other_numbers_may_leave(text):
    refuse_personal([("here", text)])


def test_a_rendered_report_is_whole_and_the_same_on_every_run(cube):
    first = render_report(cube, "2025")
    assert names(first) == sorted([*WRITTEN, "findings", "run_record.json"])
    contents = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    again = render_report(cube, "2025")
    assert again == first
    assert {path for path in again.rglob("*") if path.is_file()} == set(contents)
    for path, content in contents.items():
        if path.name != "run_record.json":
            assert path.read_bytes() == content, path.name
    assert str(cube.folder).encode() not in b"".join(contents[first / name] for name in WRITTEN[:2])
    html = contents[first / "report.html"].decode("utf-8")
    assert not [word for word in ("Traceback", "Warning", "import procurement_kit") if word in html]
    assert (cube.folder / "snapshots" / "2025" / "snapshot.json").is_file()
    assert not (cube.folder / "report_failed" / "2025" / "20_municipal_report.ipynb").exists()
    check_record(json.loads((again / "run_record.json").read_text(encoding="utf-8")))


def check_record(record):
    assert record["period"] == "2025"
    assert record["steps"]["intake"]["net_amount"] == "1400.00"
    assert record["settings"]["language"] == "da"
    assert "privacy_key" not in record["settings"]
    assert {name for name in record["outputs"] if not name.startswith("findings/")} == set(WRITTEN)
    assert "findings/spend.by_area.parquet" in record["outputs"]
    assert "no browser is found" in record["notes"][0]
    assert len(record["inputs"]["municipality.toml"]) == 64
    assert record["versions"]["procurement_kit"]


def test_a_run_that_fails_leaves_the_old_report(cube):
    old = cube.folder / "reports" / "2020"
    old.mkdir(parents=True)
    (old / "report.html").write_text("old", encoding="utf-8")
    with pytest.raises(NoDataError):
        render_report(cube, "2020")
    assert names(old) == ["report.html"]
    kept = (cube.folder / "report_failed" / "2020" / "20_municipal_report.ipynb").read_text(encoding="utf-8")
    assert "stopped before its end" in kept
    assert "There is no invoice line in the period 2020" in kept
    assert names(cube.folder / "pending") == []


def test_the_record_says_what_the_classifier_knows(cube, tmp_path):
    folder = cube.folder / "classifier"
    folder.mkdir(exist_ok=True)
    (folder / "card.json").write_text('{"classes": 9}', encoding="utf-8")
    from datetime import UTC, datetime

    record = run_record(cube, "2025", read_recipe("municipal_report"), tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    assert record["classifier"] == {"classes": 9}
    assert report.read_card(cube) == {"classes": 9}
    assert Decimal(record["settings"]["tail_amount_limit"]) == 50000


def test_without_a_classifier_the_card_is_empty(municipality):
    assert report.read_card(municipality) == {}
