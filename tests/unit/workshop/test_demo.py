"""The run through all stages, with the stages themselves replaced: order, parameters, facts."""

import pytest

from procurement_kit import deliveries, learning, workbench
from procurement_kit.findings import Outcome
from procurement_kit.keys import key_path, read_key, write_key
from procurement_kit.workshop import demo


@pytest.fixture
def calls(monkeypatch, data_home):
    """What the workbench was asked to do."""
    made = []

    def answer(stage):
        def run(*args, **options):
            made.append((stage, args, options))
            return Outcome({"stage": stage}, (f"{stage} done.",))

        return run

    monkeypatch.setattr(deliveries, "import_into", answer("import_into"))
    for room, stage in ((learning, "train"), (workbench, "classify"), (workbench, "make_report")):
        monkeypatch.setattr(room, stage, answer(stage))
    return made


def test_all_stages_run_in_order_with_their_parameters(calls, data_home):
    outcome = demo.run_demo()
    assert [stage for stage, _, _ in calls] == ["import_into", "train", "classify", "make_report"]
    name, paths = calls[0][1]
    assert name == "demo" and [path.name for path in paths] == ["einvoices", *demo.LEDGER_FILES]
    assert all(path.exists() for path in paths)
    assert calls[0][2] == {"profiles": ["ledger_dk"]}
    assert calls[3][1] == ("demo", "2025")
    assert list(outcome.facts) == ["municipality", "files", "import", "train", "classify", "report"]
    assert outcome.sentences[1:] == ("import_into done.", "train done.", "classify done.", "make_report done.")


def test_the_second_run_says_that_the_files_are_unchanged(calls):
    first, second = demo.run_demo(), demo.run_demo()
    assert (first.facts["files"]["unchanged"], second.facts["files"]["unchanged"]) == (False, True)
    assert demo.UNCHANGED in second.sentences[0] and demo.UNCHANGED not in first.sentences[0]
    assert "all invented" in first.sentences[0]


def test_the_key_is_fixed_so_that_two_machines_give_the_same_bytes(data_home):
    write_key("demo", b"1" * 32)
    municipality = demo.open_demo()
    assert municipality.title == "Demokøbing Kommune"
    assert municipality.privacy_key == "demo"
    assert read_key("demo") == demo.DEMO_KEY and len(demo.DEMO_KEY) == 32
    assert key_path("demo").is_file()


def test_seconds_are_told_per_stage(calls):
    assert all(found["seconds"] >= 0 for stage, found in demo.run_demo().facts.items() if stage != "municipality")
