"""How far can the figures be trusted?"""

from decimal import Decimal

import pytest

from procurement_kit.analyses.quality import analyse_quality
from procurement_kit.errors import NoDataError
from procurement_kit.publishing.sentences import show
from tests.unit.analyses.conftest import cube_of_rows, placed

D = Decimal
CARD = {
    "accuracy": {
        "known_supplier": {"2": {"accuracy_lines": 0.95, "claimed_right_share": 0.97, "rows": 40}},
        "new_supplier": {
            "1": {"accuracy_lines": 0.71, "claimed_right_share": 0.96},
            "2": {"accuracy_lines": 0.6, "claimed_right_share": 0.9341, "ece": None},
        },
    }
}


@pytest.fixture(scope="module")
def cube():
    """1,000 in scope: 100 reviewed, 300 by rule, 400 by model, 200 unclassified."""
    return cube_of_rows(
        {**placed("1801"), "category_source": "review", "net": "100", "has_usable_text": True},
        {**placed("1801"), "category_source": "rule", "net": "300", "has_usable_text": False},
        {**placed("18"), "category_source": "model", "net": "400", "has_usable_text": True, "privacy_hit_count": 2},
        {**placed(None), "net": "200", "has_usable_text": False},
        {"scope_status": "to_clarify", "category_source": "scope", "net": "50"},
        {"scope_status": "no_exchange_rate", "document_currency": "EUR", "net_amount": None},
    )


@pytest.fixture(scope="module")
def quality(cube):
    return analyse_quality(cube, period="2025")


def test_what_was_measured_on_too_few_lines_is_not_quoted(cube):
    few = {"accuracy": {"new_supplier": {"2": {"claimed_right_share": 1.0, "rows": 5, "too_few": True}}}}
    finding = analyse_quality(cube, period="2025", card=few)
    assert finding.numbers["right_share"].value is None
    assert {"thin_measures", "not_measured"} <= set(finding.caveats)
    assert "for få linjer til at bedømme" in show(finding).text
    assert "thin_measures" not in analyse_quality(cube, period="2025", card=CARD).caveats


def test_kroner_by_what_decided_the_category(quality):
    shares = dict(zip(quality.table["category_source"], quality.table["net_share"], strict=True))
    assert list(shares) == ["review", "rule", "accessory", "model", "unclassified"]
    assert list(shares.values()) == [D("0.100000"), D("0.300000"), D("0.000000"), D("0.400000"), D("0.200000")]
    assert quality.numbers["followed_share"].value == 0
    assert quality.numbers["classified_share"].value == D("0.800000")
    assert quality.numbers["unclassified_amount"].value == D("200.00")
    assert not quality.failed_checks


def test_kroner_by_how_deep_the_category_is_known(quality):
    depths = quality.tables["by_depth"]
    assert dict(zip(depths["category_level"], depths["net_amount"], strict=True)) == {
        0: D("200.00"),
        1: D("400.00"),
        2: D("400.00"),
    }


def test_lines_without_usable_text_are_counted_with_their_kroner(quality):
    numbers = quality.numbers
    assert numbers["textless_line_count"].value == 2
    assert numbers["textless_amount"].value == D("500.00")
    assert numbers["textless_share"].value == D("0.500000")


def test_accessories_are_shown_by_kind_and_where_they_stand_alone(cube_of):
    """Paper with freight on one document, a haulier's freight on another, and a discount: 1,000 in all."""
    finding = analyse_quality(
        cube_of(
            {**placed("18"), "net": "900", "line_kind": "item", "has_usable_text": True, "document_id": "D1"},
            {**placed("18"), "net": "60", "line_kind": "freight", "has_usable_text": True, "document_id": "D1"},
            {**placed("18"), "net": "50", "line_kind": "freight", "has_usable_text": True, "document_id": "D2"},
            {**placed("18"), "net": "-10", "line_kind": "surcharge", "has_usable_text": True, "document_id": "D1"},
            {"scope_status": "transfer", "net": "7", "line_kind": "fee"},
        ),
        period="2025",
    )
    kinds = finding.tables["by_line_kind"]
    assert list(kinds["line_kind"]) == ["item", "freight", "fee", "rounding", "surcharge"]
    assert list(kinds["net_amount"]) == [D("900.00"), D("110.00"), D("0.00"), D("0.00"), D("-10.00")]
    assert list(kinds["alone_amount"]) == [D("0.00"), D("50.00"), D("0.00"), D("0.00"), D("0.00")]
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert (numbers["accessory_line_count"], numbers["accessory_amount"]) == (3, D("100.00"))
    assert (numbers["accessory_alone_amount"], numbers["freight_amount"]) == (D("50.00"), D("110.00"))
    assert "accessories" in finding.caveats
    assert not finding.failed_checks


def test_lines_read_before_kinds_were_told_stand_apart(cube_of):
    finding = analyse_quality(
        cube_of({**placed("18"), "net": "5"}, {**placed("18"), "net": "5", "line_kind": "item"}), period="2025"
    )
    assert list(finding.tables["by_line_kind"]["line_kind"])[-1] is None
    assert finding.numbers["unmarked_line_count"].value == 1
    assert finding.numbers["textless_line_count"].value == 0
    assert not finding.failed_checks


def test_masked_numbers_and_lines_that_need_a_person(quality):
    numbers = quality.numbers
    assert numbers["masked_count"].value == 2
    assert numbers["no_exchange_rate_line_count"].value == 1
    assert numbers["to_clarify_amount"].value == D("50.00")


def test_the_card_is_shown_and_the_hardest_split_is_quoted(cube):
    finding = analyse_quality(cube, period="2025", card=CARD)
    assert finding.numbers["right_share"].value == D("0.9341")
    assert finding.numbers["new_supplier_1_accuracy_lines"].value == D("0.71")
    measures = finding.tables["measures"]
    assert len(measures) == 6
    assert "rows" not in set(measures["measure_name"])
    accuracy = finding.tables["accuracy"]
    assert list(accuracy["category_level"]) == [2, 1, 2]
    assert list(accuracy["accuracy_lines_share"]) == [D("0.95"), D("0.71"), D("0.6")]
    assert list(accuracy["claimed_right_share"]) == [D("0.97"), D("0.96"), D("0.9341")]


def test_without_a_card_nothing_is_measured_and_that_is_said(quality):
    assert quality.numbers["right_share"].value is None
    assert quality.tables["accuracy"].empty
    assert quality.caveats == ("unclassified", "textless", "to_clarify", "no_exchange_rate", "not_measured")


def test_amounts_with_vat_and_of_an_unknown_basis_are_told_apart(cube_of):
    """1,000 in scope: 690 without VAT, 290 with, 30 unknown, a credit of 10 on a line whose basis is empty."""
    finding = analyse_quality(
        cube_of(
            {**placed("18"), "net": "690"},
            {**placed("18"), "net": "290", "vat_basis": "incl"},
            {**placed("18"), "net": "30", "vat_basis": "unknown"},
            {**placed("18"), "net": "-10", "vat_basis": None},
            {"scope_status": "transfer", "net": "7", "vat_basis": "incl"},
        ),
        period="2025",
    )
    table = finding.tables["by_vat_basis"]
    assert list(table["vat_basis"]) == ["ex", "incl", "unknown"]
    assert list(table["as_read_amount"]) == [D("690.00"), D("290.00"), D("20.00")]
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert (numbers["vat_incl_amount"], numbers["vat_incl_share"]) == (D("290.00"), D("0.290000"))
    assert (numbers["vat_unknown_line_count"], numbers["vat_unknown_share"]) == (2, D("0.020000"))
    assert (numbers["vat_unsure_amount"], numbers["vat_unsure_share"]) == (D("310.00"), D("0.310000"))
    assert (numbers["vat_noted"], "vat_unsure" in finding.caveats) == (1, True)
    assert not finding.failed_checks
    said = repr(show(finding)).replace("\u00a0", " ")
    assert "290 kr. (29 %) er talt med moms, som kilden skriver dem, og for 20 kr. (2 %) er det ikke oplyst" in said
    assert "DKK 290 (29%) is counted with VAT" in repr(show(finding, language="en")).replace("\u00a0", " ")


@pytest.mark.parametrize(("incl", "is_noted", "is_said"), [("0", 0, False), ("10", 0, True), ("11", 1, True)])
def test_amounts_with_vat_are_noted_where_they_are_more_than_one_percent(cube_of, incl, is_noted, is_said):
    rows = [{**placed("18"), "net": incl, "vat_basis": "incl"}] if is_said else []
    finding = analyse_quality(cube_of({**placed("18"), "net": str(1000 - int(incl))}, *rows), period="2025")
    assert finding.numbers["vat_noted"].value == is_noted
    assert ("vat_unsure" in finding.caveats) is is_said


def test_a_credit_without_a_basis_hides_no_invoice_with_vat(cube_of):
    finding = analyse_quality(
        cube_of(
            {**placed("18"), "net": "100"},
            {**placed("18"), "net": "50", "vat_basis": "incl"},
            {**placed("18"), "net": "-50", "vat_basis": "unknown"},
        ),
        period="2025",
    )
    assert finding.numbers["vat_unsure_amount"].value == D("0.00")
    assert finding.numbers["vat_unsure_share"].value == D("1.000000")


def test_an_empty_period_is_refused(cube):
    with pytest.raises(NoDataError):
        analyse_quality(cube, period="2020")


@pytest.mark.parametrize(
    ("wrong", "more", "expected"),
    [
        ((None, "0.10", "0.05", "0.20"), {}, ("0.90", "0.80", "0.95")),  # the deepest level up to 2
        ((None, None, None, None), {}, None),  # nothing has been judged
        ((None, "0.10", "0.05", "0.20"), {"is_reclassified": "yes"}, None),  # of categories as they were
        ((None, "0.10", "0.05", "0.20"), {"period": "2024"}, None),
    ],
)
def test_a_judged_sample_says_how_much_is_right_and_between_which_ends(cube, wrong, more, expected):
    from procurement_kit.findings import Definition, Finding, Number

    _, value, low, high = (None if text is None else Decimal(text) for text in wrong)
    numbers = {"wrong_1_share": Number(None, "share"), "wrong_2_share": Number(value, "share", low, high)}
    audit = Finding("accuracy", numbers, {}, (), (), Definition("", "", "", ""), {"period": "2025"} | more)
    right = analyse_quality(cube, period="2025", audit=audit).numbers["right_share"]
    assert (None if right.value is None else (str(right.value), str(right.low), str(right.high))) == expected
