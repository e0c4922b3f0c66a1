"""The contract register's command: what it says, what it takes in, and how what it lacks is confirmed."""

import json
from datetime import date

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from procurement_kit import agreements
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.contract_tables import CONTRACTS
from procurement_kit.decision_log import read_decision_log
from procurement_kit.dialogue.contract_workbook import read_contract_details, write_contract_details
from procurement_kit.dialogue.register_file import put_contracts
from procurement_kit.errors import ParameterError, TableError
from procurement_kit.steps.contract_details import propose_contract_details
from procurement_kit.steps.contract_register import read_contracts
from procurement_kit.templates import read_template

HEADER = "Aftalenummer;Delaftale;Titel;Kategorier;CVR-nummer;Leverandør;Gælder fra;Gælder til;Egne noter\n"
ROWS = (
    "K-1;;Papir;1801;12345678;Papirhuset A/S;01-01-2024;31-12-2025;ring i maj\n"
    "K-2;;Kontor;18;;Papirhuset A/S;01-01-2025;31-12-2026;\n"
    "K-3;;Gammel;;;Blækhuset;01-01-2020;31-12-2021;\n"
    "K-4;;Ny;1802;22345678;Møbelhuset;01-01-2027;31-12-2028;\n"
    "K-5;;Løbende;1802;32345678;Stolehuset;01-01-2023;;\n"
)
PUBLISHED = "contract_id,title,supplier_name_raw,value,start_date,end_date,raw\n"
TODAY = date(2025, 6, 1)


@pytest.fixture
def register(municipality):
    (municipality.folder / "contracts.csv").write_text(HEADER + ROWS, "utf-8")
    return municipality


@pytest.fixture
def published(tmp_path):
    def write(*rows: str):
        path = tmp_path / "published.csv"
        path.write_text(PUBLISHED + "".join(f"{row},\n" for row in rows), "utf-8")
        return path

    return write


def rows_of(municipality) -> list[dict]:
    return read_template(municipality.folder / "contracts.csv", CONTRACTS).to_pylist()


# --- the state ------------------------------------------------------------------------------------------------------


def test_the_state_of_the_register(register):
    outcome = agreements.show_register(register.name, today=TODAY)
    facts = outcome.facts
    assert facts["contracts"] == 5
    assert (facts["in_force"], facts["expiring"]) == (["K-1", "K-2", "K-5"], ["K-1"])
    assert facts["without_last_day"] == ["K-5"]
    assert (facts["expired"], facts["not_begun"]) == (["K-3"], ["K-4"])
    assert (facts["without_categories"], facts["without_company_number"]) == (["K-3"], ["K-2", "K-3"])
    assert [(row["contract_number"], row["other_number"]) for row in facts["overlaps"]] == [("K-1", "K-2")]
    assert facts["overlaps"][0]["category_codes"] == ["1801"]
    assert facts["suppliers_that_never_occur"] is None
    assert "5 contracts in 5 rows: 3 in force on 2025-06-01" in outcome.sentences[0]
    json.dumps(facts)


def test_without_a_register_it_says_what_to_do(municipality):
    assert "--import FILE --profile P" in agreements.show_register(municipality.name).sentences[0]


def test_all_problems_are_said_at_once(municipality):
    bad = "K-1;;Papir;9x;1;Papirhuset;31-12-2025;01-01-2025;\n"
    (municipality.folder / "contracts.csv").write_text(HEADER + bad, "utf-8")
    with pytest.raises(TableError) as refused:
        agreements.show_register(municipality.name)
    assert len(refused.value.problems) == 3


def test_the_state_of_the_demo_knows_which_suppliers_occur(demo_seen):
    facts = agreements.show_register("demo", today=TODAY).facts
    assert facts["contracts"] > 5
    assert facts["suppliers_that_never_occur"] is not None
    assert set(facts["in_force"]) | set(facts["expired"]) | set(facts["not_begun"]) == {
        row["contract_number"] for row in rows_of_demo(demo_seen)
    }


def rows_of_demo(demo_seen) -> list[dict]:
    return read_template(demo_seen.folder / "contracts.csv", CONTRACTS).to_pylist()


# --- a published register -------------------------------------------------------------------------------------------


def test_a_published_register_is_taken_in_and_bad_rows_are_held_back_with_every_reason(municipality, published):
    path = published(
        "7,Paper,Papirhuset,5.5,2024-01-01,2025-01-01",
        "8,Ink,Blæk,,2025-01-01,2024-01-01",
        "9,,,,2025-01-01,whenever",
        "7,Paper again,PAPIRHUSET A/S,,2024-01-01,2025-01-01",
    )
    outcome = agreements.import_register(municipality.name, path, profile="published_register")
    assert (outcome.facts["rows_read"], outcome.facts["taken"], outcome.facts["added"]) == (4, 1, 1)
    held = {row["row"]: row["reasons"] for row in outcome.facts["held_back"]}
    assert held[3] == ["Gælder til lies before Gælder fra."]
    assert len(held[4]) == 3
    assert held[5] == ["stands in row 2 already"]
    assert [row["contract_number"] for row in rows_of(municipality)] == ["7"]
    assert any("3 rows held back" in said for said in outcome.sentences)


def test_the_same_register_again_changes_nothing(municipality, published):
    path = published("7,Paper,Papirhuset,5.5,2024-01-01,2025-01-01")
    agreements.import_register(municipality.name, path, profile="published_register")
    before = (municipality.folder / "contracts.csv").read_bytes()
    facts = agreements.import_register(municipality.name, path, profile="published_register").facts
    assert (facts["added"], facts["changed"], facts["unchanged"], facts["written"]) == (0, [], 1, False)
    assert (municipality.folder / "contracts.csv").read_bytes() == before


def test_what_would_change_is_said_before_anything_is_written(register, published):
    path = published("K-1,Papir,Papirhuset A/S,5.5,2024-01-01,2026-06-30", "K-9,Ny,Andre,,2024-01-01,2026-06-30")
    before = (register.folder / "contracts.csv").read_bytes()
    outcome = agreements.import_register(register.name, path, profile="published_register")
    assert (register.folder / "contracts.csv").read_bytes() == before
    assert outcome.facts["written"] is False
    (change,) = outcome.facts["changed"]
    assert change.startswith("K-1 · Papirhuset A/S: ")
    assert "«Gælder til» 31-12-2025 → 30-06-2026" in change
    assert outcome.sentences[0].startswith("Nothing was written yet")
    assert any(said.endswith("--yes") for said in outcome.sentences)


def test_agreed_changes_are_written_and_all_else_is_kept(register, published):
    path = published("K-1,Papir,Papirhuset A/S,5.5,2024-01-01,2026-06-30", "K-9,Ny,Andre,,2024-01-01,2026-06-30")
    outcome = agreements.import_register(register.name, path, profile="published_register", is_told=True)
    assert (outcome.facts["written"], outcome.facts["kept"]) == (True, 4)
    rows = {row["contract_number"]: row for row in rows_of(register)}
    assert rows["K-1"]["valid_to_date"] == date(2026, 6, 30)
    assert (rows["K-1"]["category_codes"], rows["K-1"]["supplier_number"]) == ("1801", "12345678")
    assert list(rows) == ["K-1", "K-2", "K-3", "K-4", "K-5", "K-9"]
    assert "ring i maj" in (register.folder / "contracts.csv").read_text("utf-8-sig")


def test_a_title_that_excel_would_compute_is_kept_as_text(municipality, published):
    agreements.import_register(
        municipality.name,
        published("7,=1+1,Papirhuset,,2024-01-01,2025-01-01"),
        profile="published_register",
    )
    assert "'=1+1" in (municipality.folder / "contracts.csv").read_text("utf-8-sig")


# --- what is confirmed in Excel -------------------------------------------------------------------------------------


@pytest.fixture
def proposals(register, cube_of):
    names = {"supplier_name": "Blækhuset", "supplier_label": "Blækhuset", "supplier_key": "n:33345678"}
    codes = {"category_code": "1801", "category_1_code": "18", "category_2_code": "1801", "scope_status": "in_scope"}
    cube = cube_of({**names, **codes, "net": "100", "invoice_date": date(2021, 1, 1)})
    tree = standard_tree()
    return propose_contract_details(cube, read_contracts(register, tree), tree)


def filled_in(path, answers: dict[str, dict]) -> None:
    book = load_workbook(path)
    sheet = book.worksheets[0]
    headings = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for heading, value in answers.get(sheet.cell(row, headings["Aftalenummer"]).value, {}).items():
            sheet.cell(row, headings[heading]).value = value
    book.save(path)


def test_proposals_go_out_and_confirmed_ones_come_back(register, proposals, tmp_path):
    path = write_contract_details(register, proposals, tmp_path / "bekraeft.xlsx")
    filled_in(path, {"K-3": {"Godkendt": "Ja"}, "K-2": {"Godkendt": "nej"}})
    outcome = agreements.read_confirmed(register.name, path, by="indkøbskonsulent")
    assert (outcome.facts["confirmed"], outcome.facts["declined"], outcome.facts["refused"]) == (1, 1, [])
    rows = {row["contract_number"]: row for row in rows_of(register)}
    assert (rows["K-3"]["category_codes"], rows["K-3"]["supplier_number"]) == ("1801", "33345678")
    assert rows["K-2"]["supplier_number"] is None
    (logged,) = read_decision_log(register).to_pylist()
    assert (logged["decided_by"], logged["decision_kind"]) == ("indkøbskonsulent", "other")


def test_bad_rows_come_back_with_every_reason(register, proposals, tmp_path):
    path = write_contract_details(register, proposals, tmp_path / "bekraeft.xlsx")
    bad = {"Godkendt": "ja", "Kategorier": "1801 9x", "CVR-nummer": "12"}
    filled_in(path, {"K-3": bad, "K-2": {"Godkendt": "måske"}})
    found = read_contract_details(register, path)
    assert found.rows == ()
    assert [problem.split(":")[0].split(", ")[1] for problem in found.refused] == ["K-3", "K-3", "K-2"]
    assert "«måske» is neither yes nor no" in found.refused[2]


def test_rows_nobody_has_answered_and_empty_confirmations_change_nothing(register, proposals, tmp_path):
    path = write_contract_details(register, proposals, tmp_path / "bekraeft.xlsx")
    filled_in(path, {"K-3": {"Godkendt": "ja", "Kategorier": None, "CVR-nummer": None}})
    before = (register.folder / "contracts.csv").read_bytes()
    outcome = agreements.read_confirmed(register.name, path, by="indkøb")
    assert (outcome.facts["unanswered"], outcome.facts["confirmed"]) == (1, 0)
    assert "neither category nor CVR-nummer" in outcome.facts["refused"][0]
    assert (register.folder / "contracts.csv").read_bytes() == before


def test_a_contract_that_is_gone_is_refused(register, proposals, tmp_path):
    path = write_contract_details(register, proposals, tmp_path / "bekraeft.xlsx")
    filled_in(path, {"K-3": {"Godkendt": "ja"}})
    (register.folder / "contracts.csv").write_text(HEADER + ROWS.replace("K-3", "K-6"), "utf-8")
    outcome = agreements.read_confirmed(register.name, path, by="indkøb")
    assert outcome.facts["refused"] == ["K-3: is not in contracts.csv any more"]


def test_an_english_workbook_is_read_back_too(register, proposals, tmp_path):
    from dataclasses import replace

    path = write_contract_details(replace(register, language="en"), proposals, tmp_path / "confirm.xlsx")
    sheet = load_workbook(path).worksheets[0]
    assert "Confirmed" in [cell.value for cell in sheet[1]]
    sold = next(cell.value for cell in sheet[2] if str(cell.value).startswith("1801 "))
    assert sold.endswith("of what the supplier sells; the supplier has 100% of the category")
    assert read_contract_details(register, path).unanswered_count == 2


def test_who_confirms_is_a_function(register, tmp_path):
    with pytest.raises(ParameterError, match="not a function"):
        agreements.read_confirmed(register.name, tmp_path / "x.xlsx", by="Petra Prøve")


def test_proposing_on_the_demo_says_that_nothing_is_lacking_or_writes_the_workbook(demo_seen, tmp_path):
    outcome = agreements.propose("demo", tmp_path / "bekraeft.xlsx")
    assert outcome.facts["rows"] == 0 or (tmp_path / "bekraeft.xlsx").is_file()


def test_a_row_that_is_known_by_lot_and_supplier_is_not_added_twice(register):
    row = rows_of(register)[0] | {"lot_number": "2"}
    assert put_contracts(register, [row], is_told=True).added == ("K-1 · 2 · Papirhuset A/S",)
    again = put_contracts(register, [row | {"supplier_name": "PAPIRHUSET"}], is_told=True)
    assert (again.added, again.same_count) == ((), 1)


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_shows_the_state(register):
    from procurement_kit.__main__ import app

    done = CliRunner().invoke(app, ["contracts", register.name, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["contracts"] == 5


@pytest.mark.parametrize(
    "words",
    [["--import", "a.csv"], ["--read", "a.xlsx"], ["--profile", "p"], ["--propose", "a", "--read", "b", "--by", "x"]],
)
def test_the_command_says_what_belongs_together(register, words):
    from procurement_kit.__main__ import app

    done = CliRunner().invoke(app, ["contracts", register.name, *words])
    assert isinstance(done.exception, ParameterError)
