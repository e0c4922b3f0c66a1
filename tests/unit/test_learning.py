"""A municipality without labels starts from another's classifier, of which it sees the classifier and no line."""

import pytest

from procurement_kit import learning, store
from procurement_kit.errors import ModelError
from tests.unit.classifier.conftest import NODES, TEXTS
from tests.unit.steps.conftest import import_lines

TREE_HEADING = "Kode;Overkategori;Navn;Engelsk navn\r\n"


def make(municipality, firms):
    nodes = "\r\n".join(";".join(cell or "" for cell in node) for node in NODES)
    (municipality.folder / "category_tree.csv").write_text(TREE_HEADING + nodes + "\r\n", "utf-8")
    lines = [
        {"supplier_name": f"{firm} {code} ApS", "line_text": text, "net": "100.00", "art_code": "29"}
        for code, texts in TEXTS.items()
        for text in texts
        for firm in firms
    ]
    import_lines(municipality, "first", lines)


@pytest.fixture
def other(municipality):
    """One that has labelled every line and trained, and one that has not."""
    make(municipality, ("Nord", "Syd", "Vest"))
    rows = [
        f"{firm} {code} ApS;{text};{code}"
        for code, texts in TEXTS.items()
        for text in texts
        for firm in ("Nord", "Syd", "Vest")
    ]
    labels = "Leverandør;Tekst;Kategorikode\r\n" + "\r\n".join(rows) + "\r\n"
    (municipality.folder / "labelled_lines.csv").write_text(labels, "utf-8")
    learning.train(municipality.name)
    other = store.create_municipality("naboby", title="Naboby Kommune")
    make(other, ("Øst",))
    return other


def test_lines_nobody_has_labelled_are_learned_as_the_other_places_them(municipality, other):
    outcome = learning.train(other.name, start_from=municipality.name)
    assert outcome.facts["labelled_lines"] == 0
    assert outcome.facts["borrowed_rows"] > 0
    assert "as the other classifier places them" in outcome.sentences[0]
    assert learning.train(other.name, start_from=municipality.name).facts["unchanged"]
    assert not learning.train(other.name, start_from=municipality.name, until="2030").facts["unchanged"]


def test_one_without_a_classifier_is_no_start(municipality, other):
    with pytest.raises(ModelError, match="missing"):
        learning.train(municipality.name, start_from=other.name)
