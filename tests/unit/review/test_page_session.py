"""Is each key's decision in the file before the next group is shown, and does a new session go on where it stands?"""

import csv
import json

import pytest

from procurement_kit.classifier.tree import tree_of_rows, write_own_tree
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.review import page_session
from procurement_kit.review.decisions import supplier_extent
from procurement_kit.review.page_session import ReviewSession
from tests.reviewing import CARS, LINES, NODES, PAPER, SURE, fill_town
from tests.unit.review.conftest import UNPLACED

BY = "indkøbskonsulent"


@pytest.fixture
def town(municipality):
    return fill_town(municipality)


@pytest.fixture
def session(town):
    return ReviewSession(town, BY)


def rows(town):
    path = town.folder / "decisions.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row["Tekst"], row["Kategorikode"]) for row in csv.DictReader(file, delimiter=";")]


def press(session, do, **more):
    group = session.current
    return session.answer({"do": do, "key": group["group_key"] if group else "", **more})


def said(pieces):
    return "".join(text for text, _ in pieces)


def test_the_dearest_doubt_comes_first(session):
    view = session.view()
    assert said(view["group"]["text"]) == "stol til kontor"
    assert view["group"]["place"] == "1 af 4"
    assert view["group"]["kroner"] == "9.000 kr."
    assert view["group"]["best"][0]["code"] == "0102"


def test_a_decision_is_in_the_file_before_the_next_group_is_shown(session, town, monkeypatch):
    seen = []
    shown = ReviewSession.view
    monkeypatch.setattr(ReviewSession, "view", lambda self: seen.append(rows(town)) or shown(self))
    view = press(session, "take", code="0102")
    assert seen == [[("stol til kontor", "0102")]]
    assert "taxa" in said(view["group"]["text"])
    assert view["status"].startswith("Gemt: Papirhuset A/S")
    assert view["status"].endswith("Kontorstole (0102)")


def test_progress_is_counted_in_kroner(session):
    assert session.view()["progress"]["words"].startswith("Gennemgået 0 kr. af 16".replace("0 kr.", "0\u00a0kr."))
    press(session, "take", code="0102")
    assert (session.reviewed, session.left) == (9000, 6700)
    assert session.view()["progress"]["done"] == 57


def test_a_key_pressed_twice_decides_once(session, town):
    key = session.current["group_key"]
    session.answer({"do": "take", "key": key, "code": "0102"})
    session.answer({"do": "take", "key": key, "code": "0102"})
    assert rows(town) == [("stol til kontor", "0102")]


def test_a_new_session_goes_on_where_the_file_stands(session, town):
    press(session, "take", code="0102")
    again = ReviewSession(town, BY)
    assert again.view()["group"]["text"] == session.view()["group"]["text"]
    assert again.reviewed == session.reviewed


def test_next_and_previous_decide_nothing(session, town):
    first = session.current["group_key"]
    press(session, "next")
    assert session.current["group_key"] != first
    press(session, "previous")
    assert session.current["group_key"] == first
    assert press(session, "previous")["status"] == "Det er den første."
    assert rows(town) == []


def test_the_last_group_is_the_last(session):
    for _ in range(3):
        press(session, "next")
    last = session.current["group_key"]
    assert press(session, "next")["status"].startswith("Det var den sidste")
    assert session.current["group_key"] == last


def test_undo_takes_the_latest_back_and_stands_there_again(session, town):
    first = session.current["group_key"]
    press(session, "take", code="0102")
    press(session, "take", code="0201")
    press(session, "undo")
    view = press(session, "undo")
    assert rows(town) == []
    assert view["group"]["key"] == first
    assert view["status"].startswith("Fortrudt: Papirhuset A/S")
    assert session.reviewed == 0
    assert press(session, "undo")["status"] == "Der er ingen beslutning fra i dag at fortryde."


def test_undo_reaches_what_was_decided_before_a_restart_but_not_what_others_decided(session, town):
    press(session, "take", code="0102")
    other = ReviewSession(town, "økonomi")
    assert press(other, "undo")["status"] == "Der er ingen beslutning fra i dag at fortryde."
    again = ReviewSession(town, BY)
    press(again, "undo")
    assert rows(town) == []
    assert said(again.view()["group"]["text"]) == "stol til kontor"


def test_a_category_that_does_not_exist_is_not_saved_and_the_group_stays(session, town):
    for code in ("9999", "9004", None, "<script>"):
        view = press(session, "take", code=code)
        assert view["failed"] and view["status"].startswith(("Ikke gemt. ", "Beslutningen er ikke gemt: "))
        assert view["group"]["place"] == "1 af 4"
    assert rows(town) == []


def test_what_cannot_be_written_is_said_and_the_group_stays(session, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "decisions.csv")

    monkeypatch.setattr(page_session, "record_decision", refuse)
    view = press(session, "take", code="0102")
    assert view["failed"]
    assert view["status"].startswith("Beslutningen er ikke gemt: «decisions.csv» could not be read or written: another")
    assert view["group"]["place"] == "1 af 4"


def test_a_supplier_is_decided_whole_only_after_lines_and_kroner_were_shown(session, town):
    offered = press(session, "bulk")["bulk"]
    assert offered["extent"].startswith("Papirhuset A/S: 3 linjer, 10.500 kr. i alt.")
    assert offered["confirm"] == ""
    assert rows(town) == []
    chosen = press(session, "take", code="0101")
    assert chosen["bulk"]["confirm"] == "Læg 3 linjer i Kopipapir (0101)"
    assert rows(town) == []
    done = press(session, "confirm")
    assert rows(town) == [("", "0101")]
    assert done["bulk"] is None
    assert done["group"]["place"] == "1 af 2"
    assert session.reviewed == 10500


def test_a_supplier_decision_is_taken_back_whole(session, town):
    press(session, "bulk")
    press(session, "take", code="0101")
    press(session, "confirm")
    assert press(session, "undo")["group"]["place"].endswith("af 4")
    assert rows(town) == []


def test_nothing_is_confirmed_before_a_category_is_chosen_or_after_it_was_cancelled(session, town):
    press(session, "confirm")
    press(session, "bulk")
    press(session, "confirm")
    press(session, "take", code="0101")
    assert press(session, "cancel")["status"] == "Afbrudt; intet er gemt."
    press(session, "confirm")
    assert rows(town) == []


def test_private_persons_are_not_one_supplier(session):
    press(session, "next")
    view = press(session, "next")
    assert said(view["group"]["supplier"]) == "Privatperson"
    assert press(session, "bulk")["bulk"] is None
    assert "enkeltvis" in session.view()["status"]


def test_when_all_is_decided_it_says_what_comes_next(session):
    for code in ("0102", "0201", "0201", "0101"):
        view = press(session, "take", code=code)
    assert view["group"] is None
    assert view["finished"] == "Alt er gennemgået. Kør nu: procurement-kit classify prøveby"
    assert view["progress"]["done"] == 100
    assert press(session, "next")["group"] is None


def test_more_of_the_queue_is_read_when_its_end_is_reached(town, monkeypatch):
    monkeypatch.setattr(page_session, "AT_A_TIME", 2)
    session = ReviewSession(town, BY)
    assert len(session.groups) == 2
    assert session.view()["group"]["place"] == "1 af 4"
    for _ in range(3):
        press(session, "next")
    assert session.view()["group"]["place"] == "4 af 4"
    press(session, "take", code="0101")
    assert session.view()["group"]["place"] == "3 af 3"


def test_what_the_browser_gets_holds_no_personal_number_and_is_plain_json(session):
    texts = [json.dumps(session.frame())]
    for _ in range(4):
        texts.append(json.dumps(session.view()))
        press(session, "next")
    assert not any("ABCDEFGH2345" in text.upper() for text in texts)


def test_messages_that_mean_nothing_change_nothing(session, town):
    for message in ({}, {"do": "format"}, {"do": "take"}, {"do": ["take"], "key": 1}):
        assert session.answer(message)["group"]["place"] == "1 af 4"
    assert rows(town) == []


def test_without_a_classifier_the_tree_is_all_there_is(municipality):
    view = ReviewSession(fill_town(municipality, with_classifier=False), BY).view()
    assert view["group"]["best"] == []
    assert view["group"]["why"]["words"] == []


def test_an_empty_queue_has_nothing_to_review(municipality):
    line = {**PAPER, **SURE, "line_text": "x", "net": "1.00", "category_source": "rule"}
    view = ReviewSession(fill_town(municipality, [line], with_classifier=False), BY).view()
    assert (view["group"], view["finished"]) == (None, "Der er intet at gennemgå.")


def test_whoever_decides_is_a_function_and_lines_are_classified_first(town, data_home):
    from procurement_kit.store import create_municipality

    with pytest.raises(ParameterError, match="function"):
        ReviewSession(town, "Petra Prøve")
    with pytest.raises(NoDataError, match="classify"):
        ReviewSession(create_municipality("ny", privacy_key="test-key"), BY)


def test_lines_and_kroner_of_a_supplier_by_number_or_name(town):
    by_number = supplier_extent(town, {"supplier_number": "00 10 00 02", "supplier_name": "whatever"})
    by_name = supplier_extent(town, {"supplier_number": None, "supplier_name": "PAPIRHUSET"})
    assert (by_number["line_count"], by_number["net_amount"]) == (2, 5300)
    assert (by_name["line_count"], by_name["net_amount"]) == (3, 10500)
    assert sum(1 for line in LINES if line.get("supplier_number") == "00100002") == 2


def test_what_another_page_decided_meanwhile_is_not_overwritten(town):
    first, second = ReviewSession(town, BY), ReviewSession(town, "økonomi")
    press(first, "take", code="0102")
    view = press(second, "take", code="0201")
    assert view["status"].startswith("Afgjort i mellemtiden på en anden side: Papirhuset A/S")
    assert rows(town) == [("stol til kontor", "0102")]
    assert view["group"]["place"] == "1 af 3"
    assert view["group"]["text"] == first.view()["group"]["text"]


def test_groups_decided_elsewhere_in_front_do_not_make_the_page_jump(town):
    first, second = ReviewSession(town, BY), ReviewSession(town, BY)
    press(second, "next")
    following = second.groups["group_key"].iloc[2]
    press(first, "take", code="0102")
    assert press(second, "take", code="0201")["group"]["key"] == following


def test_a_category_taken_out_of_the_tree_meanwhile_is_not_saved(session, town):
    write_own_tree(town, tree_of_rows([node for node in NODES if node[0] != "0102"]), {})
    view = press(session, "take", code="0102")
    assert view["failed"] and view["status"].startswith("Ikke gemt. Kategorien 0102 står ikke i kategoritræet.")
    press(session, "bulk")
    press(session, "take", code="0102")
    assert press(session, "confirm")["failed"]
    assert rows(town) == []


def test_a_decision_that_is_saved_is_not_called_unsaved_when_the_queue_cannot_be_read(session, town, monkeypatch):
    def refuse(*_, **__):
        raise NoDataError("Lines have not been classified.", expected="a spend cube", todo="classify")

    press(session, "bulk")
    press(session, "take", code="0101")
    monkeypatch.setattr(page_session, "lines_to_review", refuse)
    view = press(session, "confirm")
    assert view["failed"] and view["status"].startswith("Gemt: alle linjer fra Papirhuset A/S")
    assert rows(town) == [("", "0101")]


def test_a_supplier_decision_taken_back_is_named_and_stood_at(session, town):
    press(session, "bulk")
    press(session, "take", code="0101")
    press(session, "confirm")
    view = press(session, "undo")
    assert view["status"] == "Fortrudt: Papirhuset A/S · 00100001"
    assert said(view["group"]["supplier"]) == "Papirhuset A/S"


def test_a_line_with_nothing_printed_cannot_be_decided_and_can_be_passed(municipality):
    bare = {"supplier_number": None, "supplier_name": None, "item_name": None, "line_text": None, "unit_name": None}
    session = ReviewSession(fill_town(municipality, [{**UNPLACED, **bare, "net": "70.00"}]), BY)
    view = press(session, "take", code="0101")
    assert view["group"]["text"] == []
    assert view["failed"] and view["status"].startswith("Ikke gemt. Linjen har hverken leverandør")
    assert rows(municipality) == []


def test_what_else_a_decision_reaches_through_empty_cells_is_said(municipality):
    lines = [{**CARS, **UNPLACED, "line_text": text, "net": net} for text, net in ((None, "600.00"), ("tur", "50.00"))]
    session = ReviewSession(fill_town(municipality, lines), BY)
    assert session.view()["group"]["reach"].replace("\u00a0", " ").endswith("afgør 2 grupper af linjer, 650 kr. i alt.")
    assert press(session, "next")["group"]["reach"] == ""


@pytest.mark.parametrize("printed", ["=cmd|' /C calc'!A0", "@SUM(1+1)", "x" * 2000, 'a; "b" <script>alert(1)</script>'])
def test_whatever_is_printed_is_decided_once_and_taken_back(municipality, printed):
    line = {**PAPER, **UNPLACED, "line_text": printed, "net": "70.00"}
    session = ReviewSession(fill_town(municipality, [line]), BY)
    assert said(session.view()["group"]["text"]) == printed
    assert session.view()["progress"]["ahead"].startswith("Der er én beslutning tilbage")
    assert press(session, "take", code="0101")["group"] is None
    assert ReviewSession(municipality, BY).current is None
    assert press(session, "undo")["group"]["place"] == "1 af 1"


@pytest.mark.parametrize("codes", [("01", "02"), ("01", "0101", "010101")])
def test_a_tree_of_any_depth_can_be_chosen_from(municipality, codes):
    fill_town(municipality, with_classifier=False)
    nodes = [(code, code[:-2] or None, f"Navn {code}", f"Name {code}") for code in codes]
    write_own_tree(municipality, tree_of_rows(nodes), {})
    session = ReviewSession(municipality, BY)
    assert session.frame()["categories"][-1]["path"] == " › ".join(
        f"Navn {code}" for code in codes[:-1] if len(codes) > 2
    )
    press(session, "take", code=codes[-1])
    assert rows(municipality) == [("stol til kontor", codes[-1])]


def test_the_classifier_is_read_once(town, monkeypatch):
    from procurement_kit.classifier import storage

    read, load = [], storage.load_classifier
    monkeypatch.setattr(storage, "load_classifier", lambda folder: read.append(folder) or load(folder))
    session = ReviewSession(town, BY)
    press(session, "bulk")
    press(session, "take", code="0101")
    press(session, "confirm")
    assert len(read) == 1


@pytest.mark.parametrize(
    ("do", "broken", "lead"),
    [
        ("undo", "_undo", "Beslutningen er ikke fortrudt: "),
        ("bulk", "_offer_bulk", "Leverandørens linjer kunne ikke findes: "),
        ("cancel", "_cancel", "Det lykkedes ikke: "),
    ],
)
def test_what_could_not_be_done_is_said_in_danish_before_the_reason(session, monkeypatch, do, broken, lead):
    def refuse(_):
        raise NoDataError("There is nothing here.")

    monkeypatch.setattr(session, broken, refuse)
    assert press(session, do)["status"] == f"{lead}There is nothing here."
