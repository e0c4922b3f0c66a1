"""How are many reports made, and what becomes of each?"""

import os
import signal

import pytest

from procurement_kit import batches, store
from procurement_kit.batches import Job, chosen_jobs, jobs_of, make_reports, memory_bound, process_count, read_batch
from procurement_kit.errors import FileFormatError, InputNotFoundError, NoDataError, ParameterError
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
    return batches.Row(job.municipality, job.recipe, job.period, status, 1.0, 2**20, category=job.category)


def statuses(outcome: Outcome) -> dict:
    return {(row["municipality"], row["period"]): row["status"] for row in outcome.facts["reports"]}


def test_all_stands_for_every_municipality(towns):
    jobs = jobs_of(["all"], [RECIPE], ["2025q3", "2025Q3", "2024"])
    assert [(job.municipality, job.period) for job in jobs] == [
        (name, period) for name in ("aaby", "zby", "øby") for period in ("2025Q3", "2024")
    ]


def test_everything_wrong_is_said_at_once(towns):
    with pytest.raises(ParameterError) as caught:
        jobs_of(["aabi", "zby"], ["municipal_repport"], ["2025K3"])
    assert [problem.split(".")[0] for problem in caught.value.problems] == [
        "There is no municipality «aabi»", "«2025K3» is not a period", "There is no recipe «municipal_repport»",
    ]  # fmt: skip
    assert "Did you mean «aaby»?" in caught.value.problems[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.csv", "\ufeffsep=;\r\nmunicipality;recipe;period\r\nøby;;2025\r\naaby;municipal_report;2024\r\n"),
        ("b.csv", "period,municipality\n2025,øby\n2024,aaby\n"),
    ],
)
def test_a_csv_as_excel_writes_it_is_read(towns, tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_batch(tmp_path / name) == [Job("øby", RECIPE, "2025"), Job("aaby", RECIPE, "2024")]


def test_a_fact_pack_names_its_category_and_other_recipes_none(towns, tmp_path):
    path = tmp_path / "b.csv"
    head = "municipality;recipe;period;category\n"
    path.write_text(f"{head}aaby;category_staff;2025;18\naaby;;2025;\n", encoding="utf-8")
    assert read_batch(path) == [Job("aaby", "category_staff", "2025", "18"), Job("aaby", RECIPE, "2025")]
    path.write_text(f"{head}aaby;category_staff;2025;\naaby;;2025;18\n", encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        read_batch(path)
    assert ["none was named" in problem for problem in caught.value.problems] == [True, False]
    assert "is not about a category" in caught.value.problems[1]


def test_each_category_is_a_report_of_its_own(towns, pretended):
    pretended(lambda job, force: made(job, "made"))
    jobs = [Job("aaby", "category_staff", "2025", code) for code in ("18", "10")]
    outcome = make_reports(jobs, processes=1)
    assert [row["category"] for row in outcome.facts["reports"]] == ["18", "10"]
    assert "category_staff 18" in outcome.sentences[1]


def test_a_toml_is_municipalities_times_recipes_times_periods(towns, tmp_path):
    path = tmp_path / "kvartal.toml"
    path.write_text('municipalities = ["all"]\nperiods = ["2025Q1", "2025Q2"]\n', encoding="utf-8")
    assert len(read_batch(path)) == 6


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("b.csv", "municipalty;period\naaby;2025\n", "Did you mean «municipality»"),
        ("b.toml", 'munis = ["aaby"]\n', "periods is not a list"),
        ("b.toml", "= 3", "cannot be read"),
    ],
)
def test_a_file_that_is_no_batch_is_refused(towns, tmp_path, name, text, words):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=words):
        read_batch(tmp_path / name)
    with pytest.raises(InputNotFoundError):
        read_batch(tmp_path / "ingen.csv")


def test_one_thing_is_asked_for(towns):
    with pytest.raises(ParameterError, match="together"):
        chosen_jobs("aaby", every=True, batch=None, recipe=RECIPE, period="2025")
    with pytest.raises(ParameterError, match="without a period"):
        chosen_jobs("", every=True, batch=None, recipe=RECIPE, period="")


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
