"""Is what the page shows of a group plain text, marked where a word decided?"""

from decimal import Decimal

import pytest

from procurement_kit.classifier.explanations import Explanation, Pull
from procurement_kit.classifier.tree import tree_of_rows
from procurement_kit.publishing.formats import Formats
from procurement_kit.review.explained import PageWords
from procurement_kit.review.page_view import (
    best_view,
    category_list,
    leads_of,
    lines_text,
    marked,
    path_of,
    progress_view,
    static_page,
)
from tests.reviewing import NODES

TREE, WORDS = tree_of_rows(NODES), PageWords(Formats())


def test_the_text_stays_whole_whatever_is_marked():
    text = "Kopipapir (A4), 80 g/m² – Ærø_Ø"
    pieces = marked(text, "text", {("text", "kopipapir"): 0.9, ("text", "ærø"): -0.3, ("text", "g"): 0.06})
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece in pieces if piece[1]] == [["Kopipapir", 2], ["g", 1], ["Ærø", -2]]


def test_a_word_is_marked_in_its_own_field_only():
    leads = {("supplier", "taxa"): 0.9}
    assert marked("taxa", "text", leads) == [["taxa", 0]]
    assert marked("taxa", "supplier", leads) == [["taxa", 2]]


def test_no_classifier_marks_nothing():
    assert leads_of(None) == {}
    told = Explanation("a", "b", 0.6, 0.4, 0.0, 0.0, (Pull("text", "taxa", 0.5, 0.1),), True)
    assert leads_of(told) == {("text", "taxa"): pytest.approx(0.4)}


def test_categories_to_choose_from_leave_out_what_is_not_procurement():
    codes = [category["code"] for category in category_list(TREE, WORDS)]
    assert codes == ["01", "0101", "0102", "02", "0201", "0202"]
    assert path_of(TREE, "0101", "en") == "Office"


def test_the_best_are_those_the_tree_knows():
    group = {"best_1_code": "0101", "best_1_probability": 0.75, "best_2_code": "gone", "best_2_probability": 0.2}
    found = best_view(group | {"best_3_code": None, "best_3_probability": None}, TREE, WORDS)
    assert found == [{"code": "0101", "name": "Kopipapir", "path": "Kontor", "share": "75 %", "width": 75}]


@pytest.mark.parametrize(
    ("reviewed", "left", "done"), [("0", "10", 0), ("9.99", "0.01", 99), ("10", "0", 100), ("0", "0", 100)]
)
def test_the_bar_is_full_only_when_nothing_is_left(reviewed, left, done):
    assert progress_view(Decimal(reviewed), Decimal(left), WORDS, "")["done"] == done


def test_one_line_is_one_line():
    assert (lines_text(1, WORDS), lines_text(1234, WORDS)) == ("1 linje", "1.234 linjer")


def test_the_table_escapes_what_stands_on_invoices():
    cell = [["<script>hurt()</script>", 0]]
    group = dict.fromkeys(("supplier", "text", "account", "unit"), cell) | {"kroner": "1 kr.", "best": []}
    page = static_page([group], WORDS, title="<b>", todo="&")
    assert "<script>" not in page and "&lt;script&gt;hurt()&lt;/script&gt;" in page
    assert page.startswith("<h4>&lt;b&gt;</h4><p>&amp;</p><table>")
    assert "<table>" not in static_page([], WORDS, title="", todo="")
