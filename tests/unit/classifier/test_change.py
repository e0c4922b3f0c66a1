from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from procurement_kit.classifier import lookup
from procurement_kit.classifier.change import (
    FOUND,
    KEYS,
    LEADING,
    SUMS,
    Deciding,
    count_moves,
    label_marks,
    placed_rows,
    redecided,
)
from procurement_kit.tables import CLASSIFIER_FEATURES

KRONER = pa.decimal128(38, 2)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in (*CLASSIFIER_FEATURES, *LEADING)),
        ("has_leader", pa.bool_()),
        *((f"old_{name}", pa.string()) for name in FOUND),
        ("line_count", pa.int64()),
        ("net_amount", KRONER),
        ("absolute_amount", KRONER),
    ]
)


def row(text: str, kroner: str = "100.00", *, leader: str | None = None, lines: int = 1, **old) -> dict:
    net = Decimal(kroner)
    follows = {"leading_line_text": leader, "has_leader": leader is not None}
    known = {f"old_category_{name}": value for name, value in old.items()}
    sums = {"line_count": lines, "net_amount": net, "absolute_amount": abs(net)}
    return dict.fromkeys(SCHEMA.names) | {"line_text": text} | follows | known | sums


def batches(*rows: dict, size: int = 100):
    return pa.Table.from_pylist(list(rows), schema=SCHEMA).to_batches(max_chunksize=size)


def rule(rule_id: str, text: str, code: str) -> dict:
    return {"rule_id": rule_id, "text": text, "category_code": code}


class Swapped:
    """A classifier that takes paper for chairs and is sure of everything else it knows."""

    version = "swapped1"

    def __init__(self, codes: dict[str, str]):
        self.codes, self.classifier, self.levels = codes, self, self

    def codes_of(self, name: str) -> np.ndarray:
        return np.array(list(self.codes.values()), dtype=object)

    def fitting(self, batch):
        return [batch]

    def prepared(self, batch):
        return batch

    def placed(self, batch) -> dict[str, np.ndarray]:
        texts = list(self.codes)
        places = np.array(
            [texts.index(text) if text in texts else -1 for text in batch.column("line_text").to_pylist()]
        )
        sure = np.where(places >= 0, 0.9, np.nan)
        return {"category": places, "category_confidence": sure, "proposed": places, "proposed_confidence": sure}


@pytest.fixture(autouse=True)
def swapped_speaks_for_itself(monkeypatch):
    monkeypatch.setattr(lookup, "TableScorer", lambda classifier: classifier)


OLD = Swapped({"papir": "0101", "stol": "0102", "fragt": "0201"})
NEW = Swapped({"papir": "0102", "stol": "0102", "fragt": "0201", "taxa": "0201"})


def told(moves: pd.DataFrame) -> list[tuple]:
    names = ["old_category_code", "new_category_code", "move_reason", "line_count", "net_amount"]
    return [tuple(cells) for cells in moves[moves["move_reason"] != "stays"][names].to_numpy().tolist()]


def test_a_new_classifier_moves_what_it_places_elsewhere_and_nothing_is_lost(tree):
    rows = batches(row("papir", "30.00", lines=3), row("stol", "-7.50"), row("taxa"), row("ukendt", "1.00"))
    moves = count_moves(rows, tree, before=Deciding(OLD), after=Deciding(NEW))
    assert told(moves) == [
        ("0101", "0102", "model", 3, Decimal("30.00")),
        (None, "0201", "model", 1, Decimal("100.00")),
    ]
    assert moves["line_count"].sum() == 6
    assert sum(moves["net_amount"]) == Decimal("123.50")
    assert sum(moves["absolute_amount"]) == Decimal("138.50")
    assert set(moves["new_category_reason"]) == {"swapped1"}


def test_a_row_learned_by_heart_is_moved_by_its_label(tree):
    labelled = pd.DataFrame([dict.fromkeys(CLASSIFIER_FEATURES) | {"line_text": "papir", "category_code": "0102"}])
    moves = count_moves(
        batches(row("papir"), row("taxa")),
        tree,
        before=Deciding(OLD),
        after=Deciding(NEW),
        labels=label_marks(labelled),
    )
    assert [(move[1], move[2]) for move in told(moves)] == [("0102", "label"), ("0201", "model")]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (Deciding(OLD), Deciding(OLD, rules=(rule("R-1", "papir", "02"),)), "rule"),
        (Deciding(OLD, rules=(rule("R-1", "papir", "02"),)), Deciding(OLD), "rule_removed"),
        (Deciding(OLD), Deciding(OLD, decisions=({"text": "papir", "category_code": "02"},)), "decision"),
        (Deciding(OLD, decisions=({"text": "papir", "category_code": "02"},)), Deciding(OLD), "decision_removed"),
    ],
)
def test_rules_and_decisions_say_that_it_was_them(tree, before, after, reason):
    moves = count_moves(batches(row("papir"), row("stol")), tree, before=before, after=after)
    assert [move[2] for move in told(moves)] == [reason]


def test_an_accessory_moves_with_the_line_it_follows(tree):
    rows = batches(row("papir", "90.00"), row("fragt", "9.00", leader="papir"), row("fragt", "8.00"))
    moves = count_moves(rows, tree, before=Deciding(OLD), after=Deciding(NEW))
    assert sorted(told(moves), key=lambda move: move[4]) == [
        ("0101", "0102", "accessory", 1, Decimal("9.00")),
        ("0101", "0102", "model", 1, Decimal("90.00")),
    ]


def test_an_accessory_follows_only_where_its_leader_has_a_category_and_nobody_decided_on_it(tree):
    rows = batches(row("fragt", leader="ukendt"), row("fragt", leader="papir"), row("porto", leader="papir"))[0]
    found = placed_rows(rows, Deciding(OLD, rules=(rule("R-1", "porto", "02"),)), tree)
    assert found.to_numpy().tolist() == [
        ["0201", "model", "swapped1"],
        ["0101", "accessory", None],
        ["02", "rule", "R-1"],
    ]


def test_without_before_the_rows_say_what_they_were(tree):
    rows = batches(row("papir", code="0201", source="model", reason="v0"), row("stol", source="unclassified"))
    moves = count_moves(rows, tree, after=Deciding(NEW))
    assert [move[:3] for move in told(moves)] == [("0201", "0102", "model"), (None, "0102", "model")]
    assert set(moves["old_category_reason"]) == {"v0", None}


@pytest.mark.parametrize("size", [1, 2])
def test_how_rows_are_batched_changes_nothing(tree, size):
    rows = [row("papir"), row("papir", "1.00"), row("stol"), row("fragt", leader="papir")]
    whole = count_moves(batches(*rows), tree, before=Deciding(OLD), after=Deciding(NEW))
    parts = count_moves(batches(*rows, size=size), tree, before=Deciding(OLD), after=Deciding(NEW))
    assert parts.equals(whole)
    assert list(whole.columns) == [*KEYS, *SUMS]


def test_only_rows_that_are_decided_anew_are_looked_at(tree):
    rows = batches(row("papir"), row("stol"), row("fragt", leader="papir"), row("taxa"))
    kept = rule("R-1", "stol", "0102")
    before, after = Deciding(rules=(kept,)), Deciding(rules=(kept, rule("R-2", "papir", "02")))
    found = [
        text for batch in redecided(rows, tree, before=before, after=after) for text in batch["line_text"].to_pylist()
    ]
    assert found == ["papir", "fragt"]
    assert list(redecided(rows, tree, before=before, after=before)) == []


def test_a_rule_that_only_changes_its_category_is_seen(tree):
    before, after = Deciding(rules=(rule("R-1", "stol", "0102"),)), Deciding(rules=(rule("R-1", "stol", "0101"),))
    assert len(list(redecided(batches(row("stol")), tree, before=before, after=after))) == 1


def test_no_rows_are_no_moves(tree):
    assert count_moves([], tree, after=Deciding(NEW)).empty
