"""Does a consultant read words and Danish numbers where the steps wrote codes?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import standard_tree
from procurement_kit.columns import Column
from procurement_kit.lab.line_words import said_value
from procurement_kit.lab.wording import lab_words
from procurement_kit.steps.scope import scope_rules
from procurement_kit.tables import INVOICE_LINES

CODED = [column for column in INVOICE_LINES.columns if column.allowed]


def said(column, value):
    return said_value(column, value, lab_words(), standard_tree()).replace("\u00a0", " ")


@pytest.mark.parametrize("column", CODED, ids=lambda column: column.name)
def test_every_code_a_step_may_write_has_words(column: Column):
    for code in column.allowed:
        assert said(column.name, code) not in ("", code), f"{column.name} «{code}» has no words"


def test_every_reason_of_scope_has_words():
    rules = [f"{rule['rule_id']} {rule['version']}" for rule in scope_rules().to_pylist()]
    reasons = ["no_art", "unknown_art", "no_exchange_rate", "supplier_kind_public", "supplier_kind_person", *rules]
    assert not [reason for reason in reasons if "_" in said("scope_reason", reason)]
    assert said("scope_reason", "scope_decisions.csv row 7") == "række 7 i scope_decisions.csv"
    assert said("scope_reason", "Region Prøve") == "Region Prøve"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("invoice_date", date(2025, 3, 5), "5.3.2025"),
        ("net_amount", Decimal("505210.32"), "505.210,32 kr."),
        ("document_amount", Decimal("-1250.5000"), "−1.250,50"),
        ("quantity", Decimal("3.000000"), "3"),
        ("quantity", Decimal("1000.000000"), "1.000"),
        ("quantity", Decimal("0.125000"), "0,125"),
        ("vat_rate", Decimal("25.0000"), "25 %"),
        ("category_confidence", Decimal("0.999858"), "over 99 %"),
        ("accounting_year", 2025, "2025"),
        ("is_copy", False, "nej"),
        ("category_1_code", "18", "18 "),
        (
            "contract_reason",
            "contract_supplier voluntary first_90_days",
            "leverandøren har aftalen, aftalen er frivillig",
        ),
        ("category_reason", "f9574ed1", "klassifikatoren, version f9574ed1"),
        ("category_reason", "R-007", "R-007"),
        ("check_codes", "cvr_modulus amount_rounded", "CVR-nummerets kontrolciffer passer ikke, beløbet er afrundet"),
        ("check_codes", "cvr_modulus new_check", "cvr_modulus new_check"),
        ("supplier_key", "n:00100001", "nummer 00100001"),
        ("supplier_link", "succession: Gammel → Ny", "efterfølger: Gammel → Ny"),
        ("line_text", "first: item", "first: item"),
        ("item_name", None, ""),
    ],
)
def test_values_are_written_as_in_the_report(column, value, words):
    assert said(column, value).startswith(words) and bool(said(column, value)) == bool(words)


def test_why_two_names_were_joined_is_said_in_danish():
    told = said("supplier_merge", "Stolefabriken ApS = Stolefabrikken A/S: the same words in another order")
    assert told == "Stolefabriken ApS = Stolefabrikken A/S: samme ord i en anden rækkefølge"


def test_a_persons_token_never_comes_through():
    assert "ABCDEFGH2345" not in said("supplier_account_number", "CPR-ABCDEFGH2345")
    assert "ABCDEFGH2345" not in said("supplier_key", "p:CPR-ABCDEFGH2345")
