"""What does `procurement-kit evaluate` answer, for a municipality and for any labelled file?"""

import json

import numpy as np
import pytest

from procurement_kit.__main__ import main
from procurement_kit.classifier import evaluation, measures
from procurement_kit.classifier.training import train
from procurement_kit.errors import NoDataError, ParameterError, SettingsError
from procurement_kit.measuring import evaluate

GOODS = {
    ("Kontor", "Papir"): ("kopipapir a4", "papir til printer", "kopipapir a3", "farvet papir", "kuverter c5"),
    ("Kontor", "Møbler"): ("kontorstol sort", "stol med armlæn", "hæve sænkebord", "kontorstol blå", "reol i birk"),
    ("Kørsel", "Taxa"): ("taxa til læge", "taxakørsel aften", "taxa retur", "tur med taxa", "taxa nat"),
    ("Kørsel", "Bus"): ("skolebus rute tre", "bus til svømning", "skolebus morgen", "bus til lejrskole", "bus retur"),
}
PROFILE = """
name = "opdigtet"
version = "1"
vat_basis = "ex"
sign = "positive_is_spend"
[format]
decimal_mark = "."
date_formats = ["yyyy-mm-dd"]
[columns]
line_text = "text"
supplier_name = "supplier"
document_amount = "amount"
invoice_date = "date"
buyer_name = "buyer"
[constants]
document_currency = "DKK"
[labels]
labelled_category_1 = "area"
labelled_category_2 = "group"
not_a_category = ["Ukendt"]
"""
TITLES = '[columns]\nline_text = "text"\nbuyer_name = "buyer"\n[labels]\nlabelled_category_1 = "area"\n'


def rows():
    """Sixty invented lines over three years, from three suppliers and four buyers, and one that is not categorised."""
    made = ["text,supplier,amount,date,buyer,area,group"]
    number = 0
    for (area, group), texts in GOODS.items():
        for place, text in enumerate(texts):
            for firm in ("Nord", "Syd", "Vest"):
                buyer = ("Øby", "Åby", "Æby", "Iby")[number // 3 % 4]
                made.append(
                    f"{text},{firm} {group} ApS,{100 + place}.50,{2021 + place}-05-0{1 + number % 3},{buyer},{area},{group}"
                )
                number += 1
    return [*made, "diverse,Nord ApS,10.00,2025-05-01,Øby,Ukendt,Ukendt"]


@pytest.fixture
def labelled_file(tmp_path):
    path = tmp_path / "linjer.csv"
    path.write_text("\n".join(rows()) + "\n", encoding="utf-8")
    (tmp_path / "opdigtet.toml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "titler.toml").write_text(TITLES, encoding="utf-8")
    return path


def profile(labelled_file, name="opdigtet"):
    return str(labelled_file.parent / f"{name}.toml")


@pytest.fixture
def command(monkeypatch):
    """Run the command line in this process; what it ended with."""

    def run(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["procurement-kit", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    return run


def test_the_json_holds_ours_and_the_peers(labelled_file, command, capsys):
    words = ["--split", "later-year", "--level", "2", "--peers", "--json"]
    code = command("evaluate", "--labelled", str(labelled_file), "--profile", profile(labelled_file), *words)
    found = json.loads(capsys.readouterr().out)
    assert not code
    assert (found["split"], found["level"], found["lines"], found["duplicates_removed"]) == ("later-year", 2, 12, 0)
    assert {"accuracy_lines", "accuracy_amount", "macro_f1", "ece", "coverage_at_95"} <= set(found["ours"])
    assert set(found["ours"]["all_lines"]) == {"lines", "accuracy_lines", "accuracy_amount"}
    for peer in found["peers"].values():
        assert "not_measured" in peer or {"accuracy_lines", "accuracy_amount", "all_lines"} <= set(peer)
    assert list(found["peers"])[:3] == [
        "most_frequent_category",
        "suppliers_most_frequent_category",
        "word_tfidf_logistic_regression",
    ]


def test_the_shares_can_be_counted_by_hand(labelled_file):
    """Twelve lines of 2025; the most frequent category is the first of four equal ones: 3 of 12 lines."""
    found = evaluate(
        labelled=str(labelled_file), profile=profile(labelled_file), split="later-year", level=2, peers=True
    )
    frequent, by_hand = (
        found.facts["peers"][n] for n in ("most_frequent_category", "suppliers_most_frequent_category")
    )
    assert (frequent["accuracy_lines"], frequent["accuracy_amount"]) == (0.25, 0.25)
    assert by_hand["accuracy_lines"] == 1.0
    assert found.facts["split_facts"]["last_date_tested"] == "2025-05-03"
    assert found.facts["labelled_file"]["lines_labelled"] == 60
    assert found.sentences[0].startswith("Split later-year, level 2: 12 distinct lines measured; 0 of 12")


def test_all_levels_stand_in_one_run_each_with_its_peers(labelled_file, command, capsys, monkeypatch):
    """As each level measured alone; the lines are split and the classifier trained once."""
    files = ["--labelled", str(labelled_file), "--profile", profile(labelled_file), "--split", "later-year", "--peers"]
    trained = []
    monkeypatch.setattr(evaluation, "train", lambda *a, **k: trained.append(1) or train(*a, **k))
    assert not command("evaluate", *files, "--level", "all", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (list(found["levels"]), len(trained)) == (["1", "2"], 1)
    assert found["ours"] == found["levels"]["1"]["ours"] and found["level"] == 1
    alone = evaluate(labelled=files[1], profile=files[3], split="later-year", level=2, peers=True).facts
    for name in ("ours", "peers", "lines", "duplicates_removed"):
        assert found["levels"]["2"][name] == json.loads(json.dumps(alone[name]))
    assert command("evaluate", *files, "--level", "4") == 2


def test_twelve_lines_are_too_few_to_judge(labelled_file):
    """Said before any figure, and beside each in the facts."""
    found = evaluate(
        labelled=str(labelled_file), profile=profile(labelled_file), split="later-year", level=2, peers=True
    )
    assert found.sentences[1].startswith("Too few to judge: 12 distinct lines measured where at least 200 are needed.")
    assert found.facts["too_few"] and found.facts["ours"]["too_few"] and found.facts["ours"]["promise"]["too_few"]
    assert all(peer.get("too_few", True) for peer in found.facts["peers"].values())
    assert measures.measure(*[np.array(["a"] * 200)] * 2, None, np.ones(200))["too_few"] is False
    assert measures.measure(*[np.array(["a"] * 199)] * 2, None, np.ones(199))["too_few"] is True


def test_buyers_it_has_not_seen(labelled_file):
    found = evaluate(labelled=str(labelled_file), profile=profile(labelled_file), split="unseen-buyers").facts
    assert found["split_facts"] == {"buyers_learned": 3, "buyers_tested": 1, "groups_on_both_sides": 0}


def test_titles_with_labels_and_buyers_are_enough(labelled_file):
    """No amount, no date, no supplier: figures of kroner are empty, and what cannot be split is said."""
    outcome = evaluate(labelled=str(labelled_file), profile=profile(labelled_file, "titler"), split="unseen-buyers")
    ours = outcome.facts["ours"]
    assert ours["accuracy_lines"] is not None
    assert (ours["accuracy_amount"], ours["coverage_at_95"], ours["all_lines"]["accuracy_amount"]) == (None,) * 3
    assert set(outcome.facts["labelled_file"]["not_measured"]) == {"amount", "later-year", "unseen-suppliers"}
    with pytest.raises(NoDataError, match="no line has a date"):
        evaluate(labelled=str(labelled_file), profile=profile(labelled_file, "titler"), split="later-year")
    with pytest.raises(NoDataError, match="no supplier named"):
        evaluate(labelled=str(labelled_file), profile=profile(labelled_file, "titler"), split="unseen-suppliers")


def test_a_workbook_is_read_as_well(labelled_file):
    from openpyxl import Workbook

    book = Workbook()
    for row in rows():
        book.active.append(row.split(","))
    book.save(labelled_file.with_suffix(".xlsx"))
    found = evaluate(
        labelled=str(labelled_file.with_suffix(".xlsx")), profile=profile(labelled_file), split="later-year", level=2
    )
    assert found.facts["lines"] == 12


def test_a_random_split_is_not_quoted(labelled_file, command, capsys):
    arguments = ["evaluate", "--labelled", str(labelled_file), "--profile", profile(labelled_file), "--split", "random"]
    assert command(*arguments) == ParameterError.exit_code
    assert "same suppliers and the same texts stand on both sides" in capsys.readouterr().err


def test_exactly_one_of_municipality_and_file(labelled_file):
    with pytest.raises(ParameterError, match="Neither a municipality nor a file"):
        evaluate()
    with pytest.raises(ParameterError, match="Both a municipality and a file"):
        evaluate("prøveby", labelled=str(labelled_file), profile=profile(labelled_file))
    with pytest.raises(ParameterError, match="needs a profile"):
        evaluate(labelled=str(labelled_file))
    with pytest.raises(ParameterError, match="is for a labelled file"):
        evaluate("prøveby", profile="opdigtet")


def test_the_answer_is_never_read_as_a_feature(labelled_file):
    text = TITLES.replace('buyer_name = "buyer"', 'buyer_name = "buyer"\nitem_cpv_code = "area"')
    (labelled_file.parent / "svar.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="would read the answer"):
        evaluate(labelled=str(labelled_file), profile=profile(labelled_file, "svar"))
    (labelled_file.parent / "uden.toml").write_text(TITLES.split("[labels]")[0], encoding="utf-8")
    with pytest.raises(SettingsError, match="names no known categories"):
        evaluate(labelled=str(labelled_file), profile=profile(labelled_file, "uden"))


def test_nothing_is_stored(labelled_file, data_home):
    evaluate(labelled=str(labelled_file), profile=profile(labelled_file), split="later-year")
    assert not list(data_home.rglob("*"))


def test_a_municipality_is_measured_on_its_own_labels(labelled_file, municipality):
    from procurement_kit import deliveries, learning

    deliveries.import_into("prøveby", [labelled_file], profiles=[profile(labelled_file)])
    learning.make_tree("prøveby", lambda spellings: True)
    found = evaluate("prøveby", split="later-year", level=2).facts
    assert (found["municipality"], found["lines"], found["lines_tested"]) == ("prøveby", 12, 12)
    assert "service_areas" not in found["ours"]
