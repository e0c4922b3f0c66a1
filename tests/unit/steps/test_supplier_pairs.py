"""What have people decided about two suppliers, and which decision on a pair holds?"""

from datetime import date

from procurement_kit.steps.supplier_pairs import decision_problems, latest_by_pair, pair_id, read_supplier_decisions

HEAD = "CVR-nummer A;Leverandør A;CVR-nummer B;Leverandør B;Samme leverandør;Besluttet af (funktion);Dato\n"


def pair(left: str, right: str, *, number: str | None = None, is_same: bool = True, day: int = 1) -> dict:
    sides = {"left_number": number, "left_name": left, "right_number": None, "right_name": right}
    return sides | {"is_same": is_same, "decided_by": "indkøb", "decided_date": date(2026, 1, day)}


def test_a_pair_is_the_same_pair_in_any_order_and_spelling():
    assert pair_id(pair("Ærø Færge A/S", "Bølgen")) == pair_id(pair("BØLGEN ApS", "AEROE FAERGE"))
    assert pair_id(pair("Ærø", "Bølgen")) != pair_id(pair("Ærø", "Strømmen"))
    assert pair_id(pair("Ærø", "B", number="99999993")) == pair_id(pair("Et andet navn", "B", number="DK99999993"))


def test_the_latest_decision_on_a_pair_holds_and_of_one_day_the_last():
    rows = [pair("A1", "B1", day=2), pair("B1", "A1", is_same=False, day=3), pair("A1", "B1", day=1)]
    assert [row["is_same"] for row in latest_by_pair(rows).values()] == [False]
    assert [
        row["is_same"] for row in latest_by_pair([rows[0], {**rows[1], "decided_date": date(2026, 1, 2)}]).values()
    ] == [False]


def test_a_side_that_names_nobody_and_a_pair_of_one_are_problems():
    assert decision_problems([pair("---", "B"), pair("A", ""), pair("Firma A/S", "FIRMA")]) == [
        "row 2: neither a company number nor a name stands under supplier A",
        "row 3: neither a company number nor a name stands under supplier B",
        "row 4: both are firma: one supplier already",
    ]


def test_decisions_are_read_from_the_folder_with_every_problem_at_once(municipality):
    path = municipality.folder / "supplier_decisions.csv"
    path.write_text(HEAD + ";A;;B;ja;indkøb;01-01-2026\n;A;;B;nej;indkøb;02-01-2026\n", "utf-8")
    problems: list[str] = []
    assert [row["is_same"] for row in read_supplier_decisions(municipality, problems)] == [False]
    assert not problems
    path.write_text(HEAD + ";;;B;ja;indkøb;01-01-2026\n;A;;a aps;ja;indkøb;01-01-2026\n", "utf-8")
    assert read_supplier_decisions(municipality, problems) == []
    assert [problem.split(",")[0] for problem in problems] == ["supplier_decisions.csv"] * 2
