"""What has the municipality set for its key figures, and is everything wrong with it said at once?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import standard_tree
from procurement_kit.errors import SettingsError, TableError
from procurement_kit.steps.kpi_inputs import counted_by, read_cards, read_e_trade, read_follow_ups, read_targets

D = Decimal
HEAD = "Nøgletal;Periode;Mål;Udgangspunkt;Udgangspunktets periode;Retning;Grøn fra;Gul fra\n"


def put(municipality, name, text):
    (municipality.folder / name).write_text(text, encoding="utf-8")


def test_targets_are_read_with_baseline_and_thresholds(municipality):
    put(
        municipality,
        "targets.csv",
        HEAD + "contract_compliance;2025;0,90;0,60;2015;;0,88;0,75\nsupplier_count;2025;300;;;;;\n",
    )
    loyal, count = read_targets(municipality)
    assert (loyal.target, loyal.baseline, loyal.baseline_period) == (D("0.90"), D("0.60"), "2015")
    assert (loyal.direction, loyal.green_from, loyal.yellow_from) == ("higher", D("0.88"), D("0.75"))
    assert (count.direction, count.green_from) == ("lower", None)


def test_the_old_three_columns_are_still_enough(municipality):
    put(municipality, "targets.csv", "Nøgletal;Periode;Mål\ne_trade;2025;0,90\n")
    assert read_targets(municipality)[0].target == D("0.90")


def test_all_that_is_wrong_with_targets_is_said_at_once(municipality):
    rows = (
        "e_trade;femogtyve;0,90;;;;;",
        "contract_coverage;2025;90;;;;;",
        "contract_compliance;2025;0,90;;;;;0,75",
        "e_trade;2024;0,90;;;;0,70;0,80",
        "supplier_count;2025;300;;;;;",
        "supplier_count;2025;310;;;;;",
    )
    put(municipality, "targets.csv", HEAD + "\n".join(rows) + "\n")
    with pytest.raises(TableError) as caught:
        read_targets(municipality)
    told = " | ".join(caught.value.problems)
    for word in ("femogtyve", "«90.0000» is no share", "Grøn fra is empty", "better than Grøn fra", "stands twice"):
        assert word in told, told


def test_no_targets_are_no_error(municipality):
    assert read_targets(municipality) == ()


def test_the_cards_are_there_in_two_languages_and_can_be_said_otherwise(municipality):
    cards = {card.key: card.words for card in read_cards(municipality)}
    assert len(cards) == 5
    for words in cards.values():
        assert {
            f"{part}_name_{tongue}"
            for part in ("formula", "base", "left_out", "purpose", "owner")
            for tongue in ("da", "en")
        } == set(words)
    put(municipality, "kpis.toml", '[e_trade]\nowner_da = "indkøbskonsulent"\n')
    own = {card.key: card.words for card in read_cards(municipality)}
    assert own["e_trade"]["owner_name_da"] == "indkøbskonsulent"
    assert own["contract_coverage"] == cards["contract_coverage"]


def test_cards_that_cannot_be_used_name_the_nearest(municipality):
    put(municipality, "kpis.toml", '[e_handel]\nx = "y"\n[e_trade]\nowner = "a"\ndirection = "up"\n')
    with pytest.raises(SettingsError) as caught:
        read_cards(municipality)
    told = " ".join(caught.value.problems)
    assert "e_handel is not a key figure" in told and "e_trade.owner is not known" in told and "«up»" in told
    put(municipality, "kpis.toml", "[e_trade\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        read_cards(municipality)


CONTRACTS = (
    "Aftalenummer;Titel;Kategorier;Leverandør;Deltagere;Gælder fra;Gælder til;E-handel mulig\n"
    "A;Papir;1801;Ark ApS;;01-01-2025;31-12-2025;ja\n"
    "B;Kørsel;0801;Hjul ApS;;01-01-2025;31-12-2025;nej\n"
    "C;Mad;0901;Mad ApS;andenby;01-01-2025;31-12-2025;ja\n"
)


def test_e_trade_is_possible_where_an_own_contract_says_so(municipality):
    tree = standard_tree()
    put(municipality, "contracts.csv", CONTRACTS)
    basis = read_e_trade(municipality, tree)
    assert basis.eligible_by == "contracts"
    assert basis.category_codes == {"1801", *tree.descendants("1801")}


def test_the_setting_wins_and_without_contracts_the_tree_says(municipality):
    tree = standard_tree()
    assert read_e_trade(municipality, tree).eligible_by == "tree"
    assert "1801" in read_e_trade(municipality, tree).category_codes
    put(municipality, "contracts.csv", CONTRACTS)
    chosen = replace(
        municipality, e_trade_categories="0901 09", e_trade_order_prefixes="45 PO", e_trade_source="einvoice"
    )
    basis = read_e_trade(chosen, tree)
    assert (basis.eligible_by, basis.source, basis.order_prefixes) == ("setting", "einvoice", ("45", "PO"))
    assert "1801" not in basis.category_codes and "0904" in basis.category_codes
    with pytest.raises(SettingsError, match="«99» is not a category"):
        read_e_trade(replace(municipality, e_trade_categories="99"), tree)


def test_what_was_recovered_is_read_and_no_ledger_is_none(municipality):
    assert read_follow_ups(municipality) is None
    head = "Aftalenummer;Dato;Art;Fund;Kroner;Hentet hjem;Status;Fundet af (funktion)\n"
    put(
        municipality,
        "contract_findings.csv",
        head + "A;15-02-2025;wrong_price;Pris;100,00;60,50;closed;indkøb\nA;16-02-2025;wrong_price;;;;open;indkøb\n",
    )
    found = read_follow_ups(municipality)
    assert [(entry.day, entry.amount) for entry in found] == [
        (date(2025, 2, 15), D("60.50")),
        (date(2025, 2, 16), D("0.00")),
    ]
    put(municipality, "contract_findings.csv", head + "A;i går;wrong_price;;;;open;indkøb\n")
    with pytest.raises(TableError, match="findings cannot be used"):
        read_follow_ups(municipality)


def test_marks_differ_where_something_is_counted_otherwise(municipality):
    tree = standard_tree()
    one = counted_by(municipality, tree, read_e_trade(municipality, tree))
    assert one["scope_rules"] == "standard"
    put(municipality, "scope_rules.csv", "x")
    other = counted_by(municipality, tree, read_e_trade(replace(municipality, e_trade_source="none"), tree))
    assert {name for name in one if one[name] != other[name]} == {"scope_rules", "e_trade_source"}
