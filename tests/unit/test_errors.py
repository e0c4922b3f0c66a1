"""What does a user see when something is wrong?"""

import inspect

import pytest

from procurement_kit import errors
from procurement_kit.errors import ProcurementError, TableError, nearest

KINDS = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, ProcurementError)]


def test_a_message_says_what_what_was_expected_and_what_to_do():
    error = TableError(
        "contracts.csv, row 4, «Gælder fra»: «31-13-2025» is no date.", expected="31-12-2025", todo="mend it"
    )
    assert str(error).splitlines() == [
        "contracts.csv, row 4, «Gælder fra»: «31-13-2025» is no date.",
        "Expected: 31-12-2025",
        "To do: mend it",
    ]


def test_five_problems_are_shown_and_all_are_kept():
    error = TableError("seven problems", problems=[f"row {n}" for n in range(1, 8)])
    assert "row 5" in str(error) and "row 6" not in str(error)
    assert "… and 2 more" in str(error)
    assert error.problems[-1] == "row 7"


def test_each_kind_has_its_own_exit_code():
    codes = [kind.exit_code for kind in KINDS]
    assert len(KINDS) >= 11
    assert len(set(codes)) == len(codes)
    assert 0 not in codes and 2 not in codes


def test_jupyter_shows_the_message_without_a_traceback():
    assert TableError("what")._render_traceback_() == ["TableError: what"]


@pytest.mark.parametrize(("name", "hint"), [("peroid", "period"), ("Municipality", "municipality")])
def test_the_nearest_name_is_offered(name, hint):
    assert hint in nearest(name, ["period", "municipality"])
