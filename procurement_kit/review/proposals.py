"""What does the classifier propose for the groups to review?

The best three categories of the line with most kroner in each group, with their probabilities; nothing where no
classifier has been trained.
"""

from typing import TYPE_CHECKING

import pandas as pd

from procurement_kit.review.explained import model_of
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube
from procurement_kit.store import table_of
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES

if TYPE_CHECKING:
    from procurement_kit.classifier.model import Classifier

BEST = 3
BEST_COLUMNS = tuple(f"best_{n}_{what}" for n in range(1, BEST + 1) for what in ("code", "probability"))
_ROWS_AT_A_TIME = 20_000


def best_codes(municipality: Municipality, line_ids: pd.Series) -> pd.DataFrame:
    """The best three categories of lines, in their order; empty without a classifier."""
    classifier = model_of(municipality)
    if classifier is None or not len(line_ids):
        return pd.DataFrame(None, index=range(len(line_ids)), columns=list(BEST_COLUMNS), dtype=object)
    features = _features(municipality, line_ids)
    parts = [
        proposed(classifier, features.iloc[start : start + _ROWS_AT_A_TIME])
        for start in range(0, len(features), _ROWS_AT_A_TIME)
    ]
    return pd.concat(parts, ignore_index=True)[list(BEST_COLUMNS)]


def proposed(classifier: "Classifier", features: pd.DataFrame) -> pd.DataFrame:
    """The best three categories of feature rows, side by side: best_1_code, best_1_probability, and so on."""
    found = classifier.propose(features, count=BEST)
    side = found.pivot(index="row", columns="rank", values=["category_code", "probability"])
    table = pd.DataFrame(index=range(len(features)))
    for n in range(1, BEST + 1):
        for what, name in (("code", "category_code"), ("probability", "probability")):
            table[f"best_{n}_{what}"] = side[name, n] if (name, n) in side.columns else None
    return table


def _features(municipality: Municipality, line_ids: pd.Series) -> pd.DataFrame:
    """What the classifier reads on these lines, in their order."""
    wanted = table_of([{"line_id": line_id} for line_id in line_ids], {"line_id": INVOICE_LINES["line_id"].type})
    cube = read_cube(municipality)
    found = cube.inner_join(wanted, "line_id").select("line_id", *CLASSIFIER_FEATURES)
    table = found.to_pyarrow().to_pandas().drop_duplicates("line_id").set_index("line_id")
    return table.reindex(list(line_ids)).reset_index(drop=True)
