"""Which tables does the step of suppliers join, and are they made again only when something has changed?"""

import pytest

from procurement_kit import store
from procurement_kit.errors import TableError
from procurement_kit.exact import records
from procurement_kit.steps import supplier_identities, suppliers
from procurement_kit.steps.spend_cube import build_cube, cube_fingerprint, read_cube, read_record
from procurement_kit.steps.supplier_identities import (
    OWN_FILES,
    read_pairs,
    supplier_lookups,
    supplier_story,
)
from tests.unit.steps.conftest import LINES, import_lines

DECISIONS = (
    "CVR-nummer A;Leverandør A;CVR-nummer B;Leverandør B;Samme leverandør;Besluttet af (funktion);Dato\n"
    "11111112;Papirhuset A/S;;PAPIRHUSET;nej;indkøb;01-01-2026\n"
)
LINKS = "Art;CVR-nummer fra;CVR-nummer til;Leverandør til;Kilde\ngroup;11111112;99999993;Papirkoncernen;CVR\n"
REGISTER = "CVR-nr.;Navn;Antal ansatte;Hovedbranche;Kommune\n11111112;Papirhuset;20-49;46.65.00 Engros;Ærø Kommune\n"


def made(municipality):
    return supplier_lookups(municipality, store.read_lines(municipality))


def keys(municipality) -> list:
    build_cube(municipality)
    return [row["supplier_key"] for row in records(read_cube(municipality).order_by("line_id"))][:3]


def test_names_are_matched_once_as_long_as_nothing_changes(imported, monkeypatch):
    made(imported)
    monkeypatch.setattr(suppliers, "identify_suppliers", None)
    made(imported)
    with pytest.raises(TypeError):
        import_lines(imported, "second", [{**LINES[0], "line_id": "L0100", "document_id": "D0100"}])
        made(imported)


def test_groups_and_sizes_are_made_again_without_matching_names_again(imported, monkeypatch):
    made(imported)
    monkeypatch.setattr(suppliers, "identify_suppliers", None)
    (imported.folder / "supplier_links.csv").write_text(LINKS, "utf-8")
    (imported.folder / "company_register.csv").write_text(REGISTER, "utf-8")
    found = made(imported)
    assert [row["supplier_group_label"] for row in records(found.groups)] == ["Papirkoncernen"]
    assert [row["supplier_size_class"] for row in records(found.companies)] == ["small"]


@pytest.mark.parametrize("name", OWN_FILES)
def test_whatever_people_write_about_suppliers_changes_the_cubes_fingerprint(imported, name):
    before = cube_fingerprint(imported)
    (imported.folder / name).write_text("x\n", "utf-8")
    assert cube_fingerprint(imported) != before


def test_a_decision_parts_what_bears_the_same_name_and_taking_it_back_joins_it_again(imported):
    joined = keys(imported)
    (imported.folder / "supplier_decisions.csv").write_text(DECISIONS, "utf-8")
    assert keys(imported) == ["n:11111112", "n:22222223", "s:papirhuset"]
    (imported.folder / "supplier_decisions.csv").unlink()
    assert keys(imported) == joined == ["n:11111112", "n:22222223", "n:11111112"]


def test_links_and_register_stand_beside_identity_and_change_no_krone(imported):
    before = keys(imported)
    (imported.folder / "supplier_links.csv").write_text(LINKS, "utf-8")
    (imported.folder / "company_register.csv").write_text(REGISTER, "utf-8")
    assert keys(imported) == before
    line, *_ = records(read_cube(imported).order_by("line_id"))
    assert (line["supplier_group_key"], line["supplier_size_class"]) == ("n:99999993", "small")
    assert (line["supplier_municipality_name"], line["supplier_industry_code"]) == ("Ærø", "466500")
    assert read_record(imported)["steps"]["suppliers"]["net_amount"] == "630.00"


@pytest.mark.parametrize(
    "link",
    [
        "succession;11111112;22222223;;Arkfirmaet;",
        "group;11111112;99999993;;Papirkoncernen;\ngroup;22222223;99999993;;Papirkoncernen;",
        "group;11111112;99999993;;Papirkoncernen;\ngroup;22222223;99999993;01-01-2999;Papirkoncernen;",
    ],
    ids=("who took the firm over", "the same group", "the same group later"),
)
def test_who_is_linked_to_a_contracts_supplier_is_on_contract_from_that_day_until_the_link_is_deleted(imported, link):
    def statuses() -> list:
        build_cube(imported)
        return [row["contract_status"] for row in records(read_cube(imported).order_by("line_id"))][:2]

    path = imported.folder / "supplier_links.csv"
    assert statuses() == ["on_contract", "wrong_supplier"]
    rows = "".join(f"{row}CVR\n" for row in link.splitlines(keepends=False))
    path.write_text(f"Art;CVR-nummer fra;CVR-nummer til;Gælder fra;Leverandør til;Kilde\n{rows}", "utf-8")
    assert statuses() == ["on_contract", "wrong_supplier" if "2999" in link else "on_contract"]
    path.unlink()
    assert statuses() == ["on_contract", "wrong_supplier"]


def test_a_link_that_cannot_be_followed_is_noted_in_the_cubes_record(imported):
    text = "Art;Leverandør fra;CVR-nummer til;Kilde\nsuccession;Papirhuset;11111112;aftalt\n"
    (imported.folder / "supplier_links.csv").write_text(text, "utf-8")
    build_cube(imported)
    noted = read_record(imported)["caveats"]["supplier_links_not_followed"]
    assert noted == ["row 2: Papirhuset → : one supplier already"]


def test_all_problems_of_the_three_tables_are_said_at_once(imported):
    (imported.folder / "supplier_decisions.csv").write_text(DECISIONS.replace(";PAPIRHUSET", ";"), "utf-8")
    (imported.folder / "supplier_links.csv").write_text(LINKS.replace("99999993", "7"), "utf-8")
    (imported.folder / "company_register.csv").write_text(REGISTER.replace("20-49", "mange"), "utf-8")
    with pytest.raises(TableError) as caught:
        made(imported)
    assert [problem.split(",")[0] for problem in caught.value.problems] == list(OWN_FILES)


def test_what_was_joined_is_kept_with_its_evidence(imported):
    made(imported)
    merge, *others = read_pairs(imported, "supplier_merges")
    assert not others
    assert merge["supplier_key"] == "n:11111112"
    assert {merge["left_name"], merge["right_name"]} == {"Papirhuset A/S", "PAPIRHUSET"}
    assert merge["match_evidence"]


def test_the_story_of_a_supplier_tells_its_joinings_and_links(imported):
    (imported.folder / "supplier_links.csv").write_text(LINKS, "utf-8")
    made(imported)
    told = {column: value for column, _, value in supplier_story(imported, "n:11111112")}
    assert "PAPIRHUSET" in told["supplier_merge"]
    assert told["supplier_link"] == "group: 11111112 → Papirkoncernen 99999993; CVR"
    assert supplier_story(imported, "n:22222223") == supplier_story(imported, None) == []


def test_the_register_reads_the_headings_of_an_extract(imported):
    text = "cvrNummer,virksomhedsnavn,intervalKodeAntalAnsatte,kommuneNavn\n11111112,Papirhuset,ANTAL_50_99,ÆRØ\n"
    (imported.folder / "company_register.csv").write_text(text, "utf-8")
    found = records(made(imported).companies)
    assert [(row["supplier_size_class"], row["supplier_municipality_name"]) for row in found] == [("medium", "Ærø")]
    assert supplier_identities.known_suppliers(imported).labels["n:22222223"] == "Arkfirmaet"


def test_every_printed_number_finds_its_supplier(imported):
    made(imported)
    found = supplier_identities.known_suppliers(imported).keys_of_number
    assert found == {"11111112": {"n:11111112"}, "22222223": {"n:22222223"}}
