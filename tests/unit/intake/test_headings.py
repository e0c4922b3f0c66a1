"""Headings are found whatever their capitals and spaces; what is missing is named with the nearest there is."""

import pytest

from procurement_kit.errors import TableError
from procurement_kit.intake.headings import find_columns, heading_places
from procurement_kit.intake.profiles import PartRule, Profile, Source


def profile_of(columns, **more):
    sources = {column: Source((heading,)) for column, heading in columns.items()}
    return Profile("p", "1", "ex", "positive_is_spend", sources, **more)


def test_the_first_heading_that_is_there_and_the_second_of_a_name():
    sources = {"document_amount": Source(("Netto", "BELØB  i kr.")), "line_text": Source(("Tekst#2",))}
    profile = Profile("p", "1", "ex", "positive_is_spend", sources)
    header = ["Tekst", " beløb i kr. ", "tekst"]
    assert find_columns(header, profile, where="x.csv") == {"document_amount": (1,), "line_text": (2,)}
    assert heading_places(header) == {"tekst#1": 0, "beløb i kr.#1": 1, "tekst#2": 2}


def test_joined_headings_must_all_be_there():
    profile = Profile("p", "1", "ex", "", {"line_text": Source(("A", "B"), is_joined=True)})
    assert find_columns(["B", "A"], profile, where="x.csv") == {"line_text": (1, 0)}
    with pytest.raises(TableError):
        find_columns(["A"], profile, where="x.csv")


def test_parts_and_credit_are_found_beside_the_columns():
    profile = profile_of(
        {"document_amount": "Beløb"},
        parts={"art_code": PartRule(("Konto",)), "dranst_code": PartRule(("Streng",))},
        credit=(Source(("D/K",)), frozenset(["k"])),
        optional=("dranst_code",),
    )
    found = find_columns(["Beløb", "Konto", "D/K"], profile, where="x.csv")
    assert found == {"document_amount": (0,), "[parts] art_code": (1,), "[credit]": (2,)}


def test_everything_missing_is_named_at_once_and_personal_numbers_are_not_quoted():
    profile = profile_of({"document_amount": "Beløb", "invoice_date": "Fakturadato", "line_text": "Tekst"})
    profile = Profile(**{**profile.__dict__, "optional": ("line_text",)})
    with pytest.raises(TableError) as error:
        find_columns(["Belob", "Fakturadato 010190-1234"], profile, where="x.csv")
    assert len(error.value.problems) == 2
    assert "Did you mean «Belob»" in error.value.problems[0]
    assert "010190" not in str(error.value)


@pytest.mark.parametrize(
    ("rule", "text", "part"),
    [
        (PartRule(("K",)), "40000000", "40"),
        (PartRule(("K",), start=4, length=2), " 40  29 ", "29"),
        (PartRule(("K",), start=9), "40", None),
        (PartRule(("K",), pattern=r"^\d{3}-(\d{2})-"), "100-29-", "29"),
        (PartRule(("K",), pattern=r"^\d{3}-(\d{2})-"), "100-2-", None),
        (PartRule(("K",), pattern=r"(x)?"), "y", None),
        (PartRule(("K",)), None, None),
    ],
)
def test_a_part_is_cut_by_place_or_by_pattern(rule, text, part):
    assert rule.cut(text) == part
