"""Does the report of a tiny municipality still say what it said?

The words of the page are compared, not its styles or paths. Where a change is meant, run the test once with
UPDATE_SNAPSHOTS=1 and read the difference before committing it.
"""

import os
import re
from pathlib import Path

import pytest

from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.quality import analyse_quality
from procurement_kit.analyses.reconciliation import analyse_reconciliation
from procurement_kit.analyses.spend import analyse_spend
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.classifier.tree import tree_of
from procurement_kit.outgoing import visible_text
from procurement_kit.publishing.report import write_report
from procurement_kit.steps.accounts import read_accounts

SNAPSHOT = Path(__file__).with_name("report_words.txt")
LINE = {
    "scope_status": "in_scope",
    "vat_basis": "ex",
    "is_addressable": True,
    "category_source": "rule",
    "supplier_match": "number",
}
FOOD = {**LINE, "category_code": "0901", "category_1_code": "09", "category_2_code": "0901"}
CARE = {**LINE, "category_code": "0401", "category_1_code": "04", "category_2_code": "0401"}
ROWS = (
    {**FOOD, "net": "600000.00", "supplier_key": "n:1", "supplier_label": "Åløkke Frugt A/S",
     "contract_status": "on_contract", "contract_number": "A-1", "unit_name": "Skolevangen"},
    {**FOOD, "net": "200000.00", "supplier_key": "n:2", "supplier_label": "Bager & Søn ApS",
     "contract_status": "wrong_supplier", "contract_number": "A-1", "unit_name": "Skolevangen"},
    {**FOOD, "net": "-10000.00", "supplier_key": "n:2", "supplier_label": "Bager & Søn ApS",
     "contract_status": "wrong_supplier", "contract_number": "A-1", "unit_name": "Skolevangen"},
    {**CARE, "net": "150000.00", "supplier_key": "n:3", "supplier_label": "Ærlig Pleje ApS",
     "contract_status": "no_known_contract", "unit_name": "Hjemmeplejen"},
    {**LINE, "net": "60000.00", "supplier_key": "n:4", "supplier_label": "Fjerde A/S",
     "category_source": "unclassified", "contract_status": "undecidable", "contract_reason": "no_category"},
    {"net": "400000.00", "scope_status": "public_payment", "is_addressable": False, "category_source": "scope",
     "contract_status": "out_of_scope"},
)  # fmt: skip


@pytest.fixture
def words(municipality, cube_of):
    cube, tree = cube_of(*ROWS), tree_of(municipality)
    findings = [
        analyse_spend(cube, period="2025", tree=tree),
        analyse_tail(cube, period="2025", tree=tree),
        analyse_compliance(cube, period="2025", tree=tree),
        analyse_quality(cube, period="2025"),
        analyse_reconciliation(cube, read_accounts(municipality), period="2025"),
    ]
    html = write_report(municipality, "2025", findings).read_text(encoding="utf-8")
    html = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    lines = [line.strip() for line in visible_text(html).replace("\u00a0", " ").splitlines()]
    return "\n".join(line for line in lines if line) + "\n"


def test_the_report_says_what_it_said(words):
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(words, encoding="utf-8")
    assert words.splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def test_the_figures_can_be_done_by_hand(words):
    assert "Prøveby Kommune køber for 1,0 mio. kr.; 15 % af det påvirkelige indkøb mangler en kendt aftale" in words
    assert "Af 1,4 mio. kr. er 1,0 mio. kr. indkøb" in words
    assert "76 % af kronerne med forpligtende aftale gik til den rigtige leverandør" in words
    assert "3 leverandører står for 80 % af kronerne" in words
