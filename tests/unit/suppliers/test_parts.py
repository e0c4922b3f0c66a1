"""Units, rarity, blocking, alignment and clustering: the parts of the matcher on tables one can do by hand."""

from collections import Counter
from itertools import combinations

import pytest

from procurement_kit.suppliers.alignment import align
from procurement_kit.suppliers.blocking import BLOCK, candidate_pairs
from procurement_kit.suppliers.clustering import Groups, join_pairs
from procurement_kit.suppliers.pairing import Pair, likely_pairs
from procurement_kit.suppliers.rarity import LEAST, TRADE, learn_rarity
from procurement_kit.suppliers.scoring import judge
from procurement_kit.suppliers.spelling import Face, faces_of
from procurement_kit.suppliers.units import Unit, says_only_trade, unit_key, units_of


def rows(*printed):
    return [{"unit": unit_key(number, name), "supplier_name": name, "line_count": 1} for number, name in printed]


def test_units_are_numbers_and_names_without_legal_form():
    units = units_of(rows((None, "Nordby A/S"), (None, "NORDBY ApS"), ("99999993", "Nordby A/S"), (None, "Sydby")))
    assert list(units) == [("", "nordby"), ("", "sydby"), ("99999993", "nordby")]
    assert units[("", "nordby")].lines == {"Nordby A/S": 1, "NORDBY ApS": 1}


def test_a_name_that_is_only_a_trade_is_known_by_its_owner():
    assert says_only_trade("murer")
    assert not says_only_trade("havnens murer")
    assert unit_key(None, "Murer v/A Ejer") != unit_key(None, "Murer v/B Ejer")
    assert unit_key(None, "Havnens Murer v/A Ejer") == unit_key(None, "Havnens Murer")


def test_a_unit_takes_the_firms_name_over_the_trading_name():
    unit = Unit(("99999993", "nordby"), {"Nordby Ltd t/a Lindely": 1, "Nordby": 3, "Sydby t/a Nordby": 1})
    assert (unit.number, unit.name) == ("99999993", "Nordby")
    assert {(face.kind, face.words) for face in unit.faces} == {
        ("firm", ("nordby",)),
        ("trading", ("lindely",)),
        ("firm", ("sydby",)),
    }
    assert unit.firm_words == {"nordby", "sydby"}


def test_rare_words_weigh_most_and_trades_little():
    rarity = learn_rarity([("nordby", "vvs"), ("sydby", "vvs"), *[("lindely", str(n)) for n in range(900)]])
    assert rarity.of(["nordby"]) == 1
    assert rarity.of(["vvs"]) == TRADE
    assert LEAST <= rarity.of(["lindely"]) < 0.1
    assert rarity.of(["never seen"]) == 1


def test_blocks_are_bounded():
    faces = [Face("firm", ("transport", f"firma{n:05d}")) for n in range(3_000)]
    pairs = candidate_pairs(faces, learn_rarity(face.words for face in faces))
    assert len(pairs) < len(faces) * BLOCK


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("nordby", "vvs"), ("nordby", "el")),
        (("millennium", "pleje"), ("millenium", "pleje")),
        (("picture", "wall"), ("picturewall",)),
        (("nordby", "vikar", "tolk"), ("tolk", "nordby")),
    ],
)
def test_names_worth_comparing_are_found(one, other):
    faces = sorted(
        [Face("firm", one), Face("firm", other), *[Face("firm", (f"x{n}y", "byg")) for n in range(50)]], key=str
    )
    rarity = learn_rarity(face.words for face in faces)
    ends = tuple(sorted((faces.index(Face("firm", one)), faces.index(Face("firm", other)))))
    assert ends in candidate_pairs(faces, rarity)


def test_alignment_names_each_word_once():
    found = align(("picture", "wall", "jensen", "a"), ("picturewall", "jenssen", "anton", "byg"))
    assert found.same == ()
    assert Counter(how for _, _, how in found.alike) == Counter(together=1, spelling=1, initial=1)
    assert (found.left, found.right) == ((), ("byg",))


def score(one, other, *more):
    faces = [faces_of(name)[0] for name in (one, other)]
    rarity = learn_rarity({face.words for name in (one, other, *more) for face in faces_of(name)})
    return judge(*faces, rarity).score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nordby Byg", "Nordby Byg ApS"),
        ("Lindely Millennium Pleje", "Lindely Millenium Pleje"),
        ("Theatre Lindely Nordby", "Nordby Lindely Theatre"),
        ("Nordby Lindely", "Nordby Lindely Danmark A/S"),
        ("Nordby Picture Wall", "Nordby Picturewall"),
        ("Nordby Lindely Advokater", "Nordby Lindely"),
        ("Lindely Øst Anlægsgartnere og Kloakme", "Lindely Øst Anlægsgartnere og Kloakmestre"),
    ],
)
def test_the_same_supplier_scores_high(one, other):
    assert score(one, other) >= 0.9


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pedersen Byg", "Petersen Byg"),
        ("Nordby Byg", "Nordby Rengøring"),
        ("Nordby 2 ApS", "Nordby 3 ApS"),
        ("Nordby Homes 2 Ltd", "Nordby Homes Ltd"),
        ("Nordby Lindely", "Nordby Lindely Finans"),
        ("Nordby Aarhus", "Nordby Odense"),
        ("A Lindely", "Anton Lindely"),
        ("Falck", "Falk"),
        ("Kings Security", "Kingsley Security"),
    ],
)
def test_another_supplier_or_a_doubtful_one_scores_lower(one, other):
    assert score(one, other) < 0.9


def test_two_words_that_both_occur_often_are_not_a_misprint():
    often = [f"Karlebo Sten {n}" for n in range(5)] + [f"Karlbo Sten {n}" for n in range(5)]
    assert score("Lindely Karlebo Nordby", "Lindely Karlbo Nordby") >= 0.9
    assert score("Lindely Karlebo Nordby", "Lindely Karlbo Nordby", *often) < 0.9


def joined(count, pairs, numbers=None, apart=()):
    groups = Groups(numbers or [""] * count, set(apart))
    made, left = join_pairs(groups, pairs, merge_from=0.9)
    return {frozenset(members) for members in groups.members.values() if len(members) > 1}, made, left


def test_a_chain_of_small_likenesses_does_not_join_strangers():
    chain = [Pair(n, n + 1, 0.91, "") for n in range(5)]
    groups, _, left = joined(6, chain)
    assert max(map(len, groups)) < 4
    assert left


def test_certain_pairs_may_chain_and_groups_that_agree_may_join():
    groups, _, _ = joined(3, [Pair(0, 1, 0.97, ""), Pair(1, 2, 0.95, "")])
    assert groups == {frozenset({0, 1, 2})}
    groups, _, _ = joined(4, [Pair(a, b, 0.92, "") for a, b in combinations(range(4), 2)])
    assert groups == {frozenset(range(4))}


def test_two_numbers_never_meet_not_even_through_a_name():
    groups, _, left = joined(3, [Pair(0, 1, 0.99, ""), Pair(1, 2, 0.95, "")], ["99999993", "", "00100001"])
    assert groups == {frozenset({0, 1})}
    assert [pair.other for pair in left] == [2]


def test_a_name_that_could_go_with_two_numbers_goes_with_none():
    groups, made, _ = joined(3, [Pair(0, 1, 0.99, ""), Pair(1, 2, 0.99, "")], ["99999993", "", "00100001"])
    assert not groups
    assert not made


def test_what_was_decided_apart_stays_apart_through_others():
    groups, _, _ = joined(3, [Pair(0, 1, 0.99, ""), Pair(1, 2, 0.98, "")], apart=[(0, 2)])
    assert groups == {frozenset({0, 1})}


def test_place_moves_a_doubtful_pair():
    def pair_score(**places):
        printed = [
            {"unit": unit_key(None, name), "supplier_name": name, "line_count": 1, **places[side]}
            for name, side in (("Nordby Lindely Finans", "one"), ("Nordby Lindely", "other"))
        ]
        return likely_pairs(list(units_of(printed).values()))[0].score

    alone = pair_score(one={}, other={})
    same = pair_score(one={"address": "Havnen 1"}, other={"address": "HAVNEN 1"})
    account = pair_score(one={"supplier_account_number": "71"}, other={"supplier_account_number": "71"})
    elsewhere = pair_score(one={"postcode": "1000"}, other={"postcode": "8000"})
    assert elsewhere < alone < 0.9 <= same == account


def test_an_account_under_which_many_are_paid_once_says_nothing():
    def units(count):
        printed = [f"Navn{place} {place}by" for place in range(count)]
        return units_of(
            {"unit": unit_key(None, name), "supplier_name": name, "line_count": 1, "supplier_account_number": "9999"}
            for name in printed
        )

    assert {account for unit in units(5).values() for account in unit.places["account"]} == {"9999"}
    assert not any(unit.places["account"] for unit in units(6).values())
