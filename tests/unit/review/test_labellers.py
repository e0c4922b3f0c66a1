"""Is the agreement of two labellers counted right, and are the boundaries named that must be rewritten?"""

from decimal import Decimal

import openpyxl
import pandas as pd
import pytest

from procurement_kit.classifier.tree import Category, CategoryTree, tree_of
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.exact import frame
from procurement_kit.publishing.sentences import show
from procurement_kit.review.kept_rows import kept_rows
from procurement_kit.review.labellers import LABELS, compare_labellers, draw_labelling_sample, kappa_with_limits
from procurement_kit.review.labelling_workbooks import (
    keep_agreed,
    read_labels,
    write_comparison,
    write_labelling_workbooks,
)
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.tables import LABELLED_LINES

TREE = CategoryTree((
    Category("01", None, "Papir", "Paper", 1, belongs_da="Alt af papir."),
    Category("0101", "01", "Kopipapir", "Copy paper", 2, belongs_da="Papir til printere."),
    Category("0102", "01", "Blokke", "Pads", 2, belongs_da="Papir at skrive på."),
    Category("010201", "0102", "Notesblokke", "Note pads", 3),
    Category("02", None, "Møbler", "Furniture", 1, belongs_da="Alt til at sidde ved."),
    Category("0201", "02", "Stole", "Chairs", 2, belongs_da="Til at sidde på."),
))  # fmt: skip


def labels(*pairs):
    """Lines of (first, second, kroner)."""
    rows = [
        {"labelling_id": f"{n:04d}", "category_a": first, "category_b": second, "stands_for_amount": Decimal(amount)}
        for n, (first, second, amount) in enumerate(pairs)
    ]
    return frame(rows, LABELS)


MIXED = labels(
    ("0101", "0101", "100.00"), ("0101", "0102", "50.00"), ("0102", "0102", "100.00"), ("0201", "0201", "100.00"),
    ("0201", "0102", "30.00"), ("0102", "0101", "20.00"), (None, "0101", "5.00"),
)  # fmt: skip


def test_kappa_can_be_done_by_hand():
    # 3 of 4 agree; by chance (2/4 × 1/4) + (2/4 × 3/4) = 1/2; (3/4 - 1/2) / (1 - 1/2) = 1/2
    assert kappa_with_limits(["a", "a", "b", "b"], ["a", "b", "b", "b"])["kappa"] == Decimal("0.5000")


def test_the_interval_of_kappa_is_that_of_the_large_sample_formula():
    first = ["a"] * 100 + ["b"] * 100
    second = ["a"] * 80 + ["b"] * 20 + ["b"] * 80 + ["a"] * 20
    found = kappa_with_limits(first, second)
    # kappa 0.6; standard error sqrt(0.8 × 0.2 / (200 × 0.25)) = 0.0566
    assert found["kappa"] == Decimal("0.6000")
    assert float(found["kappa_low"]) == pytest.approx(0.6 - 1.96 * 0.0566, abs=0.02)
    assert float(found["kappa_high"]) == pytest.approx(0.6 + 1.96 * 0.0566, abs=0.02)


def test_one_label_alone_has_no_kappa():
    assert kappa_with_limits(["a", "a"], ["a", "a"])["kappa"] is None


def test_agreement_is_told_per_level_of_those_both_labelled():
    finding = compare_labellers(MIXED, tree=TREE)
    levels = finding.table.set_index("category_level")
    assert levels.loc[1, "agreed_share"] == Decimal("0.833333")  # five of six; the paper ones differ below the area
    assert levels.loc[2, "agreed_share"] == Decimal("0.500000")
    assert levels.loc[2, "kappa"] == Decimal("0.2500")  # by chance (2×2 + 2×3 + 2×1) / 36 = 1/3
    assert (finding.numbers["line_count"].value, finding.numbers["unlabelled_line_count"].value) == (6, 1)
    assert finding.numbers["is_enough"].value == 0
    assert finding.caveats == ("unlabelled",)


def test_pairs_are_named_by_kroner_whichever_way_round_with_their_sentences():
    pairs = compare_labellers(MIXED, tree=TREE).tables["pairs"]
    assert pairs[["category_code", "other_code", "line_count"]].values.tolist() == [
        ["0101", "0102", 2],
        ["0102", "0201", 1],
    ]
    assert pairs["disagreement_amount"].tolist() == [Decimal("70.00"), Decimal("30.00")]
    assert pairs.loc[0, "belongs_text"] == "Papir til printere."
    assert pairs.loc[0, "other_belongs_text"] == "Papir at skrive på."


def test_stopping_at_the_area_is_no_boundary_to_rewrite():
    finding = compare_labellers(labels(("01", "0101", "10.00"), ("0201", "0201", "10.00")), tree=TREE)
    assert finding.tables["pairs"].empty
    assert finding.table.set_index("category_level").loc[1, "kappa"] == Decimal("1.0000")


def test_totals_by_each_sum_to_the_same_and_the_difference_is_shown():
    finding = compare_labellers(MIXED, tree=TREE)
    groups = finding.tables["by_group"].set_index("category_code")
    assert groups.loc["0101", ["first_amount", "second_amount"]].tolist() == [Decimal("150.00"), Decimal("120.00")]
    assert groups.loc["0201", "difference_amount"] == Decimal("-30.00")
    assert finding.numbers["moved_amount"].value == Decimal("30.00")
    assert not finding.failed_checks


@pytest.mark.parametrize("language", ["da", "en"])
def test_it_is_told_in_both_languages(language):
    for found in (MIXED, labels(("0101", "0101", "1.00"), ("0201", "0201", "1.00")), labels(("01", "01", "1.00"))):
        finding = compare_labellers(found, tree=TREE)
        assert show(finding, language=language).text
        for table in finding.tables:
            assert show(finding, table=table, language=language).text


def test_nothing_labelled_by_both_is_refused():
    with pytest.raises(NoDataError):
        compare_labellers(labels(("01", None, "1.00")), tree=TREE)


# --- drawing, workbooks ---------------------------------------------------------------------------------------------


PAPER = {"supplier_name": "Papirhuset A/S", "supplier_number": "00100001", "item_name": "Kopipapir", "line_text": None}


@pytest.fixture
def town(cubed):
    chairs = {"supplier_name": "Stolefabrikken", "line_text": "Stole"}
    return cubed(
        {**PAPER, "net": "60.00"}, {**PAPER, "net": "40.00"}, {**chairs, "net": "-30.00"}, {**PAPER, "item_name": None, "net": "9.00"},
    )  # fmt: skip


def draw(town, **more):
    return draw_labelling_sample(read_cube(town), **more)


def test_equal_lines_are_drawn_once_and_without_a_text_not_at_all(town):
    drawn = draw(town)
    assert sorted(drawn["net_amount"]) == [Decimal("-30.00"), Decimal("100.00")]
    assert sorted(drawn["stands_for_amount"]) == [Decimal("30.00"), Decimal("100.00")]
    assert sorted(drawn["line_count"]) == [1, 2]


def test_what_the_drawn_lines_stand_for_is_the_whole(cubed):
    town = cubed(*({"line_text": f"Vare {n}", "net": f"{n + 1}.37"} for n in range(80)))
    drawn = draw(town, count=7)
    assert len(drawn) == 7
    assert sum(drawn["stands_for_amount"]) == sum(Decimal(n + 1) + Decimal("0.37") for n in range(80))


def rows(path):
    head, *found = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(head, row)) for row in found]


def filled(path, categories):
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        text = sheet.cell(row, places["Tekst"]).value
        sheet.cell(row, places["Kategori"]).value = categories.get(text)
    book.save(path)
    return path


def test_two_blind_workbooks_hold_the_same_lines(town):
    first, second = write_labelling_workbooks(town, draw(town), tree_of(town))
    assert (first.name, second.name) == ("mærkning_A.xlsx", "mærkning_B.xlsx")
    assert {row["Linje"] for row in rows(first)} == {row["Linje"] for row in rows(second)}
    assert [row["Kategori"] for row in rows(first)] == [None, None]
    assert openpyxl.load_workbook(first).sheetnames == ["Linjer", "Kategorier", "Vejledning"]


def test_labels_are_read_back_and_bad_rows_named(town):
    first, second = write_labelling_workbooks(town, draw(town), tree_of(town))
    filled(first, {"Kopipapir": "1801 Kontorartikler og papir", "Stole": "noget"})
    filled(second, {"Kopipapir": "1802", "Stole": "Kan ikke afgøres"})
    found, refused = read_labels(town, [first, second], tree_of(town))
    assert found[["category_a", "category_b"]].dropna().values.tolist() == [["1801", "1802"]]
    assert len(refused) == 1
    assert "mærkning_A.xlsx" in refused[0]


def test_without_a_draw_there_is_nothing_to_compare(municipality, tmp_path):
    with pytest.raises(NoDataError):
        read_labels(municipality, [tmp_path / "a.xlsx", tmp_path / "b.xlsx"], TREE)


def test_lines_both_agree_on_become_known_lines_once(town):
    first, second = write_labelling_workbooks(town, draw(town), tree_of(town))
    filled(first, {"Kopipapir": "1801", "Stole": "1802"})
    filled(second, {"Kopipapir": "1801", "Stole": "1801"})
    found, _ = read_labels(town, [first, second], tree_of(town))
    assert keep_agreed(town, found, decided_by="indkøbskonsulent") == 1
    assert keep_agreed(town, found, decided_by="indkøbskonsulent") == 0
    (kept,) = kept_rows(town, LABELLED_LINES)
    assert (kept["supplier_number"], kept["text"], kept["category_code"]) == ("00100001", "Kopipapir", "1801")
    with pytest.raises(ParameterError):
        keep_agreed(town, found, decided_by="Petra Prøve")


@pytest.mark.parametrize("found", [MIXED, labels(("0101", "0101", "1.00"), ("0201", "0201", "1.00"))])
def test_the_comparison_is_a_workbook(municipality, found):
    path = write_comparison(municipality, compare_labellers(found, tree=TREE))
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 5
    said = [cell.value for cell in book.worksheets[0]["A"]]
    assert any("kappa" in line for line in said)
    assert isinstance(found, pd.DataFrame)
