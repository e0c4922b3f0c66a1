"""The command around review: what it writes, reads and saves, and which options do not go together."""

import json
import sys

import pytest

from procurement_kit import reviewing
from procurement_kit.errors import ParameterError
from procurement_kit.review.decisions import record_decision
from procurement_kit.review.queue import lines_to_review
from tests.unit.review.conftest import CHAIRS, PAPER

MAIN = "Gennemgang"


@pytest.fixture
def asked(monkeypatch, capsys):
    """Run the command line with `--json` and give back what it printed."""

    def run(*arguments):
        from procurement_kit.commands import classifying  # noqa: F401  the command registers itself
        from procurement_kit.commands.frame import app

        monkeypatch.setattr(sys, "argv", ["procurement-kit", *arguments, "--json"])
        app([*arguments, "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return run


def test_out_and_in_from_the_command_line(cubed, asked, fill_in):
    cubed({**PAPER, "net": "10.00"}, {**CHAIRS, "net": "5.00"})
    written = asked("review", "prøveby", "--count", "1")
    assert (written["groups"], written["groups_left"]) == (1, 2)
    path = fill_in(written["paths"]["review"], {(MAIN, 2, "Kategori"): "1801"})
    done = asked("review", "prøveby", "--read", str(path), "--by", "indkøb")
    assert (done["taken_in"], done["refused"], done["paths"]) == (1, 0, {})


@pytest.mark.parametrize(
    "options",
    [("--by", "indkøb"), ("--yes",), ("--propose-rules", "--read", "x.xlsx"), ("--propose-rules", "--by", "indkøb")],
)
def test_options_that_do_not_go_together_are_refused(cubed, asked, options):
    cubed({**PAPER, "net": "10.00"})
    with pytest.raises(ParameterError, match="not clear"):
        asked("review", "prøveby", *options)


def test_rules_are_shown_first_and_saved_when_told_to(cubed):
    municipality = cubed(
        *({**PAPER, "item_name": name, "net": "100.00"} for name in ("Kopipapir", "Karton", "Kuverter"))
    )
    for group in lines_to_review(municipality).to_dict("records"):
        record_decision(municipality, group, "1801", "indkøb")
    shown = reviewing.propose_rules("prøveby")
    assert (shown.facts["proposed"], shown.facts["saved"]) == (1, 0)
    assert shown.facts["rules"][0]["absolute_amount"] == "300.00"
    assert "R-G001" in shown.sentences[1] and "100% of 300.00 DKK agree" in shown.sentences[1]
    assert "--propose-rules --yes" in shown.sentences[-1]
    assert not (municipality.folder / "rules.csv").exists()
    saved = reviewing.propose_rules("prøveby", confirmed=True)
    assert (saved.facts["saved"], "classify" in saved.sentences[-1]) == (1, True)
    assert reviewing.propose_rules("prøveby").facts["proposed"] == 0
