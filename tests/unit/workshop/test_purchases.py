"""What the invented municipality bought: kroner, lines, seasons and documents."""

import random
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import standard_tree
from procurement_kit.workshop.invented import read_rows
from procurement_kit.workshop.purchases import Draw, _as_typed, choose_unit, draw_documents


@pytest.fixture(scope="module")
def amounts(documents):
    """Kroner of purchases per year and area."""
    found = defaultdict(Decimal)
    for document in documents:
        for line in document.lines:
            if line.category_code:
                found[document.invoice_date.year, line.category_code[:2]] += document.sign * line.amount
    return found


def test_the_same_documents_are_drawn_every_time(world, documents):
    assert draw_documents(world) == documents


def test_there_are_five_to_six_thousand_lines(documents):
    assert 5000 <= sum(len(document.lines) for document in documents) <= 6000


@pytest.mark.parametrize("year", [2024, 2025])
def test_a_year_is_that_of_a_small_municipality(amounts, year):
    assert 180_000_000 < sum(amount for (y, _), amount in amounts.items() if y == year) < 220_000_000


def test_prices_rise_by_three_per_cent_a_year(amounts):
    by_year = [sum(amount for (y, _), amount in amounts.items() if y == year) for year in (2024, 2025)]
    assert by_year[1] / by_year[0] == pytest.approx(Decimal("1.03"), abs=Decimal("0.02"))


def test_areas_get_about_the_share_the_list_gives_them(amounts):
    weights = {row["area"]: float(row["weight"]) for row in read_rows("areas")}
    total = float(sum(amount for (year, _), amount in amounts.items() if year == 2025))
    for area, weight in weights.items():
        share = float(amounts[2025, area]) / total
        assert share == pytest.approx(weight / sum(weights.values()), rel=0.15), area


def test_no_group_is_more_than_twelve_per_cent(documents):
    groups = defaultdict(Decimal)
    for document in documents:
        for line in document.lines:
            groups[line.category_code[:4]] += document.sign * line.amount
    purchases = {code: amount for code, amount in groups.items() if code}
    assert max(purchases.values()) / sum(purchases.values()) < Decimal("0.12")


def test_suppliers_have_a_long_tail(documents):
    by_firm = Counter()
    for document in documents:
        if document.lines[0].category_code and document.invoice_date.year == 2025:
            by_firm[document.firm.name] += float(document.sign * document.line_sum)
    ranked = sorted(by_firm.values(), reverse=True)
    assert 420 < len(ranked) < 650
    assert sum(ranked[: len(ranked) // 5]) > 0.6 * sum(ranked)
    assert sum(amount < 50_000 for amount in ranked) > len(ranked) // 6


def test_winter_service_is_bought_in_winter(documents):
    months = [d.invoice_date.month for d in documents if d.lines[0].category_code == "1401"]
    winter = sum(month in (1, 2, 3, 11, 12) for month in months)
    assert winter > len(months) / 2


def test_categories_are_the_deepest_of_the_tree_and_all_known(documents):
    tree = standard_tree()
    codes = {line.category_code for document in documents for line in document.lines} - {""}
    assert all(code in tree for code in codes)
    assert sum(len(code) == 6 for code in codes) > 80


def test_quantity_times_price_is_the_amount(documents):
    for document in documents:
        for line in document.lines:
            assert line.quantity * line.unit_price == line.amount


def test_units_buy_only_while_they_are_there(documents):
    assert all(document.unit.exists_on(document.invoice_date) for document in documents)


def test_document_numbers_of_a_firm_are_all_different(documents):
    numbers = Counter((document.firm.name, document.number) for document in documents)
    assert [key for key, count in numbers.items() if count > 1] == []


def test_a_credit_note_names_the_document_it_credits_and_is_never_larger(documents):
    originals = {(d.firm.name, d.number): d for d in documents}
    credit_notes = [document for document in documents if document.is_credit]
    assert len(credit_notes) > 80
    for credit in credit_notes:
        original = originals[credit.firm.name, credit.credits_number]
        assert credit.line_sum <= original.line_sum
        assert credit.invoice_date > original.invoice_date
        assert credit.is_einvoice == original.is_einvoice


def test_services_paid_without_vat_come_as_postings_only(documents):
    assert not any(document.is_einvoice for document in documents if document.lines[0].art == "40")


def test_about_one_third_of_the_einvoices_are_peppol(documents):
    einvoices = [document for document in documents if document.is_einvoice]
    assert 480 <= len(einvoices) <= 560
    assert 0.25 < sum(document.firm.sends_peppol for document in einvoices) / len(einvoices) < 0.42


def test_foreign_invoices_are_few_and_have_one_line(documents):
    foreign = [document for document in documents if document.currency != "DKK"]
    assert Counter(document.currency for document in foreign).keys() == {"EUR", "SEK"}
    assert all(len(document.lines) == 1 and document.is_einvoice for document in foreign)


def test_freight_belongs_to_the_category_of_the_largest_other_line(documents):
    with_freight = [d for d in documents if d.lines[-1].is_accessory and not d.is_credit]
    assert len(with_freight) > 20
    for document in with_freight:
        *others, freight = document.lines
        assert freight.category_code == max(others, key=lambda line: line.amount).category_code


def test_articles_have_the_agreed_price_or_the_dearer_one_of_the_unit(documents):
    for document in documents:
        for line in document.lines:
            if line.article and line.article.contract_number:
                assert line.unit_price == line.article.dearer.get(document.unit.kind, line.article.price)


def test_some_texts_say_nothing(world, documents):
    empty = {text.casefold() for text in world.empty_texts}
    texts = [line.text.casefold() for document in documents for line in document.lines]
    assert 0.04 < sum(text in empty for text in texts) / len(texts) < 0.09


def test_half_of_the_phrases_stand_as_they_are_and_the_rest_is_typed_as_people_type():
    typed = [_as_typed(random.Random(seed), "vedligeholdelse af kommunens cykler") for seed in range(400)]
    assert 0.4 < typed.count("vedligeholdelse af kommunens cykler") / len(typed) < 0.6
    assert any(text.startswith("ved.") or text.startswith("vedl.") for text in typed)
    assert any(len(text) <= 14 for text in typed)
    assert all(text.strip() for text in typed)


def test_suppliers_named_by_hand_sell_nothing_but_their_own_groups(documents):
    own = {row["supplier_name"]: row["category_codes"].split() for row in read_rows("firms")}
    for document in documents:
        if document.firm.name in own and document.lines[0].category_code:
            assert all(line.category_code[:4] in own[document.firm.name] for line in document.lines)


def test_other_suppliers_at_times_sell_something_near(documents):
    groups = defaultdict(set)
    for document in documents:
        groups[document.firm.name] |= {line.category_code[:4] for line in document.lines} - {""}
    own = {row["supplier_name"] for row in read_rows("firms")}
    mixed = [found for name, found in groups.items() if len(found) > 1 and name not in own]
    assert len(mixed) > 50
    assert all(len({code[:2] for code in found}) == 1 for found in mixed)


def test_some_words_are_new_in_the_second_year(documents):
    words = {2024: set(), 2025: set()}
    for document in documents:
        words[document.invoice_date.year] |= {line.text.casefold() for line in document.lines}
    assert len(words[2025] - words[2024]) > 1000


def test_payments_that_are_no_purchases_have_arts_outside(documents):
    arts = Counter(line.art for document in documents for line in document.lines if not line.category_code)
    assert set(arts) == {"25", "46", "47", "48", "52", "59", "60", "91"}
    assert arts["47"] == 92


def test_a_supplier_numbers_its_invoices_in_its_own_style(world):
    draw = Draw(world)
    firm = world.firms["Skriverhjørnet Kontorgrossist A/S"]
    numbers = [draw.next_number(firm, 2025) for _ in range(3)]
    assert len(set(numbers)) == 3 and len({len(number) for number in numbers}) == 1


def test_the_unit_that_buys_is_of_the_kind_asked_for(world):
    rng = random.Random(1)
    kinds = {choose_unit(rng, world.units, ("skole", "pleje"), date(2025, 5, 1)).kind for _ in range(40)}
    assert kinds == {"skole", "pleje"}


def test_spellings_without_a_number_stand_in_postings(documents):
    bare = [d for d in documents if d.firm.number and not d.printed_number]
    assert len(bare) > 30
    assert all(not d.is_einvoice and d.printed_name != d.firm.name for d in bare)
