from datetime import date

import pytest

from procurement_kit.classifier.rules import (
    apply_rules,
    matching,
    printed_cells,
    read_decisions,
    read_rules,
    rows_of_file,
)
from procurement_kit.errors import TableError
from procurement_kit.tables import DECISIONS, LABELLED_LINES, RULES


def matched(rules, features):
    return [rules[i].reason if i >= 0 else None for i in apply_rules(printed_cells(features), rules)]


def test_every_filled_cell_must_match(tree, features_of):
    rules = read_rules([{"rule_id": "R-1", "supplier_name": "Syd A/S", "unit": "Skole", "category_code": "0101"}], tree)
    rows = features_of(
        {"supplier_name": "SYD", "unit_name": "skole"}, {"supplier_name": "Syd A/S"}, {"unit_name": "Skole"}
    )
    assert matched(rules, rows) == ["R-1", None, None]


def test_a_rules_text_is_a_phrase_between_word_borders(tree, features_of):
    rules = read_rules([{"rule_id": "R-1", "text": "Ble", "category_code": "0101"}], tree)
    rows = features_of({"line_text": "ble str. 4"}, {"line_text": "problem"}, {"item_name": "En BLE"})
    assert matched(rules, rows) == ["R-1", None, "R-1"]


def test_the_most_specific_rule_wins_then_the_first_id(tree, features_of):
    rules = read_rules(
        [
            {"rule_id": "R-3", "text": "papir", "category_code": "0102"},
            {"rule_id": "R-2", "text": "kopi", "category_code": "0102"},
            {"rule_id": "R-9", "text": "papir", "supplier_number": "12345678", "category_code": "0101"},
        ],
        tree,
    )
    rows = features_of(
        {"line_text": "kopi papir", "supplier_number": "12 34 56 78"},
        {"line_text": "kopi papir"},
        {"line_text": "stol"},
    )
    assert matched(rules, rows) == ["R-9", "R-2", None]


def test_a_decisions_text_is_the_whole_text_and_the_latest_wins(tree, features_of):
    decisions = read_decisions(
        [
            {"text": "Papir A4", "category_code": "0101", "decided_date": date(2025, 1, 1)},
            {"text": "papir, a4", "category_code": "0102", "decided_date": date(2026, 1, 1)},
        ],
        tree,
    )
    rows = features_of({"item_name": "Papir", "line_text": "A4"}, {"line_text": "Papir A4 hvid"})
    assert matched(decisions, rows) == ["decisions.csv row 3", None]


def test_unknown_categories_and_rows_that_match_everything_are_refused(tree):
    with pytest.raises(TableError) as refused:
        read_rules(
            [{"rule_id": "R-1", "category_code": "0111", "text": "a"}, {"rule_id": "R-2", "category_code": "01"}], tree
        )
    assert "row 2: «0111» is not in the category tree. Did you mean «0101»?" in refused.value.problems
    assert "row 3: no cell to match on, it would decide every line" in refused.value.problems


def test_no_rules_decide_nothing(tree, features_of):
    assert matched(read_rules([], tree), features_of({"line_text": "papir"})) == [None]


def test_every_match_is_found_not_only_the_one_that_wins(tree, features_of):
    rules = read_rules(
        [
            {"rule_id": "R-1", "text": "kopi papir", "category_code": "0101"},
            {"rule_id": "R-2", "text": "papir", "category_code": "0101"},
            {"rule_id": "R-3", "supplier_name": "Syd", "text": "papir", "category_code": "0102"},
            {"rule_id": "R-4", "supplier_name": "Syd", "category_code": "02"},
        ],
        tree,
    )
    rows = features_of(
        {"line_text": "Kopi papir", "supplier_name": "Syd A/S"},
        {"line_text": "papirkurv", "supplier_name": "Syd"},
        {"line_text": "Papir kopi", "supplier_name": "Nord"},
        {},
    )
    found_rows, positions = matching(printed_cells(rows), rules)
    found = sorted((int(row), rules[position].reason) for row, position in zip(found_rows, positions, strict=True))
    assert found == [(0, "R-1"), (0, "R-2"), (0, "R-3"), (0, "R-4"), (1, "R-4"), (2, "R-2")]
    assert matched(rules, rows) == ["R-3", "R-4", "R-2", None]


def test_account_alone_and_supplier_with_account_are_rules_too(tree, features_of):
    rules = read_rules(
        [
            {"rule_id": "R-1", "account_number": "29.100", "category_code": "0101"},
            {"rule_id": "R-2", "account_number": "29100", "supplier_number": "99999993", "category_code": "0102"},
        ],
        tree,
    )
    rows = features_of(
        {"account_number": "29.100"},
        {"account_number": "29.100", "supplier_number": "99999993"},
        {"account_number": "29"},
    )
    assert [rule.scope for rule in rules] == ["supplier + account", "account"]
    assert matched(rules, rows) == ["R-1", "R-2", None]


def test_a_rule_says_who_made_it_when_and_what_for(tree):
    row = {"rule_id": "R-1", "text": "papir", "category_code": "0101"}
    told = {"decided_by": "indkøb", "decided_date": date(2026, 1, 15), "holds_for": "kun skolerne"}
    (rule,) = read_rules([row | told], tree)
    assert {name: getattr(rule, name) for name in told} == told
    assert rule.scope == "text"


def test_a_file_is_refused_with_everything_that_is_wrong_with_it(tree, tmp_path):
    path = tmp_path / "rules.csv"
    path.write_text(
        "Regel;Leverandør;Tekst;Kategorikode;Dato\nR-1;;papir;0111;15-01-2026\n;Syd;;0101;\n\nR-2;;;0101;\nR-3;Syd;;0101;i går\n",
        "utf-8",
    )
    with pytest.raises(TableError) as refused:
        rows_of_file(path, RULES, tree)
    told = "\n".join(refused.value.problems)
    assert len(refused.value.problems) == 4
    assert "row 2: «0111» is not in the category tree" in told
    assert "row 3, «Regel»: is empty" in told
    assert "row 5: no cell to match on, it would decide every line" in told
    assert "row 6, «Dato»" in told


def test_a_bad_date_and_a_bad_code_in_one_row_or_two_are_told_at_once(tree, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("Leverandør;Kategorikode;Dato\nSyd;0111;i går\nNord;0101;i morgen\nVest;0112;\n", "utf-8")
    with pytest.raises(TableError) as refused:
        rows_of_file(path, DECISIONS, tree)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "row 2, «Dato»",
        "row 2",
        "row 3, «Dato»",
        "row 4",
    ]


@pytest.mark.parametrize("table", [RULES, DECISIONS, LABELLED_LINES])
def test_a_personal_number_is_refused_by_row_and_never_repeated(tree, tmp_path, table):
    path = tmp_path / f"{table.name}.csv"
    rows = [
        "R-1;tur for 010190-1234;;0101",  # in a text
        "R-2;papir;;0101",
        "R-3;0101901234;;0101",  # bare, where a text is read
        "R-4;;0101901234;0101",  # an account may have ten digits
        "R-5;papir;;010190-1234",  # where a code is read
    ]
    path.write_text("Regel;Tekst;Konto;Kategorikode\n" + "\n".join(rows) + "\n", "utf-8")
    with pytest.raises(TableError) as refused:
        rows_of_file(path, table, tree)
    told = refused.value.problems
    assert path.name in str(refused.value)
    assert [problem.split(":")[0] for problem in told] == ["row 2", "row 4", "row 6", "row 6"]
    assert told[0] == "row 2: «Tekst» holds what looks like a personal number; take it out"
    assert not any("1234" in text for text in (*told, str(refused.value)))


def test_a_file_that_is_not_there_has_no_rows(tree, tmp_path):
    assert rows_of_file(tmp_path / "rules.csv", RULES, tree) == []
