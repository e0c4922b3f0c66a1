"""What does the whole demo say, does a rerun give the same bytes, and is the report true of what was planted?"""

import json
import shutil
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit import store, workbench
from procurement_kit.exact import records
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.workshop import demo, demo_files

STAGES = ("files", "import", "train", "classify", "report")
BYTES_THAT_STAY = (
    "report.html", "report.xlsx", "report.pptx", "20_municipal_report.ipynb", "findings/spend.by_area.csv",
    "findings/spend.by_area.parquet", "findings/headings.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def truth():
    return demo_files.planted_truth()


@pytest.fixture
def report_folder(demo_run):
    return demo_run.folder / "reports" / "2025"


def test_it_says_in_plain_words_what_was_done_and_where_the_report_lies(demo_run):
    said = "\n".join(demo_run.outcome.sentences)
    for word in (
        "Read 5,",
        "Took in 5,",
        "held back 8",
        "duplicates 5",
        "Masked 7",
        "Learned",
        "spend cube",
        "report.html",
    ):
        assert word in said, word


def test_every_stage_has_its_facts(demo_run):
    facts = demo_run.outcome.facts
    assert set(STAGES) <= set(facts)
    assert facts["import"]["closes"]
    assert facts["train"]["classes"] > 200


def test_a_second_run_skips_what_is_unchanged_and_says_so(demo_seen):
    again = demo.run_demo()
    assert all(again.facts[stage]["unchanged"] for stage in ("files", "train", "classify", "report"))
    assert again.facts["import"]["files_unchanged"] == again.facts["import"]["files"]
    assert sum("nchanged, skipped" in sentence for sentence in again.sentences) == len(STAGES)


def test_a_rerun_gives_the_same_bytes(demo_seen, report_folder, tmp_path):
    before = {name: (report_folder / name).read_bytes() for name in BYTES_THAT_STAY}
    shutil.copytree(report_folder, tmp_path / "kept")
    municipality = store.open_municipality("demo")
    workbench.render_report(municipality, "2025")
    for name, content in before.items():
        assert (report_folder / name).read_bytes() == content, name


def test_only_the_run_record_holds_a_time(report_folder):
    record = json.loads((report_folder / "run_record.json").read_text(encoding="utf-8"))
    assert record["started"] <= record["finished"]
    for name in ("report.html", "20_municipal_report.ipynb"):
        assert record["started"][:16] not in (report_folder / name).read_text(encoding="utf-8")


def test_the_run_record_holds_the_same_lines_and_kroner_after_every_step(report_folder, truth):
    steps = json.loads((report_folder / "run_record.json").read_text(encoding="utf-8"))["steps"]
    assert list(steps) == ["intake", "scope", "units", "suppliers", "categories", "contracts"]
    assert {step["line_count"] for step in steps.values()} == {truth.line_count("taken_in")}
    assert {Decimal(step["net_amount"]) for step in steps.values()} == {truth.amount("taken_in")}


def test_no_person_stands_in_the_report(report_folder):
    from procurement_kit.intake.privacy import count_person_numbers

    html = (report_folder / "report.html").read_text(encoding="utf-8")
    assert "CPR-" not in html
    assert count_person_numbers(html) == 0


def test_areas_are_right_for_nearly_all_kroner(demo_seen, truth):
    known = {(line.source_name, line.source_row): line for line in truth.lines}
    cube = read_cube(store.open_municipality("demo"))
    claimed = cube.filter((cube.scope_status == "in_scope") & cube.category_1_code.notnull())
    rows = records(claimed.select("source_name", "source_row", "category_1_code", "net_amount"))
    right = wrong = Decimal(0)
    for row in rows:
        true = known[row["source_name"], row["source_row"]].category_code[:2]
        if row["category_1_code"] == true:
            right += abs(row["net_amount"])
        else:
            wrong += abs(row["net_amount"])
    assert right > 20 * wrong


def test_the_workbook_has_the_pages_sheets_and_text_stays_text(report_folder):
    book = openpyxl.load_workbook(report_folder / "report.xlsx")
    names = book.sheetnames
    assert names[:2] == ["Forside", "Læsevejledning"]
    assert {"S02", "S03", "S06", "S07", "S08"} <= {name[:3] for name in names}
    assert any(sheet.tables for sheet in book.worksheets)
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 1000
    assert not [cell for cell in cells if cell.data_type == "f"]
