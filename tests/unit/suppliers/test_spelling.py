"""Which names does a printed name hold, and when are they the same words?"""

import pytest

from procurement_kit.suppliers.spelling import Face, faces_of, words_of


def firm(name):
    return next((face.words for face in faces_of(name) if face.kind == "firm"), None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ærø Færge A/S", "AEROE FAERGE ApS"),
        ("Åby Åkeri AB (publ)", "Aby Akeri"),
        ("A.B.C. Byg I/S", "ABC Byg"),
        ("J & M Nordby Ltd", "J&M Nordby Limited"),
        ("Nordby & Søn", "Nordby og Søn K/S"),
        ("Nordbys Vikarservice P/S", "Nordby´s Vikarservice"),
        ("Nordby Svcs Ltd.", "Nordby Services LLP"),
        ("Nordby Oy Ab", "Nordby Oyj"),
        ("Nordby GmbH & Co. KG", "NORDBY"),
        ("Nordby Trading PLC", "The Nordby Trading public limited company"),
        ("Mr Nordby Maler", "Nordby Maler"),
        ("Nordby Byg ApS under konkurs", "Nordby Byg"),
        ("In administration - Nordby Homes Ltd", "Nordby Homes Ltd (In Administration)"),
        ("Nordby.dk ApS", "NORDBY"),
    ],
)
def test_spelling_does_not_matter(one, other):
    assert firm(one) == firm(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nordby Byg", "Sydby Byg"),
        ("Nordby 2 ApS", "Nordby 3 ApS"),
        ("LA Group", "The APS Group Ltd"),
        ("Ås", "As Vest"),
    ],
)
def test_other_firms_have_other_words(one, other):
    assert firm(one) != firm(other)


@pytest.mark.parametrize("mark", ["t/a", "T/AS", "trading as", "ta", "(t/a"])
def test_what_a_firm_trades_as_is_a_name_of_its_own(mark):
    assert faces_of(f"Nordby Drift Ltd {mark} Lindely Hotel") == (
        Face("firm", ("nordby", "drift")),
        Face("trading", ("lindely", "hotel")),
    )


def test_owner_care_of_and_former_names():
    assert faces_of("Havnens Murer v/Ejer Ejersen") == (Face("firm", ("havnen", "murer")),)
    assert faces_of("Nordby Klub c/o Kasserer") == (Face("firm", ("nordby", "klub")),)
    assert faces_of("Byens Tag ApS, tidl. Tagbyen I/S")[1] == Face("former", ("tagbyen",))


def test_a_factoring_bank_is_not_the_supplier():
    assert faces_of("Eksempel Factors Ltd re Nordby Trykkeri") == (Face("firm", ("nordby", "trykkeri")),)
    assert faces_of("Nordby Care Ltd re Lindely House") == (Face("firm", ("nordby", "care")),)


def test_a_payment_on_behalf_of_somebody_is_nobodys_name():
    one, other = (firm(f"Adult Direct Payment re {name}") for name in ("A Borger", "B Borger"))
    assert one != other


def test_what_stands_behind_a_clear_legal_form_is_left_out_and_kept_in_a_second_face():
    assert [face.words for face in faces_of("Nordby Ltd (Tiles)")] == [("nordby",), ("nordby", "tile")]


@pytest.mark.parametrize("name", ["", "   ", "...", "CPR-ABCDEFGH2345"])
def test_nothing_readable_has_no_face(name):
    assert faces_of(name) == ()


@pytest.mark.parametrize("name", ["A/S", "Limited", "The", "Nordby Re Ltd", "ta", "v/", "re", "(", "Ltd t/a Ltd"])
def test_odd_names_do_not_break(name):
    assert all(face.words for face in faces_of(name))


def test_small_words_go_unless_nothing_else_says_who_it_is():
    assert words_of("the house of nordby") == ("house", "nordby")
    assert words_of("la group") == ("la", "group")
