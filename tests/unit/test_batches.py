"""How are many reports made, and what becomes of each?"""

import os
import signal

import pytest

from procurement_kit import batches, store
from procurement_kit.batch_files import Job, jobs_of
from procurement_kit.batches import make_reports, memory_bound, process_count
from procurement_kit.community import create_community
from procurement_kit.errors import NoDataError
from procurement_kit.findings import Outcome

RECIPE = "municipal_report"


@pytest.fixture
def towns(data_home):
    """Three municipalities without a line."""
    for name in ("aaby", "øby", "zby"):
        store.create_municipality(name, title=name)
    return data_home


@pytest.fixture
def pretended(monkeypatch):
    """Let a function stand for the making of a report; the processes are real."""

    def pretend(make):
        def run(job, environment, force):
            os.environ.update(environment)
            return make(job, force)

        monkeypatch.setattr(batches, "_make", run)

    return pretend


def made(job: Job, status: str = "made") -> batches.Row:
    return batches.Row(
        job.municipality, job.recipe, job.period, status, 1.0, 2**20, category=job.category, community=job.community
    )


def statuses(outcome: Outcome) -> dict:
    return {(row["municipality"], row["period"]): row["status"] for row in outcome.facts["reports"]}


def test_each_category_is_a_report_of_its_own(towns, pretended):
    pretended(lambda job, force: made(job, "made"))
    jobs = [Job("aaby", "category_staff", "2025", code) for code in ("18", "10")]
    outcome = make_reports(jobs, processes=1)
    assert [row["category"] for row in outcome.facts["reports"]] == ["18", "10"]
    assert "category_staff 18" in outcome.sentences[1]


def test_a_municipality_that_fails_does_not_stop_the_rest(towns, pretended):
    def make(job, force):
        if job.municipality == "zby":
            raise NoDataError("No line.")
        return made(job, "made" if force else "unchanged")

    pretended(make)
    outcome = make_reports(jobs_of(["all"], [RECIPE], ["2025", "2024"]), processes=2, force=True)
    assert statuses(outcome) == {
        (name, period): "failed" if name == "zby" else "made"
        for name in ("aaby", "zby", "øby") for period in ("2025", "2024")
    }  # fmt: skip
    assert (outcome.facts["made"], outcome.facts["failed"]) == (4, 2)
    assert "6 reports: 4 made, 0 unchanged, 2 failed" in outcome.sentences[-1]
    assert any("No line." in line for line in outcome.sentences)


def test_a_process_that_is_killed_costs_its_own_report_only(towns, pretended):
    def make(job, force):
        if job == Job("zby", RECIPE, "2025"):
            os.kill(os.getpid(), signal.SIGKILL)
        return made(job)

    pretended(make)
    outcome = make_reports(jobs_of(["all"], [RECIPE], ["2025", "2024"]), processes=2)
    assert [key for key, status in statuses(outcome).items() if status == "failed"] == [("zby", "2025")]
    assert any("killed, or ran out of memory" in line for line in outcome.sentences)


def test_the_reports_of_one_municipality_never_run_side_by_side(towns, tmp_path, pretended):
    def make(job, force):
        mark = tmp_path / job.municipality
        mark.mkdir()  # fails where another is at work on it
        mark.rmdir()
        return made(job)

    pretended(make)
    outcome = make_reports(jobs_of(["aaby", "zby"], [RECIPE], ["2022", "2023", "2024", "2025"]), processes=2)
    assert outcome.facts["made"] == 8


def test_memory_is_bounded_for_each_process_and_printed(towns, pretended):
    pretended(lambda job, force: made(job, os.environ["PROCUREMENT_ENGINE_MEMORY"]))
    outcome = make_reports(jobs_of(["all"], [RECIPE], ["2025"]), processes=1)
    (limit,) = set(statuses(outcome).values())
    assert limit == f"{outcome.facts['memory_bound'] // 2**20}MB"
    assert "engine at most" in outcome.sentences[-1]
    assert "PROCUREMENT_ENGINE_MEMORY" not in os.environ


def test_a_real_municipality_without_lines_says_so(towns):
    outcome = make_reports(jobs_of(["øby"], [RECIPE], ["2025"]))
    (row,) = outcome.facts["reports"]
    assert (row["status"], row["message"]) == ("failed", "«øby» has no invoice lines.")
    assert row["memory"] > 2**20


def test_the_engine_keeps_to_its_bounds(municipality, monkeypatch):
    from procurement_kit import engine

    monkeypatch.setenv("PROCUREMENT_ENGINE_MEMORY", "300MB")
    monkeypatch.setenv("PROCUREMENT_ENGINE_THREADS", "1")
    engine._connect.cache_clear()
    connection = engine.connect(municipality).con
    found = connection.sql("select current_setting('memory_limit'), current_setting('threads')").fetchone()
    engine._connect.cache_clear()
    assert found == ("286.1 MiB", 1)


def test_processes_follow_what_there_is():
    assert process_count(1) == 1
    assert process_count(98, wanted=2) <= 2
    assert memory_bound(4) <= memory_bound(1) <= batches.MOST_MEMORY


def test_communities_come_after_their_members_and_one_after_another(towns, tmp_path, pretended):
    def make(job, force):
        mark = tmp_path / "at-work"
        if job.community:
            mark.mkdir()  # fails where another community is made at the same time
            mark.rmdir()
            assert len(list(tmp_path.glob("done-*"))) == 3
        else:
            (tmp_path / f"done-{job.municipality}").touch()
        if job.community == "anden":
            raise NoDataError("No line.")
        return made(job)

    pretended(make)
    communities = [Job("", "community_report", "2025", community=name) for name in ("faelles", "anden", "tredje")]
    outcome = make_reports([*communities, *jobs_of(["all"], [RECIPE], ["2025"])], processes=2)
    rows = outcome.facts["reports"]
    assert [(row["community"], row["status"]) for row in rows[:3]] == [
        ("faelles", "made"), ("anden", "failed"), ("tredje", "made"),
    ]  # fmt: skip
    assert (outcome.facts["made"], outcome.facts["failed"]) == (5, 1)
    assert any(line.startswith("anden") and "No line." in line for line in outcome.sentences)


def test_a_real_community_without_lines_says_so(towns):
    create_community("faelles", ["aaby", "zby"])
    outcome = make_reports([Job("", "community_report", "2025", community="faelles")], processes=1)
    (row,) = outcome.facts["reports"]
    assert (row["status"], row["message"]) == ("failed", "«aaby» has no invoice lines.")
