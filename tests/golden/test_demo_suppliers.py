"""Is what was planted about the demo municipality's suppliers found again?"""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from procurement_kit.analyses.supplier_changes import analyse_supplier_changes
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.store import open_municipality
from procurement_kit.workshop import demo_files


@pytest.fixture(scope="module")
def truth():
    return demo_files.planted_truth()


@pytest.fixture
def changes(demo_seen):
    return analyse_supplier_changes(read_cube(open_municipality("demo")), period="2025")


def true_names(table, truth) -> list[str]:
    """The suppliers of a table by their true names: a label may be any of the ways a supplier is printed."""
    printed = {line.printed_name: line.supplier_name for line in truth.lines}
    return sorted(printed[label] for label in table["supplier_label"])


def test_new_and_gone_suppliers_are_the_planted_ones(changes, truth):
    listed = changes.tables["changes"]
    for status, planted in (("new", truth.new_suppliers), ("gone", truth.gone_suppliers)):
        assert planted
        assert true_names(listed[listed["change_status"] == status], truth) == sorted(planted)
    assert not changes.failed_checks


def test_one_time_suppliers_are_those_with_one_planted_invoice(changes, truth):
    documents: dict[tuple, Decimal] = defaultdict(Decimal)
    for line in truth.purchases(2025):
        documents[line.supplier_name, line.document_number] += line.net_amount
    invoices = Counter(name for (name, _), amount in documents.items() if amount > 0)
    once = sorted(name for name, count in invoices.items() if count == 1)
    assert once
    assert true_names(changes.tables["one_time"], truth) == once
