"""How did one invoice line become what the report says about it?"""

import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.steps.spend_cube import spend_cube
from procurement_kit.steps.trace import trace_line
from procurement_kit.tables import INVOICE_LINES, STEPS


@pytest.fixture
def journey(imported):
    return trace_line(spend_cube(imported), "L0002")


def test_the_journey_goes_through_all_steps_in_order(journey):
    assert list(journey.columns) == ["step", "column", "heading", "value"]
    assert tuple(dict.fromkeys(journey["step"])) == STEPS


def test_it_says_what_each_step_found_in_danish_headings(journey):
    said = dict(zip(journey["heading"], journey["value"], strict=True))
    assert said["Leverandør"] == "Arkfirmaet"
    assert said["Omfang"] == "in_scope"
    assert said["Aftalestatus"] == "wrong_supplier"
    assert said["Aftalenummer"] == "K-1"
    assert said["Varekontrol"] is None


def test_every_column_is_there_but_the_person_who_ordered(journey):
    assert set(INVOICE_LINES.names) - set(journey["column"]) == {"buyer_reference"}


def test_a_table_after_some_steps_only_tells_of_those(lines_of):
    journey = trace_line(lines_of({"net": "1.00"}), "L0001")
    assert set(journey["step"]) == {"intake"}


def test_a_line_that_is_not_there_is_refused(lines_of):
    with pytest.raises(ParameterError, match="L9"):
        trace_line(lines_of({}), "L9")
