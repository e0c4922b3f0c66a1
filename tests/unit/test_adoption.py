"""A second classifier is compared with what the lines were given by the first, taken into use, and put back."""

import json
from decimal import Decimal

import pytest

from procurement_kit import adoption, learning, workbench
from procurement_kit.classifier import storage
from procurement_kit.errors import NoDataError, TableError
from procurement_kit.exact import records
from procurement_kit.publishing.sentences import show
from procurement_kit.steps.spend_cube import read_cube
from tests.unit.classifier.conftest import NODES, TEXTS
from tests.unit.steps.conftest import import_lines

FIRMS = ("Nord", "Syd", "Vest", "Øst")
TREE_HEADING = "Kode;Overkategori;Navn;Engelsk navn\r\n"
LABEL_HEADING = "Leverandør;Tekst;Kategorikode\r\n"


def write_labels(municipality, swapped: dict[str, str] | None = None) -> None:
    """Each text of each firm with its category, or the one it is swapped with."""
    rows = [
        f"{firm} {code} ApS;{text};{(swapped or {}).get(code, code)}"
        for code, texts in TEXTS.items()
        for text in texts
        for firm in FIRMS
    ]
    (municipality.folder / "labelled_lines.csv").write_text(LABEL_HEADING + "\r\n".join(rows) + "\r\n", "utf-8")


@pytest.fixture(scope="module")
def taught(lasting_municipality):
    """A municipality whose lines bear the labelled texts, trained, classified, and trained anew as a candidate."""
    nodes = "\r\n".join(";".join(cell or "" for cell in node) for node in NODES)
    (lasting_municipality.folder / "category_tree.csv").write_text(TREE_HEADING + nodes + "\r\n", "utf-8")
    lines = [
        {"supplier_name": f"{firm} {code} ApS", "line_text": text, "net": "100.00", "art_code": "29"}
        for code, texts in TEXTS.items()
        for text in texts
        for firm in FIRMS
    ]
    import_lines(lasting_municipality, "first", [line | {"line_kind": "item"} for line in lines])
    write_labels(lasting_municipality)
    return lasting_municipality


def versions(municipality) -> dict[str, str]:
    rooms = ("classifier", "classifier_candidate", "classifier_previous")
    found = {room: municipality.folder / room for room in rooms if storage.has_classifier(municipality, room)}
    return {room: storage.load_classifier(folder).version for room, folder in found.items()}


def codes(municipality) -> dict[str, str]:
    workbench.classify_lines(municipality)
    return {row["line_id"]: row["category_code"] for row in records(read_cube(municipality))}


def test_from_first_training_to_adoption_and_back(taught):
    """One story, because training is dear: first classifier, candidate, comparison, adoption, way back."""
    first = learning.train("prøveby")
    assert (first.facts["is_candidate"], list(versions(taught))) == (False, ["classifier"])
    old = versions(taught)["classifier"]
    before = codes(taught)
    with pytest.raises(NoDataError, match="classifier_candidate"):
        adoption.adopt("prøveby")
    with pytest.raises(NoDataError, match="classifier_previous"):
        adoption.adopt("prøveby", back=True)
    nothing = adoption.compare("prøveby")
    assert (nothing.facts["moved_line_count"], nothing.facts["candidate"]) == (0, False)

    write_labels(taught, {"0201": "0202", "0202": "0201"})
    candidate = learning.train("prøveby", candidate=True)
    assert candidate.facts["is_candidate"]
    assert candidate.sentences[-1].endswith("procurement-kit compare prøveby")
    new = versions(taught)["classifier_candidate"]
    assert versions(taught) == {"classifier": old, "classifier_candidate": new}
    assert new != old
    assert learning.train("prøveby", candidate=True).facts["unchanged"]

    compared = adoption.compare("prøveby")
    finding = adoption.compare_classifiers(taught)
    assert not finding.failed_checks
    assert codes(taught) == before  # nothing is moved by comparing
    told = show(finding, language="en").text.replace("\u00a0", " ")
    assert "change category" in told
    assert compared.facts["candidate"]
    json.dumps(compared.facts, default=str)
    by_label = {row["move_reason"]: row["line_count"] for row in compared.facts["by_reason"]}
    assert by_label["label"] > 0
    assert by_label["rule"] == by_label["decision"] == 0

    assert adoption.adopt("prøveby").facts["model_version"] == new
    assert versions(taught) == {"classifier": new, "classifier_previous": old}
    after = codes(taught)
    moved = [line for line, code in after.items() if code != before[line]]
    assert finding.numbers["moved_line_count"].value == len(moved) > 0
    assert finding.numbers["moved_amount"].value == Decimal("100.00") * len(moved)
    assert finding.numbers["level_1_share"].value == 0 or any(after[line] is None for line in moved)

    assert adoption.adopt("prøveby", back=True).facts["model_version"] == old
    assert versions(taught) == {"classifier": old, "classifier_previous": new}
    assert codes(taught) == before
    learning.train("prøveby")
    assert versions(taught) == {"classifier": new, "classifier_previous": old}


def test_rules_made_since_the_last_classification_are_compared_too(taught):
    codes(taught)
    (taught.folder / "rules.csv").write_text("Regel;Leverandør;Kategorikode\r\nR-1;Nord 0101 ApS;0201\r\n", "utf-8")
    try:
        finding = adoption.compare_classifiers(taught)
        pairs = finding.table[finding.table["move_reason"] == "rule"]
        assert pairs["line_count"].sum() == 4
        assert set(pairs["new_category_code"]) == {"0201"}
        same = adoption.classifier_in(taught)
        assert adoption.compare_classifiers(taught, new=same, old=same).table.empty
        (taught.folder / "rules.csv").write_text("Regel;Leverandør;Kategorikode\r\nR-1;Nord;77\r\nR-1;;01\r\n", "utf-8")
        with pytest.raises(TableError) as refused:
            adoption.compare_classifiers(taught)
        assert len(refused.value.problems) == 3
    finally:
        (taught.folder / "rules.csv").unlink()


def test_without_lines_nothing_is_compared(municipality):
    with pytest.raises(NoDataError):
        adoption.compare_classifiers(municipality)
