"""Are the staggered ends that are planted in the demo community found again, and does the command print the findings?

Three of the five municipalities, one line a quarter and group: built once for this file.
"""

import json
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest

from procurement_kit.analyses.tender_parts import last_year_of
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.errors import ParameterError
from procurement_kit.tender_basis import month_count, months_before
from procurement_kit.tendering import read_notice_date, show_tenders
from procurement_kit.workshop.community import COMMUNITY_NAME, MEMBERS, community_lines, last_day, run_community_demo
from procurement_kit.workshop.invented import read_rows

MEMBER_COUNT, PER_QUARTER = 3, 1
BUILT = list(MEMBERS)[:MEMBER_COUNT]
TODAY = date(2024, 12, 31)
GROUPS = {group["category_code"]: group for group in read_rows("community_groups")}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """What the command says of three members in 2024, and the plan it wrote."""
    home = tmp_path_factory.mktemp("tenders")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", str(home / "data"))
        patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
        (home / "data").mkdir()
        run_community_demo(member_count=MEMBER_COUNT, lines_per_quarter=PER_QUARTER)
        yield show_tenders(community=COMMUNITY_NAME, period="2024", plan=home / "udbudsplan.xlsx")


@pytest.fixture(scope="module")
def facts(outcome):
    return json.loads(json.dumps(outcome.facts, default=str))


def planted(code):
    """Title of a municipality → last day of its contract for a group."""
    group = GROUPS[code]
    return {MEMBERS[name]: last_day(group, place) for place, name in enumerate(BUILT) if group["contract_number"]}


def test_every_planted_end_is_in_the_calendar_with_notice_and_start(facts):
    rows = {(row["municipality_title"], row["category_code"]): row for row in facts["expiries"]["calendar"]}
    ends = {(title, code): end for code in GROUPS for title, end in planted(code).items()}
    assert rows.keys() == ends.keys() and len(ends) == 8 * MEMBER_COUNT
    for key, end in ends.items():
        row = rows[key]
        assert date.fromisoformat(row["end_date"]) == end, key
        assert date.fromisoformat(row["notice_date"]) == months_before(end, 6), key
        assert date.fromisoformat(row["start_date"]) == months_before(end, 9), key


def test_the_kroner_of_each_contract_are_those_that_were_planted(facts):
    span = last_year_of("2024")
    sums = {}
    for line in community_lines(lines_per_quarter=PER_QUARTER):
        is_counted = span.first_date <= line.invoice_date <= span.last_date and line.contract_status == "on_contract"
        if is_counted and line.municipality in BUILT:
            key = MEMBERS[line.municipality], line.contract_number
            sums[key] = sums.get(key, Decimal(0)) + line.amount
    for row in facts["expiries"]["calendar"]:
        key = row["municipality_title"], row["contract_number"]
        assert Decimal(row["net_amount"]) == sums.get(key, Decimal(0)), key


def test_common_starts_and_bridging_follow_from_the_planted_ends(facts):
    joint = {row["category_code"]: row for row in facts["joint_tenders"]["joint"]}
    members = facts["joint_tenders"]["by_municipality"]
    assert joint.keys() == GROUPS.keys() - standard_tree().codes_where("is_granted_to_citizen")
    for code, row in joint.items():
        free = [end + timedelta(days=1) for end in planted(code).values()] or [TODAY + timedelta(days=1)]
        start = max(*free, TODAY + timedelta(days=1), months_before(TODAY, -9) + timedelta(days=1))
        assert date.fromisoformat(row["common_start_date"]) == start, code
        for member in (m for m in members if m["category_code"] == code):
            own = planted(code).get(member["municipality_title"], TODAY) + timedelta(days=1)
            assert member["bridging_month_count"] == month_count(own, start - timedelta(days=1)), (code, member)


def test_what_must_be_decided_is_what_ends_within_eighteen_months(facts):
    last = months_before(TODAY, -18)
    soon = {(title, code) for code in GROUPS for title, end in planted(code).items() if end <= last}
    numbers = facts["expiries"]["numbers"]
    assert numbers["expiring_count"] == len(soon) > 5
    decided = [row for row in facts["expiries"]["decisions"] if row["decision_reason"] == "expires"]
    assert len(decided) == len(soon)
    assert Decimal(numbers["expiring_amount"]) == sum(Decimal(row["net_amount"]) for row in decided)


def test_the_parts_sum_to_every_krone_that_was_planted(facts):
    lines = community_lines(lines_per_quarter=PER_QUARTER)
    whole = sum(line.amount for line in lines if line.municipality in BUILT and line.invoice_date.year == 2024)
    assert sum(Decimal(row["net_amount"]) for row in facts["tenders"]["parts"]) == whole


def test_the_plan_is_a_workbook_in_danish_with_a_column_for_the_owner(outcome):
    book = openpyxl.load_workbook(outcome.facts["paths"]["plan"])
    rows = [list(row) for row in book["Udbudsplan"].iter_rows(values_only=True)]
    assert rows[0][:6] == ["Aftale eller gruppe", "Beløb ekskl. moms", "Udløb", "Opsiges senest", "Realistisk start",
                           "Ejer"]  # fmt: skip
    assert len(rows) - 1 == outcome.facts["expiries"]["numbers"]["decision_count"]
    assert book.sheetnames[1].startswith("Udbudskalender") and len(book.sheetnames) == 8
    assert rows[1][0] == outcome.facts["expiries"]["decisions"][0]["decision_name_da"]


def test_a_plan_or_day_that_cannot_be_used_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="not an XLSX"):
        show_tenders("demo", plan=tmp_path / "plan.csv")
    with pytest.raises(ParameterError, match="not a day"):
        read_notice_date("i morgen")
