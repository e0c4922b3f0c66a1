"""The commands around a municipality's data: each calls its room and says what came of it."""

import pytest

from procurement_kit import deliveries, store
from procurement_kit.errors import NoDataError, ParameterError

HEADINGS = "Bilagsnr;Fakturanr;Bilagsdato;Leverandørnavn;CVR;Tekst;Beløb ekskl. moms\r\n"
ROWS = "B1;F1;01.02.2025;Ærø Bageri;99999993;Rundstykker;1.234,50\r\nB2;F2;03.02.2025;Østby VVS;00100001;Rør;-10,00\r\n"
ANSWERS = ["sign=positive_is_spend"]


@pytest.fixture
def export(tmp_path):
    """An export that no profile describes."""
    path = tmp_path / "udtræk fra øst.csv"
    path.write_bytes((HEADINGS + ROWS).encode("cp1252"))
    return path


@pytest.fixture
def imported(municipality, export):
    """The municipality with that export read through a guessed profile."""
    deliveries.guess_profile("prøveby", export, answers=ANSWERS, save_as="eget")
    deliveries.import_into("prøveby", [export], profiles=["eget"])
    return municipality


def test_a_guess_writes_nothing_until_it_is_told_to(municipality, export):
    outcome = deliveries.guess_profile("prøveby", export)
    assert any("Ærø Bageri" in said for said in outcome.sentences)
    assert not list((municipality.folder / "profiles").glob("*.toml"))
    told = deliveries.guess_profile("prøveby", export, answers=ANSWERS, save_as="eget")
    assert (municipality.folder / "profiles" / "eget.toml").is_file()
    assert told.sentences[-1].endswith(f"import prøveby '{export}' --profile eget")
    assert not any("Nothing has been written" in said for said in told.sentences)


def test_an_answer_without_its_question_is_refused(municipality, export):
    with pytest.raises(ParameterError, match="«ex» is not an answer"):
        deliveries.guess_profile("prøveby", export, answers=["ex"])


def test_an_import_says_what_was_read_and_what_stands_out(municipality, export):
    deliveries.guess_profile("prøveby", export, answers=ANSWERS, save_as="eget")
    outcome = deliveries.import_into("prøveby", [export], profiles=["eget"])
    assert (outcome.facts["lines_taken"], outcome.facts["amount_taken"]) == (2, "1224.50")
    assert "udtræk fra øst.csv: read 2 lines" in "\n".join(outcome.sentences).replace("\u00a0", " ")


def test_duplicates_are_shown_taken_back_and_set_aside_again(imported, export, tmp_path):
    again = tmp_path / "igen.csv"
    again.write_bytes(export.read_bytes() + "B3;F3;04.02.2025;Østby VVS;00100001;Ny;5,00\r\n".encode("cp1252"))
    deliveries.import_into("prøveby", [again], profiles=["eget"])
    shown = deliveries.show_duplicates("prøveby")
    assert (shown.facts["documents"], shown.facts["amount"]) == (2, "1224.50")
    identity = shown.facts["duplicates"][0]["document_id"]
    back = deliveries.take_back("prøveby", [identity[:8]], file="igen.csv", by="økonomi")
    assert back.facts == {"documents": 1, "lines": 1, "amount": "1234.50"}
    undone = deliveries.take_back("prøveby", [identity], file="igen.csv", by="økonomi", again=True)
    assert "set aside again" in undone.sentences[0]
    assert deliveries.show_duplicates("prøveby").facts["documents"] == 2


def test_request_questions_and_decisions_are_written(imported):
    for write in (deliveries.write_request, deliveries.write_questions, deliveries.write_decisions):
        paths = write("prøveby").facts["paths"].values()
        assert all(store.Path(path).is_file() for path in paths)


def test_closing_is_asked_for_twice_and_then_final(imported):
    deliveries.close("prøveby", confirmed=False)
    assert store.read_lines(imported).count().to_pyarrow().as_py() == 2
    deliveries.close("prøveby", confirmed=True)
    with pytest.raises(NoDataError, match="closed on"):
        deliveries.show_duplicates("prøveby")
