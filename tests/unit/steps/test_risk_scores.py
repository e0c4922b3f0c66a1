"""How risky have people found the supply of each category group, and when?"""

import pytest

from procurement_kit.errors import TableError
from procurement_kit.steps.risk_scores import read_supply_risk_scores

HEADING = "Kategorikode;Risiko (1-5);Begrundelse;Vurderet af (funktion);Dato\n"


def written(municipality, *rows: str):
    (municipality.folder / "supply_risk_scores.csv").write_text(HEADING + "\n".join(rows) + "\n", "utf-8")
    return municipality


def test_without_a_file_there_are_no_scores(municipality):
    assert read_supply_risk_scores(municipality) == ()


def test_scores_come_with_who_and_when_oldest_first(municipality):
    rows = ("1801;4;Få leverandører;kategoriansvarlig;15-01-2026", "1801;2;Mange leverandører;indkøb;01-02-2025")
    scores = read_supply_risk_scores(written(municipality, *rows))
    assert [(row["supply_risk_score"], row["scored_by"]) for row in scores] == [(2, "indkøb"), (4, "kategoriansvarlig")]


def test_all_that_cannot_be_used_is_told_at_once(municipality):
    rows = ("1801;6;For høj;indkøb;15-01-2026", "9999;3;Findes ikke;indkøb;15-01-2026", "1802;;Uden tal;indkøb;nu")
    with pytest.raises(TableError) as refused:
        read_supply_risk_scores(written(municipality, *rows))
    told = " ".join(refused.value.problems)
    assert "Risiko" in told
    assert "Dato" in told


def test_a_score_outside_the_scale_and_an_unknown_category_are_refused(municipality):
    with pytest.raises(TableError) as refused:
        read_supply_risk_scores(written(municipality, "1801;6;x;indkøb;15-01-2026", "9999;3;x;indkøb;15-01-2026"))
    assert len(refused.value.problems) == 2
