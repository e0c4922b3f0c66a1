"""Is a sample drawn from the lines in scope of a period, kept, and known again for what it is?"""

from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import tree_of
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.review.audit_sample import (
    draw_audit_sample,
    keep_audit_sample,
    keep_judgements,
    kroner_of,
    read_audit_sample,
)
from procurement_kit.steps.spend_cube import read_cube

LINES = (
    {"net": "8000.00", "category_code": "1801"},
    {"net": "-3000.00", "category_code": "1801"},
    {"net": "500.00", "category_code": "0901"},
    {"net": "400.00", "category_code": None},
    {"net": "0.00", "category_code": "0901"},
    {"net_amount": None, "category_code": "0901"},
    {"net": "7000.00", "scope_status": "transfer"},
)
JUDGED = {"judgement": "known", "judged_category_code": "1801", "judged_by": "indkøb", "judged_date": None}


def drawn(municipality, **more):
    options = {"period": "2025", "count": 3} | more
    return draw_audit_sample(read_cube(municipality), tree=tree_of(municipality), **options)


@pytest.fixture
def town(cubed):
    return cubed(*LINES)


def test_lines_are_drawn_by_size_and_only_in_scope(town):
    sample = drawn(town)
    assert sample.lines["net_amount"].tolist()[:2] == [Decimal("8000.00"), Decimal("-3000.00")]
    assert sample.lines["audit_stratum"].tolist() == ["certain", "certain", "sampled"]
    assert sample.lines["inclusion_probability"].tolist()[:2] == [Decimal(1), Decimal(1)]
    # 500 or 400 of the 900 that are left, for one draw
    assert sample.lines["inclusion_probability"].iloc[2] in (Decimal("0.555555555556"), Decimal("0.444444444444"))
    assert sample.status == "unfinished"


def test_the_whole_is_kept_by_category_sign_and_part(town):
    totals = drawn(town).totals
    found = totals.set_index(["audit_stratum", "category_code", "is_credit"])["net_amount"]
    assert found["certain", "1801", True] == Decimal("-3000.00")
    assert found["sampled", "0901", False] == Decimal("500.00")
    assert totals[totals["audit_stratum"] == "no_kroner"]["line_count"].sum() == 2
    assert sum(totals["line_count"]) == 6
    assert sum(totals["net_amount"]) == Decimal("5900.00")


def test_the_same_seed_draws_the_same_lines_and_the_order_in_the_cube_does_not_matter(cubed):
    rows = [{"line_id": f"X{n}", "net": f"{n + 1}.00", "category_code": "1801"} for n in range(60)]
    one = drawn(cubed(*rows), count=10, seed=4).lines["line_id"].tolist()
    other = drawn(cubed(*rows[::-1]), count=10, seed=4).lines["line_id"].tolist()
    assert one == other
    assert one != drawn(cubed(*rows), count=10, seed=5).lines["line_id"].tolist()


def test_a_period_without_lines_is_refused(town):
    with pytest.raises(NoDataError):
        drawn(town, period="2019")


def test_what_was_kept_is_read_back_as_it_was(town):
    sample = keep_audit_sample(town, drawn(town))
    again = read_audit_sample(town, period="2025")
    assert again.lines.to_dict("records") == sample.lines.to_dict("records")
    assert again.totals.to_dict("records") == sample.totals.to_dict("records")
    assert (again.is_outdated, again.is_reclassified) == (False, False)
    assert read_audit_sample(town, period="2024").status == "none"


def test_samples_of_other_periods_stay(town):
    keep_audit_sample(town, drawn(town))
    keep_audit_sample(town, drawn(town, period="2025Q1"))
    assert len(read_audit_sample(town, period="2025").lines) == 3
    assert len(read_audit_sample(town, period="2025Q1").lines) == 3


def test_judgements_are_kept_and_the_same_draw_made_again_does_not_lose_them(town):
    sample = keep_audit_sample(town, drawn(town))
    judgements = {("2025", line_id): JUDGED for line_id in sample.lines["line_id"]}
    assert keep_judgements(town, judgements) == 3
    assert keep_judgements(town, judgements) == 0
    assert read_audit_sample(town, period="2025").status == "judged"
    assert len(keep_audit_sample(town, drawn(town)).judged) == 3


def test_another_draw_does_not_throw_judgements_away(town):
    sample = keep_audit_sample(town, drawn(town))
    keep_audit_sample(town, drawn(town, count=2))  # nothing was judged yet
    keep_audit_sample(town, drawn(town))
    keep_judgements(town, {("2025", sample.lines["line_id"].iloc[0]): JUDGED})
    with pytest.raises(ParameterError, match=r"audit_sample\.csv"):
        keep_audit_sample(town, drawn(town, count=2))


def test_new_lines_in_the_period_make_a_sample_outdated_and_new_categories_do_not(town, cubed):
    keep_audit_sample(town, drawn(town))
    moved = cubed(*({**line, "category_code": "0901"} for line in LINES))
    sample = read_audit_sample(moved, period="2025")
    assert (sample.status, sample.is_reclassified) == ("unfinished", True)
    assert read_audit_sample(cubed(*LINES, {"net": "1.00"}), period="2025").status == "outdated"


def test_ore_become_kroner_exactly():
    assert kroner_of(-(10**17) - 1) == Decimal("-1000000000000000.01")
