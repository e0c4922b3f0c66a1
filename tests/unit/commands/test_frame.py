"""Do commands say how to go on: with the data folder that was given, and after they were stopped?"""

import pytest

from procurement_kit import workbench
from procurement_kit.__main__ import main
from procurement_kit.commands import frame


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line in this process; exit code, and what stands on standard output and standard error."""

    def run(*words: str):
        monkeypatch.setattr("sys.argv", ["procurement-kit", *words])
        monkeypatch.setenv("PROCUREMENT_DATA", "unset")  # given back afterwards, whatever --data sets
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("words", "called", "said"),
    [
        (["classify", "prøveby"], "workbench.classify", "goes on from there next time"),
        (["import", "prøveby", "a.xml"], "deliveries.import_into", "goes on from there next time"),
        (["train", "prøveby"], "learning.train", "training begins anew next time"),
        (["review", "prøveby"], "reviewing.write_review", "begins anew next time"),
        (["report", "prøveby"], "workbench.make_report", "nothing half-written is left"),
    ],
)
def test_a_command_that_is_stopped_says_what_happens_next_time(command, monkeypatch, words, called, said):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"procurement_kit.{called}", stopped)
    code, out, err = command(*words)
    assert (code, out) == (130, "")
    assert said in err
    assert err.strip().startswith("Stopped: ") and len(err.strip().splitlines()) == 1


def test_what_to_do_next_names_the_data_folder_that_was_given(command, tmp_path):
    folder = tmp_path / "mine data"
    _, out, _ = command("init", "prøveby", "--data", str(folder))
    assert f"Next: procurement-kit import prøveby --data '{folder}' <files>" in out
    code, _, err = command("classify", "prøveby", "--data", str(folder))
    assert code
    assert f"procurement-kit import prøveby --data '{folder}' <files>" in err
    monkey = tmp_path / "plain"
    assert f" --data {monkey} <files>" in command("init", "åby", "--data", str(monkey))[1]


def test_without_a_data_folder_given_none_is_named(command, tmp_path, monkeypatch):
    command("init", "prøveby", "--data", str(tmp_path))
    monkeypatch.setattr(workbench, "make_municipality", lambda *_, **__: frame_outcome())
    assert "--data" not in command("init", "prøveby")[1]


def frame_outcome():
    from procurement_kit.findings import Outcome

    return Outcome({}, ("Next: procurement-kit import prøveby <files>",))


def test_only_commands_are_completed_not_every_mention(tmp_path):
    frame.prepare(tmp_path, as_json=False)
    assert frame.with_data("procurement-kit templates x; procurement-kit 1.0") == (
        "procurement-kit templates x; procurement-kit 1.0"
    )
    assert frame.with_data("procurement-kit train by, then classify: it").startswith(
        f"procurement-kit train by --data {tmp_path}, then"
    )
    frame.prepare(None, as_json=False)
