"""Third stop: who was really paid?"""

from datetime import date

import ibis
import pytest

from procurement_kit.exact import records
from procurement_kit.steps.suppliers import (
    COMPANY_TYPES,
    GROUP_TYPES,
    add_suppliers,
    distinct_suppliers,
    supplier_lookup,
)
from procurement_kit.store import table_of


@pytest.fixture
def paid(lines_of):
    """Key, label and how it was found, line by line."""

    def run(*rows: dict, decided: tuple[dict, ...] = ()):
        lines = lines_of(*rows)
        lookup = next(supplier_lookup(distinct_suppliers(lines).to_pyarrow().to_batches(), decided))
        table = add_suppliers(lines, ibis.memtable(lookup)).order_by("line_id")
        return [(row["supplier_key"], row["supplier_label"], row["supplier_match"]) for row in records(table)]

    return run


def printed(name: str | None, number: str | None = None, **more) -> dict:
    return {"supplier_name": name, "supplier_number": number, "net": "1.00", **more}


def test_the_company_number_is_the_identity_whatever_name_is_printed(paid):
    assert [found[0] for found in paid(printed("Ærø Færge A/S", "12345678"), printed("AEROE FAERGE", "12345678"))] == [
        "n:12345678",
        "n:12345678",
    ]


def test_spaces_and_country_do_not_make_another_number(paid):
    found = paid(printed("A", "12345678"), printed("A", "12 34 56 78"), printed("A", "DK12345678"))
    assert {key for key, _, _ in found} == {"n:12345678"}


def test_what_does_not_look_like_a_number_is_none(paid):
    found = paid(printed("Firma A", "00000000"), printed("Firma B", "7"), printed("Firma C", "ukendt"))
    assert [match for _, _, match in found] == ["name", "name", "name"]


def test_without_a_number_the_name_is_the_identity_without_legal_form(paid):
    found = paid(printed("Åens Murer ApS"), printed("AAENS MURER"))
    assert found[0][0] == found[1][0] == "s:aaens murer"
    assert found[0][2] == "name"


def test_the_label_is_the_printed_name_with_most_lines(paid):
    found = paid(printed("Blomst A/S", "12345678"), printed("Blomst", "12345678"), printed("Blomst", "12345678"))
    assert {label for _, label, _ in found} == {"Blomst"}


def test_ties_between_labels_are_broken_by_name(paid):
    found = paid(printed("Ø-Blomst", "12345678"), printed("Blomst", "12345678"))
    assert {label for _, label, _ in found} == {"Blomst"}


def test_the_owner_of_a_firm_is_not_in_its_label(paid):
    assert paid(printed("Havnens Murer v/ Ejeren", "12345678"))[0][1] == "Havnens Murer"


def test_a_number_without_any_name_is_its_own_label(paid):
    assert paid(printed(None, "12345678")) == [("n:12345678", "12345678", "number")]


def test_a_name_without_number_joins_the_one_number_that_bears_it(paid):
    found = paid(printed("Blomst A/S", "12345678"), printed("BLOMST"))
    assert found[1] == ("n:12345678", "BLOMST", "name")


def test_a_name_borne_by_several_numbers_joins_none_of_them(paid):
    found = paid(printed("Blomst", "12345678"), printed("Blomst", "87654321"), printed("Blomst ApS"))
    assert found[2][0] == "s:blomst"


def test_persons_are_known_by_their_token_and_never_by_name(paid):
    person = {"supplier_kind": "person", "supplier_account_number": "cpr-1a2b"}
    found = paid(printed("Privatperson", **person), printed("Privatperson", supplier_kind="person"))
    assert found == [("p:cpr-1a2b", "Privatperson", "person"), ("p:unknown", "Privatperson", "person")]


def test_a_persons_name_joins_no_company(paid):
    found = paid(printed("Privatperson", "12345678", supplier_kind="person"), printed("Privatperson"))
    assert found[1][0] == "s:privatperson"


def test_with_neither_number_nor_name_nobody_is_known(paid):
    assert paid(printed(None), printed("---")) == [(None, None, "none"), (None, None, "none")]


def test_danish_letters_survive_in_labels(paid):
    assert paid(printed("Ærø Åens Øl ÆØÅ"))[0][1] == "Ærø Åens Øl ÆØÅ"


def pair(left: tuple, right: tuple, *, is_same: bool) -> dict:
    names = dict(zip(("left_name", "left_number", "right_name", "right_number"), (*left, *right)))
    return names | {"is_same": is_same}


def test_names_that_are_almost_equal_are_joined_and_it_is_said_how(paid):
    found = paid(printed("Nordhavnens Rørteknik A/S", "99999993"), printed("Nordhavnens Rørteknikk"))
    assert [(key, match) for key, _, match in found] == [("n:99999993", "number"), ("n:99999993", "similar_name")]


def test_names_that_only_sound_alike_stay_apart(paid):
    assert len({key for key, _, _ in paid(printed("Nordby Rør"), printed("Sydby Rør"), printed("Nordby Smede"))}) == 3


def test_two_valid_numbers_are_never_joined_whatever_anybody_decides(paid):
    rows = (printed("Blomst", "99999993"), printed("Blomst", "00100001"))
    decided = pair(("Blomst", "99999993"), ("Blomst", "00100001"), is_same=True)
    assert [key for key, _, _ in paid(*rows, decided=(decided,))] == ["n:99999993", "n:00100001"]


def test_a_decision_joins_what_no_name_would_and_parts_what_bears_the_same_name(paid):
    rows = (printed("Solens Vask", "99999993"), printed("Månens Rens"), printed("Solens Vask ApS"))
    joined = pair(("Solens Vask", "99999993"), ("Månens Rens", None), is_same=True)
    parted = pair(("Solens Vask", "99999993"), ("Solens Vask ApS", None), is_same=False)
    found = paid(*rows, decided=(joined, parted))
    assert [(key, match) for key, _, match in found] == [
        ("n:99999993", "number"),
        ("n:99999993", "decided"),
        ("s:solens vask", "name"),
    ]


def test_a_decision_on_a_number_holds_whatever_name_is_printed_with_it(paid):
    decided = pair(("Et gammelt navn", "99999993"), ("Månens Rens", None), is_same=True)
    found = paid(printed("Solens Vask", "99999993"), printed("Månens Rens"), decided=(decided,))
    assert {key for key, _, _ in found} == {"n:99999993"}


def test_what_had_to_be_judged_has_a_score_below_one_and_the_rest_one(lines_of):
    lines = lines_of(
        printed("Nordhavnens Rørteknik A/S", "99999993"),
        printed("Nordhavnens Rørteknikk"),
        printed("Blomst"),
        printed(None),
    )
    lookup = next(supplier_lookup(distinct_suppliers(lines).to_pyarrow().to_batches()))
    scores = [
        row["supplier_match_score"] for row in records(add_suppliers(lines, ibis.memtable(lookup)).order_by("line_id"))
    ]
    assert [scores[0], scores[2], scores[3]] == [1, 1, None]
    assert 0.5 < scores[1] < 1


def test_group_size_and_place_come_from_their_tables_on_the_invoices_date(lines_of):
    lines = lines_of(
        printed("A", "99999993"), printed("A", "99999993", invoice_date=date(2024, 1, 1)), printed("B", "00100001")
    )
    lookup = next(supplier_lookup(distinct_suppliers(lines).to_pyarrow().to_batches()))
    group = {"supplier_key": "n:99999993", "supplier_group_key": "n:00100009", "supplier_group_label": "Koncernen"}
    groups = table_of([group | {"from_date": date(2025, 1, 1), "to_date": date(2025, 12, 31)}], GROUP_TYPES)
    size = {"supplier_key": "n:99999993", "supplier_size_class": "small", "supplier_municipality_name": "Ærø"}
    table = add_suppliers(lines, ibis.memtable(lookup), groups, table_of([size], COMPANY_TYPES))
    found = records(table.order_by("line_id"))
    assert [row["supplier_group_label"] for row in found] == ["Koncernen", None, None]
    assert [row["supplier_size_class"] for row in found] == ["small", "small", None]
    assert [row["supplier_key"] for row in found] == ["n:99999993", "n:99999993", "n:00100001"]
