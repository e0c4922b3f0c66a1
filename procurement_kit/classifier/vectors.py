"""How do texts become TF-IDF vectors, fast?

A text's words and its letters within words depend on its words alone. So the fitted scikit-learn vectoriser analyses
each distinct word once, and the texts' counts are sums over their words. The result is the vectoriser's own.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import normalize

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer


def tfidf(vectoriser: "TfidfVectorizer", texts: Sequence[str]) -> sparse.csr_matrix:
    """What `vectoriser.transform(texts)` gives, for texts of words parted by single spaces.

    Parameters
    ----------
    vectoriser : TfidfVectorizer
        Fitted; with words (one or two) or letters within words, sublinear counts, and rows of length one.
    texts : sequence of str
        Cleaned; best without repetition.

    Returns
    -------
    csr_matrix
        Texts × features, float32.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> settings = dict(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True, lowercase=False, dtype=np.float32)
    >>> fitted = TfidfVectorizer(**settings).fit(["kaffe", "kaffefilter"])
    >>> bool((tfidf(fitted, ["kaffe filter"]) != fitted.transform(["kaffe filter"])).nnz == 0)
    True
    """
    words = [text.split() for text in texts]
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    flat = pd.Series([word for line in words for word in line], dtype=object)
    codes, distinct = pd.factorize(flat)
    rows = np.repeat(np.arange(len(words)), lengths)
    counts = _of_words(vectoriser, codes, distinct, rows, len(words))
    if vectoriser.analyzer == "word" and vectoriser.ngram_range[1] == 2:
        counts = counts + _of_pairs(vectoriser, codes, distinct, rows, len(words))
    return _weighted(counts, vectoriser.idf_)


def _of_words(
    vectoriser: "TfidfVectorizer", codes: np.ndarray, distinct: Sequence[str], rows: np.ndarray, count: int
) -> sparse.csr_matrix:
    """Counts of the features that lie within one word."""
    analyse = vectoriser.build_analyzer() if vectoriser.analyzer == "char_wb" else lambda word: (word,)
    vocabulary, places, starts = vectoriser.vocabulary_, [], [0]
    for word in distinct:
        places += [place for feature in analyse(word) if (place := vocabulary.get(feature)) is not None]
        starts.append(len(places))
    by_word = sparse.csr_matrix(
        (np.ones(len(places), dtype=np.float32), np.array(places, dtype=np.int64), np.array(starts)),
        shape=(len(distinct), len(vocabulary)),
    )
    in_text = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, codes)), shape=(count, len(distinct)))
    return in_text @ by_word


def _of_pairs(
    vectoriser: "TfidfVectorizer", codes: np.ndarray, distinct: Sequence[str], rows: np.ndarray, count: int
) -> sparse.csr_matrix:
    """Counts of the features that are two words in a row."""
    position = {word: code for code, word in enumerate(distinct)}
    known: dict[int, int] = {}
    for feature, place in vectoriser.vocabulary_.items():
        first, space, second = feature.partition(" ")
        if space and first in position and second in position:
            known[position[first] * len(distinct) + position[second]] = place
    keys = np.array(sorted(known), dtype=np.int64)
    if not len(keys):
        return sparse.csr_matrix((count, len(vectoriser.vocabulary_)), dtype=np.float32)
    together = rows[1:] == rows[:-1]
    pairs = codes[:-1][together].astype(np.int64) * len(distinct) + codes[1:][together]
    found = np.minimum(np.searchsorted(keys, pairs), len(keys) - 1)
    hit = keys[found] == pairs
    places = np.array([known[key] for key in keys.tolist()], dtype=np.int64)[found[hit]]
    cells = (rows[1:][together][hit], places)
    shape = (count, len(vectoriser.vocabulary_))
    return sparse.csr_matrix((np.ones(len(places), dtype=np.float32), cells), shape=shape)


def _weighted(counts: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
    """Sublinear counts times inverse document frequency, each row of length one; in scikit-learn's order of steps."""
    counts = counts.tocsr().astype(np.float32)
    counts.sum_duplicates()
    counts.sort_indices()
    counts.data = np.log(counts.data) + np.float32(1.0)
    counts.data *= idf.astype(np.float32)[counts.indices]
    return normalize(counts, norm="l2", copy=False)
