"""Units, firms and words of the invented municipality: nothing in it may be real."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import standard_tree
from procurement_kit.intake.identifiers import is_cvr_valid, is_gln_valid
from procurement_kit.intake.privacy import is_personal_number
from procurement_kit.names import normalise_supplier_name
from procurement_kit.names import usable_company_number as usable_number
from procurement_kit.steps.scope import public_bodies
from procurement_kit.workshop import invented


def test_a_company_number_has_eight_digits_and_can_be_no_cvr_number():
    assert invented.company_number(23) == "00100023"
    assert not is_cvr_valid(invented.company_number(23))
    assert usable_number(invented.company_number(23)) == "00100023"


def test_the_demo_draws_danish_words_of_invoices_only_so_that_other_phrases_do_not_move_it(tmp_path, monkeypatch):
    before = invented.read_phrases()
    added = "1801;tender;indkøb af papir i udbud;da\n1801;word;kopipapper A4;sv\n1801;word;kopiopaperi A4;fi\n"
    longer = tmp_path / "phrases.csv"
    longer.write_text(invented.PHRASES_FILE.read_text(encoding="utf-8") + added, encoding="utf-8")
    monkeypatch.setattr(invented, "PHRASES_FILE", longer)
    assert invented.read_phrases() == before
    longer.write_text(longer.read_text(encoding="utf-8") + "1801;word;papir til kopi;da\n", encoding="utf-8")
    assert invented.read_phrases() != before


@pytest.mark.parametrize("count", [1, 2, 17, 99, 123456])
def test_a_location_number_has_a_valid_check_digit(count):
    number = invented.gln_number(count)
    assert number.startswith("579999") and is_gln_valid(number)


def test_a_personal_number_looks_like_one_and_has_the_serial_number_0000():
    number = invented.personal_number(31, 1, 1998)
    assert number == "310198-" + "0" * 4
    assert is_personal_number(number)


@pytest.mark.parametrize(
    ("codes", "category", "expected"),
    [
        ("15", "1502", True),
        ("15", "15", True),
        ("1801", "180101", True),
        ("1801 1803", "1803", True),
        ("1801", "18", False),
        ("1801", "1802", False),
        ("", "1802", False),
    ],
)
def test_a_parent_code_covers_its_children_and_no_more(codes, category, expected):
    assert invented.covers(codes, category) is expected


def test_the_world_is_the_same_every_time(world):
    assert invented.make_world() == world


def test_every_group_of_the_tree_is_bought_and_no_other(world):
    assert [group.code for group in world.groups] == [c for c in standard_tree().at_level(2) if not c.startswith("90")]


def test_the_shares_of_kroner_sum_to_one(world):
    assert sum(group.amount_share for group in world.groups) == pytest.approx(1)


def test_every_group_has_buyers_that_exist(world):
    kinds = {unit.kind for unit in world.units}
    assert {kind for group in world.groups for kind in group.buyers} <= kinds


def test_every_group_has_suppliers_in_both_years(world):
    for group in world.groups:
        for year in invented.YEARS:
            assert any(year in firm.years for firm, _ in group.firms), group.code


def test_named_firms_and_the_rest_share_all_the_kroner(world):
    office = next(group for group in world.groups if group.code == "1801")
    weights = {firm.name: weight for firm, weight in office.firms}
    assert weights["Skriverhjørnet Kontorgrossist A/S"] == 74
    assert sum(weights.values()) == pytest.approx(100)


def test_the_biggest_of_the_others_sells_most(world):
    painters = next(group for group in world.groups if group.code == "1104")
    others = [weight for _, weight in painters.firms[1:]]
    assert len(others) > 3 and others == sorted(others, reverse=True)


def test_supplier_numbers_are_all_different_and_begin_with_00(world):
    numbers = [firm.number for firm in world.firms.values() if firm.number]
    assert max(Counter(numbers).values()) == 1
    assert all(len(number) == 8 and number.startswith("00") for number in numbers)


def test_no_two_suppliers_have_the_same_name_without_legal_form(world):
    names = Counter(normalise_supplier_name(name) for name in world.firms)
    assert [name for name, count in names.items() if count > 1] == []


def test_another_spelling_is_the_same_name_without_legal_form(world):
    respelled = [firm for firm in world.firms.values() if firm.other_spelling]
    assert len(respelled) > 30
    for firm in respelled:
        assert normalise_supplier_name(firm.other_spelling) == normalise_supplier_name(firm.name), firm.name


def test_no_supplier_bears_the_name_of_a_real_public_body(world):
    bodies = public_bodies().to_pylist()
    real = {normalise_supplier_name(n) for b in bodies for n in (b["name"], *(b["aliases"] or "").split("|")) if n}
    assert not real & {normalise_supplier_name(name) for name in world.firms}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("tømrerfirma", "Gyvelsund Tømrerfirma"),
        ("privat vuggestue ApS", "Privat vuggestue Gyvelsund"),
        ("friplejehjem fonden", "Gyvelsund Friplejehjem"),
    ],
)
def test_a_firm_is_named_after_its_trade_and_an_invented_place(word, expected):
    assert invented._firm_name("Gyvelsund", word) == expected


def test_nearly_half_of_the_invented_firms_do_not_tell_their_trade(world):
    neutral = tuple(f" {row['word']}" for row in invented.read_rows("neutral_words"))
    named = {row["supplier_name"] for row in invented.read_rows("firms")}
    others = [firm.name for firm in world.firms.values() if firm.name not in named and firm.number < "00900000"]
    assert 0.35 < sum(any(word in name for word in neutral) for name in others) / len(others) < 0.6


def test_a_reused_location_number_belongs_to_one_unit_at_a_time(world):
    reused = [unit for unit in world.units if unit.gln == invented.gln_number(10)]
    assert [unit.name for unit in reused] == ["Vuggestuen Mælkebøtten", "Vuggestuen Solstrålen"]
    for day in (date(2024, 12, 31), date(2025, 1, 1)):
        assert sum(unit.exists_on(day) for unit in reused) == 1


def test_there_are_about_forty_units_in_eight_centers_and_five_divisions(world):
    assert 38 <= len(world.units) <= 45
    assert len({unit.center for unit in world.units}) == 8
    assert len({unit.division for unit in world.units}) == 5


def test_articles_belong_to_leaves_of_the_tree_and_to_firms_that_sell_the_group(world):
    tree = standard_tree()
    for article in world.articles:
        assert tree.level(article.category_code) == 3, article.number
        group = next(g for g in world.groups if g.code == article.category_code[:4])
        assert article.supplier_name in {firm.name for firm, _ in group.firms}, article.number
        assert all(price > article.price for price in article.dearer.values())


def test_prices_of_articles_are_read_as_danish_amounts(world):
    paper = next(article for article in world.articles if article.number == "K-1001")
    assert paper.price == Decimal("132.50")
    assert paper.dearer == {"skole": Decimal("149.00"), "pleje": Decimal("164.00")}


def test_words_can_be_written_in_a_windows_ledger(world):
    for words in world.words.values():
        for word in words:
            word.encode("cp1252")


def test_neighbouring_groups_share_an_account_so_that_accounts_do_not_tell_the_group(world):
    groups = {group.code: group for group in world.groups}
    assert groups["1101"].account == groups["1104"].account != groups["1105"].account
    assert groups["1101"].account[0] == "45110100"
    assert groups["1101"].area_account[0] == "45110000"


@pytest.mark.parametrize(("country", "currency", "peppol"), [("DE", "EUR", True), ("SE", "SEK", True)])
def test_foreign_firms_send_peppol_in_their_own_currency(country, currency, peppol):
    firm = invented.Firm("Utland", "", country)
    assert (firm.currency, firm.sends_peppol) == (currency, peppol)
