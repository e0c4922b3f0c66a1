import pytest

from procurement_kit.classifier.tree import (
    read_spellings,
    read_tree,
    standard_phrases,
    standard_tree,
    tree_from_labels,
    tree_of,
    tree_of_rows,
    tree_text,
    write_own_tree,
)
from procurement_kit.errors import TableError
from procurement_kit.settings import Municipality

HEADER = "category_code;parent_category_code;category_name_da;category_name_en;purchase_type;is_exempt\n"


def written(tmp_path, body, header=HEADER):
    path = tmp_path / "category_tree.csv"
    path.write_text(header + body, encoding="utf-8")
    return path


def test_reads_names_levels_paths_and_flags(tmp_path):
    tree = read_tree(
        written(tmp_path, "18;;Kontor;Office;goods;nej\n1801;18;Papir;;goods;ja\n180101;1801;Kopipapir;;;\n")
    )
    assert tree.codes == ("18", "1801", "180101")
    assert [tree.level(code) for code in tree.codes] == [1, 2, 3]
    assert tree.path("180101") == ("18", "1801", "180101")
    assert tree.descendants("18") == ("1801", "180101")
    assert tree.leaves == ("180101",)
    assert tree["1801"].purchase_type == "goods"
    assert (tree.name("18", "en"), tree.name("1801", "en")) == ("Office", "Papir")


def test_a_flag_holds_for_everything_below(tmp_path):
    tree = read_tree(written(tmp_path, "18;;Kontor;;;nej\n1801;18;Papir;;;ja\n180101;1801;Kopipapir;;;nej\n"))
    assert tree.codes_where("is_exempt") == {"1801", "180101"}


def test_any_code_will_do_when_the_parent_is_named(tmp_path):
    tree = read_tree(written(tmp_path, "PAPIR;KONTOR;Papir;;;\nKONTOR;;Kontor;;;\n"))
    assert tree.path("PAPIR") == ("KONTOR", "PAPIR")


def test_all_problems_are_reported_at_once(tmp_path):
    body = "18;;Kontor;;;\n1801;81;Papir;;;\nA;B;Ring;;;\nB;A;Ring;;;\n1;18;To;;;\n2;1;Tre;;;\n3;2;Fire;;;\n"
    with pytest.raises(TableError) as refused:
        read_tree(written(tmp_path, body))
    problems = "\n".join(refused.value.problems)
    assert "1801: parent «81» is not in the tree. Did you mean «1»?" in problems
    assert "A: is its own ancestor" in problems
    assert "B: is its own ancestor" in problems
    assert "3: lies on level 4, at most 3 are allowed" in problems


def test_wrong_headings_are_refused_and_not_read_as_an_empty_tree(tmp_path):
    with pytest.raises(TableError, match="columns are missing"):
        read_tree(written(tmp_path, "18;;Kontor\n", header="code;parent;name\n"))


def test_repeated_codes_are_refused(tmp_path):
    with pytest.raises(TableError, match="stands in row 2 already"):
        read_tree(written(tmp_path, "18;;Kontor;;;\n18;;Andet;;;\n"))


def test_an_unknown_code_is_named_with_the_nearest(tree):
    with pytest.raises(TableError, match="Did you mean «010"):
        tree.name("0103")


def test_an_empty_tree_is_refused():
    with pytest.raises(TableError, match="there is no category"):
        tree_of_rows([])


def test_the_standard_tree_is_whole_and_its_phrases_point_into_it():
    tree = standard_tree()
    assert len(tree.at_level(1)) == 21
    assert all(len(tree.parent(code)) == len(code) - 2 for code in tree.codes if tree.parent(code))
    phrases = standard_phrases()
    assert set(phrases["category_code"]) <= set(tree.codes)
    assert len(phrases) > 5000


def test_a_municipality_uses_its_own_tree_where_it_has_one(tmp_path, tree):
    town = Municipality("prøveby", tmp_path, "Prøveby", "key")
    assert tree_of(town) is standard_tree()
    write_own_tree(town, tree, {})
    assert tree_of(town) == tree


def test_a_tree_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "category_tree.csv"
    path.write_text(tree_text(standard_tree()), encoding="utf-8")
    assert read_tree(path) == standard_tree()


def test_labels_become_a_tree_in_alphabetical_order(tmp_path):
    counts = {("Roads", "Salt"): 5, ("Roads", "Asphalt"): 2, ("Adults", None): 1, ("Roadds", "Salt"): 1, (None, "x"): 9}
    tree, codes = tree_from_labels(counts, confirm=lambda group: True)
    assert [(code, tree.name(code)) for code in tree.codes] == [
        ("01", "Adults"),
        ("02", "Roads"),
        ("0201", "Asphalt"),
        ("0202", "Salt"),
    ]
    assert codes[("Roadds", "Salt")] == codes[("Roads", "Salt")] == "0202"
    own = Municipality("prøveby", tmp_path, "Prøveby", "key")
    write_own_tree(own, tree, codes)
    assert read_spellings(own) == codes
    assert tree_of(own) == tree


def test_spellings_stay_apart_where_the_person_says_no():
    tree, _ = tree_from_labels({("Roads",): 5, ("Roadds",): 1}, confirm=lambda group: False)
    assert len(tree.codes) == 2


def test_labels_without_a_first_level_make_no_tree():
    with pytest.raises(TableError, match="No line carries a known category"):
        tree_from_labels({(None, "Salt"): 3}, confirm=lambda group: True)


def test_a_municipality_without_spellings_has_none(tmp_path):
    assert read_spellings(Municipality("prøveby", tmp_path, "Prøveby", "key")) == {}
