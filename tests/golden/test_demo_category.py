"""Does the demo municipality get its fact pack of one category from the command a consultant types?"""

import pytest

import procurement_kit as pk
from procurement_kit import workbench
from procurement_kit.errors import ParameterError
from procurement_kit.exact import sums_by

PAPER = "1801"


def test_the_leaders_pack_is_rendered_and_its_kroner_are_the_cubes(demo_seen):
    made = workbench.make_report("demo", "2025", recipe="category_leader", category=PAPER)
    assert {"report.html", "report.xlsx", "run_record.json"} <= set(made.facts["paths"])
    assert "2025-category_leader-1801" in made.facts["paths"]["report.html"]
    html = (demo_seen.folder / "reports" / "2025-category_leader-1801" / "report.html").read_text(encoding="utf-8")
    assert "Kategorifaktapakke: Kontorartikler og papir" in html
    assert html.count('<section id="s0') == 4
    town = pk.open_municipality("demo")
    lines = pk.lines_of_category(pk.read_cube(town), PAPER, tree=pk.tree_of(town))
    year = lines.filter((lines.invoice_date.year() == 2025) & (lines.scope_status == "in_scope"))
    facts = pk.analyse_category(lines, period="2025", category=PAPER, tree=pk.tree_of(town))
    assert facts.numbers["category_amount"].value == sums_by(year)[0]["net_amount"] > 0
    assert not facts.failed_checks


def test_an_unknown_category_is_refused_before_anything_runs(demo_seen):
    with pytest.raises(ParameterError, match="Did you mean"):
        workbench.make_report("demo", "2025", recipe="category_leader", category="1801x")
