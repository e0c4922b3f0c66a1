"""The fast way to TF-IDF gives scikit-learn's own vectors, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from procurement_kit.classifier.training import _LETTERS, _WORD, _WORDS
from procurement_kit.classifier.vectors import tfidf

KNOWN = ["kaffe filter kaffe", "kaffefilter nr 4", "ærø færge", "a", "te te te kaffe", "blåbærgrød på ærø", ""]
TEXTS = st.lists(
    st.lists(st.sampled_from(["kaffe", "filter", "te", "ærø", "a", "kaffefilter", "ny", "på"]), max_size=6), max_size=8
)


@pytest.mark.parametrize("kind", [_WORDS, _WORD, _LETTERS])
@settings(deadline=None, max_examples=40)
@given(texts=TEXTS)
def test_it_is_the_vectorisers_own(kind, texts):
    fitted = TfidfVectorizer(dtype=np.float32, sublinear_tf=True, lowercase=False, **kind).fit(KNOWN)
    lines = [" ".join(words) for words in texts] or [""]
    assert (tfidf(fitted, lines) != fitted.transform(lines)).nnz == 0
    assert tfidf(fitted, lines).dtype == np.float32


def test_words_nobody_has_seen_say_nothing():
    fitted = TfidfVectorizer(dtype=np.float32, sublinear_tf=True, lowercase=False, **_WORDS).fit(KNOWN)
    assert tfidf(fitted, ["ukendt ord", ""]).nnz == 0
