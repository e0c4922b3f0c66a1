"""The standard tree's phrases alone on real Danish notices: the area, before a single line has been labelled."""

import pandas as pd
import pytest

from procurement_kit.classifier.features import clean_features
from procurement_kit.classifier.training import LABELLED, train
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.tables import CLASSIFIER_FEATURES

LONGEST_TEXT = 400  # characters of a description; an invoice line has fewer


def areas_by_cpv(tree):
    """CPV prefix → areas whose categories carry it."""
    areas: dict[str, set[str]] = {}
    for category in tree.categories:
        for code in category.cpv_codes:
            areas.setdefault(code.rstrip("0"), set()).add(tree.path(category.category_code)[0])
    return areas


def areas_of(code, areas):
    found = (areas[code[:length]] for length in range(8, 1, -1) if code[:length] in areas)
    return next(found, set())


@pytest.fixture(scope="session")
def notices(shared_data):
    path = shared_data / "ted_denmark" / "notices_dk.csv"
    if not path.is_file():
        pytest.skip("the Danish notices are not among the real data")
    table = pd.read_csv(path, dtype=str)
    areas = areas_by_cpv(standard_tree())
    table["areas"] = [areas_of(code, areas) if isinstance(code, str) else set() for code in table["cpv_main"]]
    return table[table["areas"].map(bool) & table["lang"].eq("DA")].reset_index(drop=True)


def test_the_area_is_often_among_the_first_three(notices):
    classifier = train(pd.DataFrame(columns=list(LABELLED)), standard_tree())
    rows = pd.DataFrame(dict.fromkeys(CLASSIFIER_FEATURES), index=notices.index, dtype=object)
    rows["item_name"], rows["line_text"] = notices["title"], notices["description"].str[:LONGEST_TEXT]
    by_area = classifier.levels.at(classifier.probabilities(clean_features(rows)), 1)
    best = classifier.levels.codes[1][(-by_area).argsort(axis=1)[:, :3]]
    first = sum(codes[0] in areas for codes, areas in zip(best, notices["areas"], strict=True)) / len(notices)
    three = sum(bool(areas & set(codes)) for codes, areas in zip(best, notices["areas"], strict=True)) / len(notices)
    print({"notices": len(notices), "first": round(first, 3), "three": round(three, 3)})  # noqa: T201
    assert first > 0.48
    assert three > 0.62
    claimed = classifier.predict(rows)["category_code"]
    right = [code[:2] in areas for code, areas in zip(claimed, notices["areas"], strict=True) if code]
    assert sum(right) / len(right) > 0.7
