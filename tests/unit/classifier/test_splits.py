import pandas as pd
import pytest

from procurement_kit.classifier.splits import duplicates, refuse_split, rows_tested, split_lines
from procurement_kit.errors import NoDataError, ParameterError


def dated(labelled, *dates):
    return labelled.iloc[: len(dates)].assign(invoice_date=pd.to_datetime(list(dates)))


def test_a_random_split_is_refused_with_the_reason():
    with pytest.raises(ParameterError, match="same suppliers and the same texts stand on both sides"):
        refuse_split("random")
    with pytest.raises(ParameterError, match="«yearly» is not a split"):
        refuse_split("yearly")


def test_the_last_whole_calendar_year_is_tested_and_what_comes_after_is_left_out(labelled):
    months = [f"2024-{month:02d}-15" for month in range(1, 10)]
    found = split_lines(dated(labelled, "2022-05-01", "2023-12-31", *months, "2025-01-02"), "later-year")
    assert (len(found.learned), len(found.tested)) == (2, 9)
    assert found.facts == {
        "first_date_tested": "2024-01-01",
        "last_date_tested": "2024-12-31",
        "later_lines_left_out": 1,
        "undated_lines_left_out": 0,
    }


def test_without_a_whole_year_the_last_twelve_months_are_tested(labelled):
    found = split_lines(dated(labelled, "2023-06-30", "2023-07-01", "2024-01-01", "2024-06-29"), "later-year")
    assert (found.facts["first_date_tested"], len(found.learned), len(found.tested)) == ("2023-07-01", 1, 3)


def test_lines_without_a_date_or_of_one_year_cannot_be_split_by_year(labelled):
    with pytest.raises(NoDataError, match="no line has a date"):
        split_lines(labelled.assign(invoice_date=pd.NaT), "later-year")
    with pytest.raises(NoDataError, match="no line is dated before"):
        split_lines(dated(labelled, "2024-01-01", "2024-05-05"), "later-year")


def test_no_supplier_stands_on_both_sides(labelled):
    found = split_lines(labelled, "unseen-suppliers")
    assert not set(found.learned["supplier_name"]) & set(found.tested["supplier_name"])
    assert found.facts == {"suppliers_learned": 9, "suppliers_tested": 3, "groups_on_both_sides": 0}


def test_buyers_come_from_the_municipality_or_from_the_file(labelled):
    named = labelled.assign(buyer_name=["Nord", "Syd", None, "Vest"] * 12)
    found = split_lines(named, "unseen-buyers")
    assert found.facts == {"buyers_learned": 3, "buyers_tested": 1, "groups_on_both_sides": 0}
    with pytest.raises(NoDataError, match="one buyer only"):
        split_lines(named.assign(municipality_name="nord"), "unseen-buyers")
    with pytest.raises(NoDataError, match="no buyer named"):
        split_lines(named.assign(buyer_name=None), "unseen-buyers")


def test_a_row_is_measured_once_under_the_category_most_of_its_lines_have(labelled, tree):
    split = split_lines(labelled, "later-year")
    first = split.tested.iloc[[0]]
    again = pd.concat([first, first.assign(category_code="0201"), split.learned.iloc[[0]]], ignore_index=True)
    split = type(split)(split.name, split.learned, pd.concat([split.tested, again], ignore_index=True))
    rows = rows_tested(split, tree)
    assert (len(rows), rows["is_measured"].sum(), rows["is_seen"].sum(), rows["lines"].sum()) == (14, 12, 1, 15)
    assert rows.loc[rows["lines"] == 2, "is_measured"].tolist() == [True]
    assert duplicates(split, rows, len(split.learned)) == {
        "tested_lines_seen_in_learning": 1,
        "tested_lines_repeated": 2,
        "learned_lines_repeated": 0,
    }
