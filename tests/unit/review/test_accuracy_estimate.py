"""Does a judged sample say how many kroner stand wrong, with figures that can be done by hand?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import tree_of_rows
from procurement_kit.exact import frame
from procurement_kit.publishing.sentences import show
from procurement_kit.review.accuracy_estimate import estimate_accuracy
from procurement_kit.review.audit_sample import AuditSample
from procurement_kit.review.audit_tables import AUDIT_FRAME, AUDIT_SAMPLE

TREE = tree_of_rows([
    ("01", None, "Papir", "Paper"), ("0101", "01", "Kopipapir", "Copy paper"), ("0102", "01", "Blokke", "Pads"),
    ("02", None, "Møbler", "Furniture"), ("0201", "02", "Stole", "Chairs"), ("03", None, "Mad", "Food"),
])  # fmt: skip
DAY = date(2026, 1, 15)


def part(stratum, code, amount, count=1):
    return {"period": "2025", "audit_stratum": stratum, "category_code": code, "is_credit": Decimal(amount) < 0,
            "line_count": count, "net_amount": Decimal(amount)}  # fmt: skip


def line(number, stratum, amount, claimed, judged, judgement="known"):
    return {"period": "2025", "audit_number": number, "line_id": f"L{number:03d}", "audit_stratum": stratum,
            "net_amount": Decimal(amount), "inclusion_probability": Decimal(1), "category_code": claimed,
            "judgement": judgement, "judged_category_code": judged, "judged_by": "indkøb", "judged_date": DAY,
            "drawn_date": DAY, "audit_seed": 1}  # fmt: skip


def sample_of(parts, lines, **more):
    return AuditSample("2025", frame(lines, AUDIT_SAMPLE.names), frame(parts, AUDIT_FRAME.names), TREE, **more)


@pytest.fixture
def paper():
    """One line of 1000.00 taken whole and wrong; 4000.00 sampled by forty lines, ten of which are furniture."""
    parts = [
        part("certain", "0101", "1000.00"),
        part("sampled", "0101", "3000.00", 90),
        part("sampled", "0201", "1000.00"),
    ]
    lines = [line(1, "certain", "1000.00", "0101", "0102")]
    lines += [line(n, "sampled", "10.00", "0101", "0201" if n < 12 else "0101") for n in range(2, 32)]
    lines += [line(n, "sampled", "10.00", "0201", "0201") for n in range(32, 42)]
    return sample_of(parts, lines)


def row_of(finding, table, code):
    return finding.tables[table].set_index("category_code").loc[code]


def test_the_share_of_wrong_kroner_is_what_was_hit_of_the_sampled_and_all_of_the_large(paper):
    numbers = estimate_accuracy(paper).numbers
    # level 1: ten of forty sampled lines are wrong, a quarter of 4000.00; the large line is right as to its area
    assert numbers["wrong_1_share"].value == Decimal("0.200000")  # 1000 of 5000
    assert numbers["wrong_1_amount"].value == Decimal("1000.00")
    # level 2: the large line is wrong too
    assert numbers["wrong_2_share"].value == Decimal("0.400000")
    assert (numbers["certain_line_count"].value, numbers["certain_amount"].value) == (1, Decimal("1000.00"))


def test_the_interval_is_that_of_the_sampled_kroner_and_the_large_lines_have_none(paper):
    share = estimate_accuracy(paper).numbers["wrong_2_share"]
    # Clopper and Pearson for 10 of 40: 0.1269 to 0.4120; (1000 + 4000 × end) / 5000
    assert (round(share.low, 3), round(share.high, 3)) == (Decimal("0.302"), Decimal("0.530"))


def test_category_totals_move_by_what_was_found_within_what_was_claimed(paper):
    finding = estimate_accuracy(paper)
    # a third of the 3000.00 sampled as paper is furniture
    assert row_of(finding, "by_area", "01")["net_amount"] == Decimal("4000.00")
    assert row_of(finding, "by_area", "01")["estimated_amount"] == Decimal("3000.00")
    assert row_of(finding, "by_area", "02")["estimated_amount"] == Decimal("2000.00")
    # the large line is known to be 0102
    assert row_of(finding, "by_group", "0102")["estimated_amount"] == Decimal("1000.00")
    assert row_of(finding, "by_group", "0101")["estimated_amount"] == Decimal("2000.00")
    assert not finding.failed_checks


def test_the_interval_of_a_total_holds_the_estimate_and_is_of_use(paper):
    area = row_of(estimate_accuracy(paper), "by_area", "01")
    assert Decimal("2300") < area["true_low_amount"] < Decimal("3000") < area["true_high_amount"] < Decimal("3800")


def test_neighbours_whose_intervals_overlap_have_no_decided_rank():
    parts = [
        part("sampled", "01", "6000.00", 60),
        part("sampled", "02", "5500.00", 55),
        part("sampled", "03", "100.00"),
    ]
    lines = [line(n, "sampled", "100.00", "01" if n < 30 else "02", "01" if n < 30 else "02") for n in range(60)]
    finding = estimate_accuracy(sample_of(parts, lines))
    assert finding.table["ranking_status"].tolist() == ["undecided", "decided", None]
    assert finding.numbers["area_undecided_count"].value == 1
    assert finding.numbers["area_pair_count"].value == 2
    assert finding.numbers["area_top_undecided"].value == 1


def test_a_sample_that_took_every_line_leaves_no_doubt():
    parts = [part("certain", "01", "700.00", 2), part("certain", "02", "300.00")]
    lines = [
        line(1, "certain", "500.00", "01", "01"),
        line(2, "certain", "200.00", "01", "02"),
        line(3, "certain", "300.00", "02", "02"),
    ]
    finding = estimate_accuracy(sample_of(parts, lines))
    share = finding.numbers["wrong_1_share"]
    assert (share.value, share.low, share.high) == (Decimal("0.200000"),) * 3
    for code in ("01", "02"):
        row = row_of(finding, "by_area", code)
        assert row["true_low_amount"] == row["estimated_amount"] == row["true_high_amount"] == Decimal("500.00")


def test_a_credit_counts_by_size_in_shares_and_with_its_sign_in_totals():
    parts = [part("certain", "01", "900.00"), part("certain", "01", "-100.00")]
    lines = [line(1, "certain", "900.00", "01", "01"), line(2, "certain", "-100.00", "01", "02")]
    finding = estimate_accuracy(sample_of(parts, lines))
    assert finding.numbers["wrong_1_share"].value == Decimal("0.100000")
    amounts = [finding.numbers[name].value for name in ("net_amount", "absolute_amount", "placed_1_amount")]
    assert amounts == [Decimal("800.00"), Decimal("1000.00"), Decimal("1000.00")]  # the share is of the last
    assert row_of(finding, "by_area", "01")["estimated_amount"] == Decimal("900.00")
    assert row_of(finding, "by_area", "02")["estimated_amount"] == Decimal("-100.00")


def test_credits_nobody_sampled_can_belong_anywhere():
    parts = [part("sampled", "01", "1000.00", 40), part("sampled", "02", "-50.00")]
    lines = [line(n, "sampled", "25.00", "01", "01") for n in range(40)]
    row = row_of(estimate_accuracy(sample_of(parts, lines)), "by_area", "02")
    assert row["true_high_amount"] >= Decimal("0.00")
    assert row["true_low_amount"] == Decimal("-50.00")


def test_what_was_not_categorised_flows_to_where_it_belongs():
    parts = [part("certain", None, "400.00"), part("certain", "01", "600.00")]
    lines = [line(1, "certain", "400.00", None, "02"), line(2, "certain", "600.00", "01", "01")]
    finding = estimate_accuracy(sample_of(parts, lines))
    assert row_of(finding, "by_area", "02")["estimated_amount"] == Decimal("400.00")
    assert finding.numbers["wrong_1_share"].value == Decimal("0.000000")  # of what was placed
    assert finding.table["category_code"].tolist()[-1] is None


def test_a_line_nobody_could_decide_is_wrong_and_said_so():
    parts = [part("certain", "01", "1000.00", 2)]
    lines = [line(1, "certain", "900.00", "01", "01"), line(2, "certain", "100.00", "01", None, "undecidable")]
    finding = estimate_accuracy(sample_of(parts, lines))
    assert finding.numbers["wrong_1_share"].value == Decimal("0.100000")
    assert finding.caveats == ("audit_undecidable",)
    assert "1 linje" in show(finding).text.replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize(
    ("change", "caveat"),
    [({}, "audit_unfinished"), ({"is_outdated": True}, "audit_outdated"), ({"lines": []}, "audit_none")],
)
def test_without_a_judged_sample_there_are_no_figures_and_the_reason_is_said(paper, change, caveat, language):
    lines = paper.lines.assign(judgement=None) if "lines" not in change else paper.lines.iloc[:0]
    finding = estimate_accuracy(replace(paper, **{**change, "lines": lines}))
    assert finding.caveats == (caveat,)
    assert finding.numbers["wrong_1_share"].value is None
    assert all(table.empty for table in finding.tables.values())
    assert len(show(finding, language=language).text.splitlines()) == 2


def test_a_sample_judged_from_the_top_counts_once_the_large_lines_and_thirty_others_are_done(paper):
    lines = paper.lines.copy()
    lines.loc[lines["audit_number"] > 31, "judgement"] = None
    finding = estimate_accuracy(replace(paper, lines=lines))
    assert finding.numbers["judged_line_count"].value == 31
    assert finding.caveats == ("audit_unjudged",)
    lines.loc[lines["audit_number"] == 1, "judgement"] = None
    assert estimate_accuracy(replace(paper, lines=lines)).caveats == ("audit_unfinished",)


@pytest.mark.parametrize("language", ["da", "en"])
def test_it_can_be_told_and_shown(paper, language):
    finding = estimate_accuracy(paper)
    said = show(finding, language=language).text.replace("\u00a0", " ")
    assert "20" in said and "41" in said
    for table in finding.tables:
        assert show(finding, table=table, language=language).text


def test_a_sample_of_categories_that_were_moved_since_says_so(paper):
    assert "audit_reclassified" in estimate_accuracy(replace(paper, is_reclassified=True)).caveats
