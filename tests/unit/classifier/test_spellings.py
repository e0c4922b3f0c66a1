import pytest

from procurement_kit.classifier.spellings import SpellingGroup, alike, chosen_spellings, complete_path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Children & Young People", "Children and Young People"),
        ("Events - Venue Hire", "events – venue hire"),
        ("Groundwork´s", "Groundwork?s"),
        ("Property", "Properry"),
        ("Drift og vedligehold", "Drift & vedligehold"),
    ],
)
def test_slips_and_signs_look_alike(one, other):
    assert alike(one, other) >= 0.85


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Building Services - Heating", "Building Services - Fencing"),
        ("Environmental Health - Air", "Environmental Health - Water"),
        ("Hardware", "Hardware - AV"),
        ("Zone 1", "Zone 2"),
        ("", "Salt"),
    ],
)
def test_names_that_share_a_beginning_or_differ_in_a_number_do_not(one, other):
    assert alike(one, other) == 0


def test_a_part_of_a_name_is_offered_at_the_top_only():
    assert alike("Culture & Sport", "Economic Growth, Culture & Sport", at_top=True) == 0.85
    assert alike("Culture & Sport", "Economic Growth, Culture & Sport") == 0


def test_the_most_frequent_spelling_wins_and_levels_are_asked_in_turn():
    asked = []

    def confirm(group):
        asked.append(group)
        return True

    names = chosen_spellings({("Roads", "Salts"): 1, ("roads", "Salt"): 4}, confirm)
    assert names[("Roads", "Salts")] == names[("roads", "Salt")] == ("roads", "Salt")
    assert asked == [
        SpellingGroup((), (("roads", 4), ("Roads", 1))),
        SpellingGroup(("roads",), (("Salt", 4), ("Salts", 1))),
    ]


def test_a_refused_spelling_is_offered_to_the_next_one_it_looks_like():
    names = chosen_spellings(
        {("Repair A",): 5, ("Repairs AB",): 4, ("Repairs ABC",): 1},
        lambda group: {"Repairs AB", "Repairs ABC"} == {name for name, _ in group.spellings},
    )
    assert names[("Repairs ABC",)] == ("Repairs AB",)


def test_a_path_ends_at_its_first_empty_level():
    assert complete_path(("Roads", "", "Salt")) == ("Roads",)
    assert complete_path(("Roads", float("nan"), None)) == ("Roads",)
