"""When are two printed names the same?"""

import pytest

from procurement_kit.names import firm_part, normalise_supplier_name, normalise_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ærø Færge A/S", "AERØ FAERGE"),
        ("Århus Byg ApS", "Aarhus Byg aps"),
        ("Nordby VVS I/S", "NORDBY VVS"),
        ("Jensen & Søn A/S", "Jensen Søn"),
        ("Smith Trading Limited", "SMITH TRADING LTD."),
        ("Filial af Norsk Rør AS", "Norsk Rør"),
        ("Byens Tag ApS, tidl. Tagbyen I/S", "Byens Tag"),
    ],
)
def test_the_same_firm_under_two_spellings(one, other):
    assert normalise_supplier_name(one) == normalise_supplier_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Nordby El", "Nordby VVS"), ("Asbest A/S", "best"), ("Åby Maler", "Aby Maler"), ("Ås", "As Maler")],
)
def test_different_firms_stay_apart(one, other):
    assert normalise_supplier_name(one) != normalise_supplier_name(other)


def test_a_name_that_is_only_a_legal_form_is_kept():
    assert normalise_supplier_name("A/S") == "a s"
    assert normalise_supplier_name("") == normalise_supplier_name(None) == ""


def test_the_owner_after_v_is_not_part_of_the_firm():
    assert firm_part("Havnens Murer v/Ejeren") == "Havnens Murer"
    assert firm_part("v/Ejeren") == "v/Ejeren"


def test_danish_letters_and_digits_stay_in_texts():
    assert normalise_text("Ble str. M, 4x20 – ØKO (æble)") == "ble str m 4x20 øko æble"
