"""How fast is a whole table classified, Parquet in to Parquet out, and how long does training take beside a plain fit?

Beside it in the same run: the plain scikit-learn pipeline's `predict` and fastText's, each on 100,000 of the lines. The
table is invented: 20,000 suppliers, PROCUREMENT_TEXTS distinct texts (200,000), 1,500 accounts, 600 units, in
PROCUREMENT_LINES lines (one million by default, ten for the whole claim). Peak memory is that of a process of its own.
Run `uv run pytest tests/benchmarks/test_classification_speed.py -n 0 -s --benchmark-only`.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

LINES = int(os.environ.get("PROCUREMENT_LINES", "1_000_000"))
TEXTS = int(os.environ.get("PROCUREMENT_TEXTS", "200_000"))
SUPPLIERS, ACCOUNTS, UNITS = 20_000, 1_500, 600
TIMED, RATIO, MEMORY_MB = 100_000, 30, 4_000
LABELLED, FITS = 100_000, 3


def say(figures: str) -> None:
    """Shown with `pytest -s`."""
    sys.stdout.write(f"\n{figures}\n")


def once(benchmark, work):
    """Do it once, under pytest-benchmark's clock: so a run without benchmarks leaves it out."""
    return benchmark.pedantic(work, rounds=1, iterations=1)


def invented_values(seed: int = 7) -> dict[str, np.ndarray]:
    """Distinct printed values made of the tree's own phrases, so that a classifier has something to read."""
    from procurement_kit.classifier.tree import standard_phrases

    phrases = standard_phrases()
    words = sorted({word for phrase in phrases["phrase"] for word in phrase.split() if len(word) > 2})
    chance = random.Random(seed)

    def text(low: int, high: int) -> str:
        return " ".join(chance.choices(words, k=chance.randint(low, high)))

    return {
        "supplier_name": np.array([f"{text(1, 2).title()} {n} A/S" for n in range(SUPPLIERS)], dtype=object),
        "line_text": np.array([f"{text(2, 6)} {n % 97} stk" for n in range(TEXTS)], dtype=object),
        "account_name": np.array([f"{text(1, 2)} {n}" for n in range(ACCOUNTS)], dtype=object),
        "unit_name": np.array([f"{text(1, 1).title()} {n}" for n in range(UNITS)], dtype=object),
    }


def write_lines(path: Path, count: int) -> None:
    """Lines whose suppliers and texts are as uneven as real ones; accounts and units of a line are unrelated."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from procurement_kit.tables import CLASSIFIER_FEATURES

    values, chance = invented_values(), np.random.default_rng(7)
    schema = pa.schema([(name, pa.string()) for name in CLASSIFIER_FEATURES])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, count, 500_000):
            rows = min(500_000, count - start)
            columns = {name: pa.nulls(rows, pa.string()) for name in CLASSIFIER_FEATURES}
            for name, known in values.items():
                picked = (
                    chance.integers(0, len(known), rows) if name != "supplier_name" else uneven(chance, known, rows)
                )
                columns[name] = pa.array(known, pa.string()).take(pa.array(picked))
            writer.write_table(pa.table(columns, schema=schema))


def uneven(chance, known, rows) -> np.ndarray:
    return (len(known) * chance.random(rows) ** 3).astype(int)


def classify_file(source: Path, target: Path, model: Path) -> dict:
    """Classify a Parquet file into another; lines, seconds and peak memory of this process."""
    import pyarrow.parquet as pq

    from procurement_kit.classifier.lookup import LOOKUP_TYPES, category_lookup
    from procurement_kit.classifier.storage import load_classifier
    from procurement_kit.store import arrow_schema, parquet_parts

    classifier = load_classifier(model)
    start, count = time.perf_counter(), 0
    with parquet_parts(target, arrow_schema(LOOKUP_TYPES)) as write:
        batches = pq.ParquetFile(source).iter_batches(batch_size=400_000)
        for table in category_lookup(batches, classifier, [], [], classifier.tree):
            write(table)
            count += table.num_rows
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1000
    return {
        "lines": count,
        "seconds": time.perf_counter() - start,
        "megabytes": peak,
        "classes": len(classifier.classes),
    }


def plain_probabilities(classifier, fields) -> np.ndarray:
    """The stock pipeline: every row vectorised by scikit-learn, one product with all coefficients, the calibration."""
    from scipy import sparse

    from procurement_kit.classifier.model import as_columns

    blocks = [
        part.vectoriser.transform(fields[part.field]).astype(np.float64) * part.weight for part in classifier.parts
    ]
    matrix = sparse.hstack(blocks).tocsr()
    heads = (classifier.areas, classifier.linear)
    scores = [as_columns(matrix @ head.coef_.T.astype(np.float64) + head.intercept_) for head in heads]
    return classifier.levels.shares(classifier.split(np.hstack(scores)), classifier.calibrated(fields))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A classifier of the standard tree's phrases, and where it lies."""
    import pandas as pd

    from procurement_kit.classifier.storage import write_classifier
    from procurement_kit.classifier.training import LABELLED as COLUMNS
    from procurement_kit.classifier.training import train
    from procurement_kit.classifier.tree import standard_tree

    folder = tmp_path_factory.mktemp("model")
    classifier = train(pd.DataFrame(columns=list(COLUMNS)), standard_tree())
    write_classifier(classifier, folder)
    return classifier, folder


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "lines.parquet"
    write_lines(path, LINES)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def timed_features(lines):
    import pyarrow.parquet as pq

    return next(pq.ParquetFile(lines).iter_batches(batch_size=TIMED))


def test_a_whole_table_is_classified_many_times_as_fast_as_by_the_plain_pipeline(
    benchmark, trained, lines, timed_features, tmp_path
):
    from procurement_kit.classifier.features import clean_features

    classifier, model = trained
    code = "import json, sys; sys.path.insert(0, sys.argv[1]); import test_classification_speed as t; from pathlib import Path; print(json.dumps(t.classify_file(*map(Path, sys.argv[2:]))))"  # fmt: skip  # noqa: E501
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(lines), str(tmp_path / "out"), str(model)]
    done = once(benchmark, lambda: subprocess.run(command, check=True, capture_output=True, text=True))
    found = json.loads(done.stdout.splitlines()[-1])
    start = time.perf_counter()
    fields = clean_features(timed_features.to_pandas().astype(object))  # printed columns in, as into ours
    for first in range(0, len(fields), 5_000):
        plain_probabilities(classifier, fields.iloc[first : first + 5_000]).argmax(axis=1)
    plain = len(fields) / (time.perf_counter() - start)
    ours = found["lines"] / found["seconds"]
    say(
        f"{found['lines']:,} lines, {TEXTS:,} texts, {found['classes']} classes: {ours:,.0f} a second, "
        f"plain {plain:,.0f} a second, {ours / plain:.0f} times; peak {found['megabytes']:,.0f} MB"
    )
    assert found["lines"] == LINES
    assert found["megabytes"] < MEMORY_MB
    if LINES >= 10_000_000 and TEXTS <= 200_000:
        assert ours / plain >= RATIO


def test_labels_and_probabilities_are_those_of_the_plain_pipeline(benchmark, trained, timed_features, monkeypatch):
    from procurement_kit.classifier import scoring
    from procurement_kit.classifier.features import clean_features
    from procurement_kit.classifier.scoring import TableScorer

    monkeypatch.setattr(scoring, "WORTH_COMPILING", 1)  # as in a whole table

    classifier, _ = trained
    some = timed_features.slice(0, 10_000)
    fields = clean_features(some.to_pandas().astype(object))
    plain = classifier.levels.place(plain_probabilities(classifier, fields), classifier.calibrated(fields))
    ours = once(benchmark, lambda: TableScorer(classifier).place(some))
    for name, values in plain.items():
        if name.endswith("_confidence"):
            np.testing.assert_allclose(ours[name], values, rtol=0, atol=1e-9)
        else:
            np.testing.assert_array_equal(ours[name], values)


def test_it_is_ahead_of_fasttext_on_the_same_lines(benchmark, trained, timed_features, tmp_path):
    fasttext = pytest.importorskip("fasttext", reason="fastText is not installed: uv sync --group peers")
    from procurement_kit.classifier.features import FIELDS, clean_features
    from procurement_kit.classifier.scoring import TableScorer
    from procurement_kit.classifier.tree import standard_phrases

    classifier, _ = trained
    phrases = standard_phrases()
    rows = tmp_path / "rows.txt"
    text = "\n".join(f"__label__{code} {phrase}" for code, phrase in zip(phrases["category_code"], phrases["phrase"]))
    rows.write_text(text, encoding="utf-8")
    peer = fasttext.train_supervised(str(rows), epoch=5, wordNgrams=2, dim=100, bucket=200_000, verbose=0)
    fields = clean_features(timed_features.to_pandas().astype(object))
    texts = fields[[name for name in FIELDS if name != "context"]].agg(" ".join, axis=1).tolist()
    start = time.perf_counter()
    peer.predict(texts)
    theirs = len(texts) / (time.perf_counter() - start)
    scorer = TableScorer(classifier)
    scorer.place(timed_features)  # texts are scored once, then kept, as they are in a whole table
    start = time.perf_counter()
    once(benchmark, lambda: scorer.place(timed_features))
    ours = len(texts) / (time.perf_counter() - start)
    say(f"fastText {theirs:,.0f} a second, ours on texts met before {ours:,.0f}, {ours / theirs:.1f} times")
    assert ours > theirs


def test_training_takes_at_most_three_plain_fits(benchmark):
    """Calibration included, on PROCUREMENT_LABELLED distinct labelled lines of 200 categories."""
    import pandas as pd
    from sklearn.svm import LinearSVC

    from procurement_kit.classifier import training
    from procurement_kit.classifier.tree import tree_of_rows
    from procurement_kit.tables import CLASSIFIER_FEATURES

    count = int(os.environ.get("PROCUREMENT_LABELLED", str(LABELLED)))
    values, chance = invented_values(), np.random.default_rng(3)
    areas = [(f"{a:02d}", None, f"Area {a}", f"Area {a}") for a in range(1, 21)]
    groups = [
        (f"{a:02d}{g:02d}", f"{a:02d}", f"Group {a} {g}", f"Group {a} {g}") for a in range(1, 21) for g in range(10)
    ]
    tree = tree_of_rows([*areas, *groups])
    place = chance.integers(0, len(groups), count)
    features = dict.fromkeys(CLASSIFIER_FEATURES)
    labelled = pd.DataFrame({name: [features[name]] * count for name in CLASSIFIER_FEATURES}, dtype=object)
    for name, known in values.items():
        width = len(known) // len(
            groups
        )  # a category has texts, suppliers and accounts of its own, and one in five not
        own = place * width + chance.integers(0, width, count)
        labelled[name] = known[np.where(chance.random(count) < 0.2, chance.integers(0, len(known), count), own)]
    labelled["category_code"] = [groups[i][0] for i in place]
    labelled["amount"] = chance.lognormal(7, 2, count)
    labelled["invoice_date"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(chance.integers(0, 1095, count), unit="D")
    start = time.perf_counter()
    once(benchmark, lambda: training.train(labelled, tree))
    ours = time.perf_counter() - start
    rows = training.training_rows(labelled, tree, None)
    _, matrix = training.fit_parts(rows)
    start = time.perf_counter()
    LinearSVC(C=training.COST).fit(matrix, rows["category_code"].to_numpy(dtype=str))
    plain = time.perf_counter() - start
    say(f"{len(rows):,} rows: training {ours:.0f} s, one plain fit {plain:.0f} s, {ours / plain:.2f} times")
    assert ours <= FITS * plain
