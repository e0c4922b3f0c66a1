"""What would others say of the same lines?

Peers learn from the same distinct rows: the most frequent category, the supplier's most frequent category (what one
does by hand), words as TF-IDF with logistic regression (what published tools use, fitted until it has converged), and
fastText where it is installed.
"""

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from procurement_kit.classifier.features import FIELDS

READ = tuple(name for name in FIELDS if name != "context")  # what is printed; `context` only repeats it as one word
COST = 10.0
MOST_ROUNDS = 1000
FASTTEXT = {"epoch": 25, "wordNgrams": 2, "dim": 100, "minCount": 1, "bucket": 200_000, "thread": 1}
FASTTEXT_RATES = (0.5, 0.25, 0.1)  # the first at which its training does not run off into what is not a number
NO_FASTTEXT = "fasttext is not installed: uv sync --group peers"


@dataclass(frozen=True)
class Said:
    """What a peer says of rows.

    Parameters
    ----------
    best : array of str
        Its category of each row.
    probability : array, optional
        Of that category; None where the peer has none.
    facts : dict
        How it was made.
    not_measured : str
        Why it says nothing; empty where it does.
    """

    best: np.ndarray
    probability: np.ndarray | None = None
    facts: dict = field(default_factory=dict)
    not_measured: str = ""


def most_frequent(known: pd.DataFrame, rows: pd.DataFrame) -> Said:
    """The category most distinct rows have.

    Parameters
    ----------
    known : DataFrame
        FIELDS, supplier_key and `at_level`, the category learned.
    rows : DataFrame
        FIELDS and supplier_key of the rows asked about.
    """
    return Said(np.full(len(rows), known["at_level"].mode().iloc[0], dtype=object))


def suppliers_most_frequent(known: pd.DataFrame, rows: pd.DataFrame) -> Said:
    """The supplier's most frequent category; for a supplier never met, the most frequent of all."""
    counts = known.groupby(["supplier_key", "at_level"]).size().reset_index(name="n")
    counts = counts.sort_values(["n", "at_level"], ascending=[False, True], kind="stable")
    by_supplier = counts.drop_duplicates("supplier_key").set_index("supplier_key")["at_level"]
    frequent = most_frequent(known, rows).best[0] if len(rows) else ""
    return Said(rows["supplier_key"].map(by_supplier).fillna(frequent).to_numpy(object))


def word_logistic_regression(known: pd.DataFrame, rows: pd.DataFrame) -> Said:
    """Words of all fields together as TF-IDF, and logistic regression until it has converged."""
    if known["at_level"].nunique() < 2:
        return most_frequent(known, rows)
    vectoriser = TfidfVectorizer(lowercase=False, token_pattern=r"\S+", sublinear_tf=True, dtype=np.float32)
    model = LogisticRegression(C=COST, max_iter=MOST_ROUNDS, tol=1e-3)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(vectoriser.fit_transform(joined_words(known)), known["at_level"].to_numpy(dtype=str))
    shares = model.predict_proba(vectoriser.transform(joined_words(rows)))
    facts = {
        "settings": f"TF-IDF of words, logistic regression with C={COST:g}",
        "rounds": int(np.max(model.n_iter_)),
        "converged": not any(issubclass(warning.category, ConvergenceWarning) for warning in said),
    }
    return Said(model.classes_[shares.argmax(axis=1)].astype(object), shares.max(axis=1), facts)


def fasttext(known: pd.DataFrame, rows: pd.DataFrame) -> Said:
    """Supervised fastText over words and pairs of words, asked with a list; one thread, so that runs are alike."""
    try:
        import fasttext as package
    except ImportError:
        return Said(np.array([], dtype=object), not_measured=NO_FASTTEXT)
    codes, names = pd.factorize(known["at_level"], sort=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learned.txt"
        path.write_text(
            "".join(f"__label__{code} {text}\n" for code, text in zip(codes, joined_words(known), strict=True)),
            encoding="utf-8",
        )
        model, rate = _trained(package, path)
    if model is None:
        return Said(
            np.array([], dtype=object), not_measured=f"fastText does not converge, not at a rate of {rate} either"
        )
    labels, shares = model.predict(joined_words(rows).tolist(), k=1)
    # A row without any word gets no label at all: it is given the most frequent category.
    frequent = most_frequent(known, rows).best
    best = [
        names[int(found[0].removeprefix("__label__"))] if found else other
        for found, other in zip(labels, frequent, strict=True)
    ]
    probability = np.array([share[0] if len(share) else 0.0 for share in shares], dtype=float)
    return Said(np.array(best, dtype=object), np.clip(probability, 0.0, 1.0), {"settings": FASTTEXT | {"lr": rate}})


def _trained(package: ModuleType, path: Path) -> tuple[object | None, float]:
    """FastText's model of a file, and the rate it was learned at; None where no rate will do."""
    for rate in FASTTEXT_RATES:
        try:
            return package.train_supervised(input=str(path), verbose=0, lr=rate, **FASTTEXT), rate
        except RuntimeError:  # its only word for numbers that ran off
            continue
    return None, rate


def joined_words(rows: pd.DataFrame) -> pd.Series:
    """All fields of a row as one text, fields without text left out.

    Examples
    --------
    >>> row = dict.fromkeys(FIELDS, "") | {"supplier": "nord taxa", "text": "tur"}
    >>> joined_words(pd.DataFrame([row])).tolist()
    ['nord taxa tur']
    """
    texts = rows[READ[0]].astype(str)
    for name in READ[1:]:
        texts = texts + " " + rows[name].astype(str)
    return texts.str.split().str.join(" ")


PEERS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Said]] = {
    "most_frequent_category": most_frequent,
    "suppliers_most_frequent_category": suppliers_most_frequent,
    "word_tfidf_logistic_regression": word_logistic_regression,
    "fasttext": fasttext,
}
