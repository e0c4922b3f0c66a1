from decimal import Decimal

import pandas as pd
import pytest

from procurement_kit.analyses.moves import analyse_moves
from procurement_kit.classifier.change import MOVE_COLUMNS
from procurement_kit.classifier.tree import tree_of_rows
from procurement_kit.publishing.sentences import show

D = Decimal
TREE = tree_of_rows(
    [
        ("01", None, "Kontor", "Office"),
        ("0101", "01", "Papir", "Paper"),
        ("0102", "01", "Stole", "Chairs"),
        ("02", None, "Kørsel", "Transport"),
    ]
)


def move(
    old: str | None, new: str | None, reason: str, lines: int, net: str, size: str = "", sources=("model", "model")
):
    cells = (old, sources[0], None, new, sources[1], None, reason, lines, D(net), D(size or net))
    return dict(zip(MOVE_COLUMNS, cells, strict=True))


def moved(*rows: dict):
    return analyse_moves(pd.DataFrame(list(rows), columns=list(MOVE_COLUMNS), dtype=object), tree=TREE)


@pytest.fixture(scope="module")
def finding():
    """1,000 kroner without sign, of which 500 move: 300 to another area, 50 within one, 100 placed, 50 lost."""
    return moved(
        move("0101", "0101", "stays", 10, "500.00"),
        move("0101", "02", "rule", 2, "100.00", sources=("model", "rule")),
        move("0101", "02", "rule", 1, "-200.00", "200.00", sources=("model", "rule")),
        move("0101", "0102", "label", 1, "50.00"),
        move(None, "01", "model", 3, "100.00", sources=("unclassified", "model")),
        move("02", None, "rule_removed", 1, "50.00", sources=("rule", "unclassified")),
    )


def test_what_moves_is_told_in_lines_and_kroner_without_sign(finding):
    numbers = {name: number.value for name, number in finding.numbers.items()}
    assert (numbers["line_count"], numbers["moved_line_count"]) == (18, 8)
    assert (numbers["analysed_amount"], numbers["absolute_amount"]) == (D("600.00"), D("1000.00"))
    assert (numbers["moved_amount"], numbers["moved_share"]) == (D("500.00"), D("0.500000"))
    assert [numbers[f"{name}_amount"] for name in ("changed", "placed", "lost")] == [
        D("350.00"),
        D("100.00"),
        D("50.00"),
    ]
    assert not finding.failed_checks


def test_pairs_are_put_together_and_ordered_by_kroner(finding):
    first = finding.table.iloc[0]
    assert (first["old_category_name_da"], first["new_category_name_en"]) == ("Papir", "Transport")
    assert (first["move_reason"], first["new_category_source"]) == ("rule", "rule")
    assert (first["line_count"], first["net_amount"], first["absolute_amount"]) == (3, D("-100.00"), D("300.00"))
    assert list(finding.table["absolute_amount"]) == [D("300.00"), D("100.00"), D("50.00"), D("50.00")]
    assert "stays" not in set(finding.table["move_reason"])


def test_every_reason_has_its_row(finding):
    reasons = finding.tables["by_reason"].set_index("move_reason")["absolute_amount"].to_dict()
    assert {name: amount for name, amount in reasons.items() if amount} == {
        "rule": D("300.00"),
        "rule_removed": D("50.00"),
        "label": D("50.00"),
        "model": D("100.00"),
    }
    assert "decision" in reasons


def test_a_move_within_an_area_is_no_move_of_the_area(finding):
    levels = finding.tables["by_level"].set_index("category_level")["moved_share"].to_dict()
    assert levels == {1: D("0.450000"), 2: D("0.350000")}
    assert finding.numbers["level_1_share"].value == D("0.450000")


def test_it_is_told_in_danish_and_english(finding):
    danish, english = show(finding), show(finding, language="en")
    assert "8 linjer" in danish.text.replace("\u00a0", " ")
    assert "ny regel" in danish.html
    assert "Ikke kategoriseret" in danish.html
    assert "8 lines" in english.text.replace("\u00a0", " ")
    assert "regel fjernet" not in english.html
    for table in finding.tables:
        assert "Flyttet af" in show(finding, table=table).html or table == "by_level"


def test_where_nothing_moves_that_is_said():
    finding = moved(move("0101", "0101", "stays", 1, "5.00"))
    assert show(finding).text.startswith("Ingen linjer skifter kategori.")
    assert finding.numbers["moved_share"].value == 0
    assert finding.table.empty
    assert moved().numbers["moved_share"].value is None


def test_a_category_the_tree_no_longer_has_keeps_its_code():
    finding = moved(move("77", "0101", "model", 1, "5.00"))
    assert finding.table.iloc[0]["old_category_name_da"] == "77"
    assert list(finding.tables["by_level"]["line_count"]) == [1, 1]
