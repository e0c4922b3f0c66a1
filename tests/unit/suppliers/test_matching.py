"""Which printed suppliers are one, on lists one can read at a glance."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procurement_kit.errors import TableError
from procurement_kit.suppliers.matching import DOUBTFUL, MERGES, REFUSED, match_suppliers

ONE, TWO = "99999993", "00100001"
PAIR = ("left_number", "left_name", "right_number", "right_name", "is_same")


def names(*rows, columns=("supplier_name", "supplier_number")):
    return pd.DataFrame([row if isinstance(row, tuple) else (row, None) for row in rows], columns=list(columns))


def keys(*rows, **options):
    return list(match_suppliers(names(*rows), **options).clusters["supplier_key"])


def decided(*rows):
    return pd.DataFrame(rows, columns=list(PAIR))


def test_the_same_number_is_one_and_bears_the_key():
    assert keys(("Nordby Bus", ONE), ("Lindely Rejser", f"DK {ONE}")) == [f"n:{ONE}"] * 2


def test_a_name_without_number_joins_the_one_number_of_its_name():
    assert keys(("Nordby Bus A/S", ONE), "NORDBY BUS") == [f"n:{ONE}"] * 2


def test_a_name_of_two_numbers_joins_neither_and_is_doubtful():
    found = match_suppliers(names(("Nordby Bus", ONE), ("Nordby Bus", TWO), "Nordby Bus ApS"))
    assert list(found.clusters["supplier_key"]) == [f"n:{ONE}", f"n:{TWO}", "s:nordby bus"]
    assert set(found.doubtful["left_key"]) | set(found.doubtful["right_key"]) == {
        f"n:{ONE}",
        f"n:{TWO}",
        "s:nordby bus",
    }


def test_two_numbers_never_meet():
    assert keys(("Nordby Lindely Bus", ONE), ("Nordby Lindely Bus", TWO)) == [f"n:{ONE}", f"n:{TWO}"]


def test_a_misprinted_number_is_doubtful_and_said():
    found = match_suppliers(names(("Nordby Lindely Bus", ONE), ("Nordby Lindely Bus", "99999939")))
    assert found.clusters["supplier_key"].nunique() == 2
    assert f"only {ONE} has a right Danish check digit" in found.doubtful.iloc[0]["match_evidence"]


def test_a_misprint_is_joined_with_score_and_evidence():
    found = match_suppliers(names("Lindely Millennium Pleje", "Lindely Millenium Pleje ApS", "Sydby Byg"))
    assert list(found.clusters["supplier_key"])[:2] == ["s:lindely millenium pleje"] * 2
    merge = found.merges.iloc[0]
    assert merge["supplier_key"] == "s:lindely millenium pleje"
    assert 0.9 <= merge["match_score"] < 1
    assert "almost: millenium/millennium" in merge["match_evidence"]
    assert "«Lindely Millenium Pleje ApS»" in found.clusters["match_evidence"][0]
    assert found.clusters["match_evidence"][2] == ""


def test_a_doubtful_pair_is_listed_with_both_keys():
    found = match_suppliers(names("Nordby Lindely Bus", "Nordby Lindely Bus Finans"))
    assert found.clusters["supplier_key"].nunique() == 2
    row = found.doubtful.iloc[0]
    assert (row["left_key"], row["right_key"]) == ("s:nordby lindely bus", "s:nordby lindely bus finans")
    assert "only one has: finan" in row["match_evidence"]


def test_the_label_is_the_name_with_most_lines_and_the_key_follows_it():
    table = names(
        ("Nordby Lindely", None, 1),
        ("NORDBY LINDELY DANMARK", None, 9),
        columns=("supplier_name", "supplier_number", "line_count"),
    )
    found = match_suppliers(table).clusters
    assert set(found["supplier_label"]) == {"NORDBY LINDELY DANMARK"}
    assert set(found["supplier_key"]) == {"s:nordby lindely danmark"}


def test_persons_are_never_joined():
    table = pd.DataFrame(
        {
            "supplier_name": ["Nordby Ejer", "Nordby Ejer", "Nordby Ejer", "Firma (CPR-ABCDEFGH2345)"],
            "supplier_kind": ["person", "person", "company", "company"],
            "supplier_account_number": ["CPR-A", "CPR-B", None, None],
        }
    )
    found = match_suppliers(table)
    assert list(found.clusters["supplier_key"]) == ["p:CPR-A", "p:CPR-B", "s:nordby ejer", "p:CPR-ABCDEFGH2345"]
    assert found.clusters["supplier_label"][0] is None
    assert not len(found.merges) and not len(found.doubtful)


def test_rows_index_and_other_columns_stay():
    table = names("Nordby", "", "Sydby").assign(other=[1, 2, 3]).set_index(pd.Index([7, 3, 5]))
    found = match_suppliers(table).clusters
    assert list(found.index) == [7, 3, 5]
    assert list(found["other"]) == [1, 2, 3]
    assert found["supplier_key"][3] is None
    pd.testing.assert_frame_equal(
        table, names("Nordby", "", "Sydby").assign(other=[1, 2, 3]).set_index(pd.Index([7, 3, 5]))
    )


def test_an_empty_list_is_answered():
    found = match_suppliers(names())
    assert list(found.merges) == list(MERGES)
    assert list(found.doubtful) == list(DOUBTFUL)
    assert list(found.refused) == list(REFUSED)
    assert "supplier_key" in found.clusters


def test_columns_that_are_missing_are_named_all_at_once():
    with pytest.raises(TableError) as raised:
        match_suppliers(pd.DataFrame({"name": ["Nordby"]}), decided=pd.DataFrame({"left_name": ["Nordby"]}))
    assert len(raised.value.problems) == 5


# --- decisions ------------------------------------------------------------------------------------------------------


def test_a_decision_joins_and_says_so():
    found = match_suppliers(
        names("Nordby Bus", "Lindely Rejser"), decided=decided((None, "Nordby Bus", None, "LINDELY REJSER ApS", True))
    )
    assert found.clusters["supplier_key"].nunique() == 1
    assert "decided" in found.merges.iloc[0]["match_evidence"]


def test_every_merge_can_be_taken_back_by_deciding_against_it():
    table = names("Lindely Millennium Pleje", "Lindely Millenium Pleje", ("Nordby Bus", ONE), "Nordby Bus ApS")
    first = match_suppliers(table)
    assert len(first.merges) == 2
    against = first.merges[list(PAIR[:4])].assign(is_same=False)
    second = match_suppliers(table, decided=against)
    assert second.clusters["supplier_key"].nunique() == 4
    assert not len(second.merges) and not len(second.doubtful) and not len(second.refused)


def test_decisions_that_cannot_be_followed_are_refused_with_the_reason():
    table = names(("Nordby Bus", ONE), ("Sydby Bus", TWO), ("Lindely", ONE), "Vestby", "VESTBY ApS")
    found = match_suppliers(
        table,
        decided=decided(
            (ONE, "Nordby Bus", TWO, "Sydby Bus", True),
            (ONE, "Nordby Bus", ONE, "Lindely", False),
            (None, "Vestby", None, "VESTBY ApS", False),
            (None, "Not in the list", None, "Vestby", True),
        ),
    )
    assert sorted(found.refused["reason"]) == [
        "their company numbers differ",
        "they are printed alike, so nothing tells them apart",
        "they bear the same company number",
    ]
    assert found.clusters["supplier_key"].nunique() == 3


def test_a_decision_against_holds_for_those_already_joined():
    table = names("Nordby Lindely", "Nordby Lindely Danmark", "Nordby Lindely Group")
    apart = decided((None, "Nordby Lindely Danmark", None, "Nordby Lindely Group", False))
    found = keys(*table["supplier_name"], decided=apart)
    assert found[1] != found[2]


# --- what always holds ----------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["Nordby", "Nordbye", "Lindely", "Byg", "Bus", "Danmark", "A/S", "t/a", "v/", "2", "&", "Æø", "ApS"]
)
PRINTED = st.lists(
    st.tuples(st.lists(WORDS, max_size=4).map(" ".join), st.sampled_from([None, None, ONE, TWO, "12"])), max_size=12
)


@settings(max_examples=30, deadline=None)
@given(PRINTED, st.randoms())
def test_no_order_of_rows_changes_anything_and_numbers_never_meet(rows, chance):
    table = names(*rows)
    found = match_suppliers(table).clusters
    order = list(range(len(rows)))
    chance.shuffle(order)
    again = match_suppliers(table.iloc[order]).clusters.sort_index()
    pd.testing.assert_frame_equal(found, again)
    for key, group in found.groupby("supplier_key"):
        usable = {number for number in group["supplier_number"] if number in (ONE, TWO)}
        assert len(usable) <= 1
        assert not usable or key == f"n:{usable.pop()}"
    assert found["match_score"].between(0, 1).all()


# --- lists whose names come in pairs --------------------------------------------------------------------------------


def invented(count, twin):
    """Invented names, each with a twin spelt otherwise or a stranger beside it."""
    letters = "bdfghjklmnprstv"
    made = []
    for place in range(count):
        stem = "".join(letters[place // 15**power % 15] + "aeio"[power] for power in range(4)).title()
        made += [f"{stem} Lund{stem[:3].lower()}", twin.format(stem=stem, end=stem[:3].lower())]
    return made


def test_an_added_word_is_doubtful_in_an_ordinary_list_and_a_twin_where_most_names_have_one():
    pair = ("Hvidkilde Ravnsborg", "Hvidkilde Ravnsborg Udlejning")
    ordinary = match_suppliers(names(*pair, *invented(150, "Vester{stem}gaard Syd{end}by")))
    paired = match_suppliers(names(*pair, *invented(150, "{stem} Lund{end} Danmark")))
    short = match_suppliers(names(*pair, *invented(20, "{stem} Lund{end} Danmark")))
    assert [found.clusters["supplier_key"][:2].nunique() for found in (ordinary, paired, short)] == [2, 1, 2]
    assert "of the names in this list have a twin" in paired.clusters["match_evidence"][0]
    assert pair[0] in set(ordinary.doubtful["left_name"])


def test_two_registered_names_that_differ_by_a_country_are_two_companies():
    assert keys("Nordby Lindely A/S", "Nordby Lindely Danmark A/S") == ["s:nordby lindely", "s:nordby lindely danmark"]
    assert len(set(keys("Nordby Lindely", "Nordby Lindely Danmark A/S"))) == 1


def test_numbers_and_common_words_make_no_twin_even_there():
    table = names("Hvidkilde Ravnsborg", "Hvidkilde Ravnsborg 2", *invented(150, "{stem} Lund{end} Danmark"))
    assert match_suppliers(table).clusters["supplier_key"][:2].nunique() == 2


PAIRED = invented(150, "{stem} Lund{end} Danmark")


def test_a_single_word_others_print_too_or_that_somebody_was_called_makes_no_twin_there():
    ours = "Hvidkilde", "Hvidkilde Udlejning"
    formerly = "Ravnsborg Vask, tidl. Hvidkilde", "Hvidkilde Udlejning"
    assert match_suppliers(names(*ours, *PAIRED)).clusters["supplier_key"][:2].nunique() == 1
    assert match_suppliers(names(*ours, "Hvidkilde Bageri", *PAIRED)).clusters["supplier_key"][:3].nunique() == 3
    assert match_suppliers(names(*formerly, *PAIRED)).clusters["supplier_key"][:2].nunique() == 2


def test_many_words_more_make_no_twin_there():
    few, many = "Vask Vand Varme", "Vask Vand Varme Og Ventilation"
    for added, groups in ((few, 1), (many, 2)):
        table = names("Hvidkilde Ravnsborg", f"Hvidkilde Ravnsborg {added}", *PAIRED)
        assert match_suppliers(table).clusters["supplier_key"][:2].nunique() == groups


def test_who_bought_the_bill_is_not_who_is_paid_even_where_the_name_says_only_a_trade():
    found = keys("Nordby Factoring re Professional Security", "Professional Security", "Nordby Factoring re Lindely")
    assert found[0] == found[1] != found[2]
