import json
import pickle

import pytest
from skops.io import dump

from procurement_kit.classifier import storage
from procurement_kit.classifier.storage import load_classifier, save, write_classifier
from procurement_kit.errors import ModelError


class Foreign:
    """A type nobody has vouched for."""


@pytest.fixture
def folder(classifier, tmp_path):
    write_classifier(classifier, tmp_path / "classifier")
    return tmp_path / "classifier"


def test_what_was_saved_predicts_the_same(folder, classifier, labelled):
    read = load_classifier(folder)
    assert read.version == classifier.version
    assert read.tree == classifier.tree
    assert read.predict(labelled).equals(classifier.predict(labelled))


def test_it_lies_in_the_municipalitys_folder(municipality, classifier):
    assert save(classifier, municipality) == municipality.folder / "classifier"
    assert load_classifier(municipality.folder / "classifier").card == json.loads(json.dumps(classifier.card))


def test_a_classifier_can_be_kept_in_another_room_and_outlives_the_first(municipality, classifier):
    storage.keep(municipality, "classifier", as_room="classifier_previous")
    assert not (municipality.folder / "classifier_previous").exists()
    save(classifier, municipality)
    storage.keep(municipality, "classifier", as_room="classifier_previous")
    (municipality.folder / "classifier" / "card.json").unlink()
    assert not storage.has_classifier(municipality)
    assert storage.has_classifier(municipality, "classifier_previous")
    assert load_classifier(municipality.folder / "classifier_previous").version == classifier.version


def test_no_supplier_stands_in_the_files_but_in_the_vocabulary(folder):
    assert "nord" not in (folder / "classifier.json").read_text(encoding="utf-8").casefold()
    assert "nord" not in (folder / "card.json").read_text(encoding="utf-8").casefold()


def test_types_that_are_not_trusted_are_refused(folder):
    dump({"vectorisers": [], "linear": Foreign()}, folder / "model.skops")
    with pytest.raises(ModelError, match="not trusted"):
        load_classifier(folder)


def test_a_pickle_is_refused(folder):
    (folder / "model.skops").write_bytes(pickle.dumps({"linear": 1}))
    with pytest.raises(ModelError, match="damaged"):
        load_classifier(folder)


@pytest.mark.parametrize("name", ["model.skops", "classifier.json", "card.json"])
def test_damaged_and_missing_files_are_named(folder, name):
    (folder / name).write_bytes(b"\x00\x01")
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        load_classifier(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        load_classifier(folder)


def test_a_model_that_is_not_the_one_of_its_state_is_refused(folder, classifier):
    dump({"vectorisers": [], "linear": classifier.linear}, folder / "model.skops")
    with pytest.raises(ModelError, match="is not the one"):
        load_classifier(folder)


def test_a_state_that_is_not_one_of_a_classifier_is_refused(folder):
    (folder / "classifier.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="not those of a classifier"):
        load_classifier(folder)


def test_a_model_that_is_too_large_is_refused(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "LARGEST_MODEL", 1000)
    with pytest.raises(ModelError, match="would take"):
        write_classifier(classifier, tmp_path)
