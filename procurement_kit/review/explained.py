"""Why does a line lie in its category: what decided it, and what does the classifier see in it?

Whoever decided is named first: a decision, a rule, the line an accessory follows, or the classifier. The classifier's
own view stands beside in every case. Nothing of a person is shown, nor the token that stands for a personal number.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from procurement_kit.classifier.explanations import Explanation, Pull, explain
from procurement_kit.classifier.tree import CategoryTree, tree_of
from procurement_kit.errors import ParameterError
from procurement_kit.exact import records
from procurement_kit.names import TOKEN, normalise_text
from procurement_kit.publishing.formats import Formats
from procurement_kit.review.wording import ReviewWords
from procurement_kit.settings import Municipality
from procurement_kit.tables import CLASSIFIER_FEATURES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from procurement_kit.classifier.model import Classifier

PLACED = ("category_code", "category_source", "category_reason", "category_proposed_code")
WORDS_NAMED = 4
ROWS_SHOWN = 20
_LETTERS = re.compile(r"[^\W_]+")


class PageWords(ReviewWords):
    """The texts of the review page in one language, and how numbers are written in it."""

    part = "page_"

    def points(self, value: float) -> str:
        """A score with its sign and two decimals."""
        text = self.formats.number(Decimal(repr(round(value, 6))), 2)
        return f"+{text}" if round(value, 2) > 0 else text

    def share(self, value: float) -> str:
        """A probability as a percentage."""
        return self.formats.share(Decimal(repr(round(float(value), 6)))).replace("\u00a0", " ")

    def field(self, name: str) -> str:
        """What a field of the classifier is called."""
        return self.entry("fields").get(name, name)


def page_words(municipality: Municipality) -> PageWords:
    """The page's words in a municipality's language and currency."""
    return PageWords(Formats(municipality.language, municipality.currency))


@dataclass(frozen=True)
class LineExplanation:
    """Why a line lies where it lies; shows itself in a notebook.

    Parameters
    ----------
    line_id : str
    category_code : str or None
        Where it lies; None where it is not placed.
    category_source : str
        What decided: scope, review, rule, accessory, model or unclassified.
    category_reason : str or None
        The decision, the rule, the line it follows, or the classifier's version.
    model : Explanation or None
        The classifier's view, whoever decided; None without a classifier.
    sentences : tuple of str
        The same in words.
    headings : tuple of str
        Of `table`, in the municipality's language.
    table : DataFrame
        One row per field and word: field, word, best, runner_up, lead; what decided most first.
    """

    line_id: str
    category_code: str | None
    category_source: str
    category_reason: str | None
    model: Explanation | None
    sentences: tuple[str, ...]
    headings: tuple[str, ...]
    table: "pd.DataFrame"
    words: PageWords

    @property
    def text(self) -> str:
        """The sentences, one a line."""
        return "\n".join(self.sentences)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from markupsafe import escape

        said = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        head = "".join(f"<th scope='col'>{escape(heading)}</th>" for heading in self.headings)
        rows = "".join(f"<tr>{_cells(row, self.words)}</tr>" for row in self.table.head(ROWS_SHOWN).to_numpy().tolist())
        title = escape(self.words.entry("explained.title"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<h4>{title}</h4><ul>{said}</ul>{table}"


def _cells(row: list, words: PageWords) -> str:
    from markupsafe import escape

    texts = [words.field(row[0]), row[1], *map(words.points, row[2:])]
    return "".join(f"<td>{escape(text)}</td>" for text in texts)


def explain_line(municipality: Municipality, line_id: str) -> LineExplanation:
    """Say why a line lies in its category: what decided, and which words spoke for it and for the runner-up.

    Parameters
    ----------
    municipality : Municipality
        Whose spend cube and classifier.
    line_id : str
        Identity of the line.

    Returns
    -------
    LineExplanation
        Shows itself in a notebook; `model` holds the scores taken apart, `table` the same as rows.

    Raises
    ------
    ParameterError
        If there is no such line.
    NoDataError
        If lines have not been classified.
    """
    found = lines_of(municipality, [line_id])
    if line_id not in found:
        raise ParameterError(
            f"There is no line «{line_id}».", expected="a line_id of the spend cube", todo="copy it whole"
        )
    return explained(found[line_id], model_of(municipality), tree_of(municipality), page_words(municipality))


def lines_of(municipality: Municipality, line_ids: Iterable[str]) -> dict[str, dict]:
    """What the classifier reads on some lines, and where they lie, by their identity."""
    from procurement_kit.steps.spend_cube import read_cube

    cube = read_cube(municipality)
    chosen = cube.filter(cube.line_id.isin(list(line_ids)))
    return {row["line_id"]: row for row in records(chosen.select("line_id", *CLASSIFIER_FEATURES, *PLACED))}


def model_of(municipality: Municipality) -> "Classifier | None":
    """The municipality's classifier, None where none has been trained."""
    from procurement_kit.classifier import storage

    folder = municipality.folder / "classifier"
    if not (folder / storage.CARD_FILE).is_file():
        return None
    seen = ((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.iterdir()))
    return _loaded(folder, tuple(seen))


@lru_cache(maxsize=1)
def _loaded(folder: "Path", seen: tuple[tuple[str, int, int], ...]) -> "Classifier":
    """The classifier of a folder, read again only once a file in it has changed."""
    from procurement_kit.classifier import storage

    return storage.load_classifier(folder)


def explained(line: Mapping, classifier: "Classifier | None", tree: CategoryTree, words: PageWords) -> LineExplanation:
    """Explain one line of the spend cube; no file is read.

    Parameters
    ----------
    line : mapping
        `line_id`, the columns CLASSIFIER_FEATURES and `PLACED`.
    classifier : Classifier or None
        None where none has been trained.
    tree : CategoryTree
        The tree the line's category is in.
    words : PageWords
        Language and number formats.
    """
    import pandas as pd

    model = None
    if classifier is not None:
        features = pd.DataFrame([{name: line[name] for name in CLASSIFIER_FEATURES}], dtype=object)
        model = _readable(explain(classifier, features), line, words)
    said = [_decided(line, tree, words), *_viewed(model, classifier, words)]
    pulls = model.pulls if model else ()
    rows = [(pull.field, pull.word, pull.best, pull.runner_up, pull.lead) for pull in pulls]
    codes = {"best": model.best_code, "runner_up": model.runner_up_code} if model else {"best": "", "runner_up": ""}
    headings = words.entry("explained.headings").values()
    return LineExplanation(
        line_id=line["line_id"],
        category_code=line["category_code"],
        category_source=line["category_source"],
        category_reason=line["category_reason"],
        model=model,
        sentences=tuple(said),
        headings=tuple(heading.format_map(codes).strip() for heading in headings),
        table=pd.DataFrame(rows, columns=["field", "word", "best", "runner_up", "lead"]),
        words=words,
    )


def named(tree: CategoryTree, code: str | None, words: PageWords) -> str:
    """A category's name and code; the code alone where the tree does not know it, a word where there is none."""
    if not code:
        return str(words.entry("explained.nowhere"))
    return f"{tree.name(code, words.formats.language)} ({code})" if code in tree else code


def _decided(line: Mapping, tree: CategoryTree, words: PageWords) -> str:
    source, code = line["category_source"], line["category_code"]
    proposed = line["category_proposed_code"]
    if source == "model" and proposed and proposed != code:
        source = "parent" if proposed in tree and code in tree.path(proposed)[:-1] else source
    reason = f"«{line['category_reason'] or words.formats.text(None, 'text')}»"
    return words.say(f"explained.{source}", category=named(tree, code, words), reason=reason)


def _viewed(model: Explanation | None, classifier: "Classifier | None", words: PageWords) -> list[str]:
    """The classifier's view in sentences: the two categories, the words for each, and the points."""
    if model is None or classifier is None:
        return [words.say("explained.no_model")]
    best, runner_up = (named(classifier.tree, code, words) for code in (model.best_code, model.runner_up_code))
    shares = {
        "best_share": words.share(model.best_probability),
        "runner_up_share": words.share(model.runner_up_probability),
    }
    said = [words.say("explained.view", best=best, runner_up=runner_up, **shares)]
    speaking = {
        "for": [pull for pull in model.pulls if round(pull.lead, 2) > 0][:WORDS_NAMED],
        "against": [pull for pull in reversed(model.pulls) if round(pull.lead, 2) < 0][:WORDS_NAMED],
    }
    for side, pulls in speaking.items():
        if pulls:
            listed = ", ".join(_pull(pull, words) for pull in pulls)  # each with what it speaks for its own side
            said.append(words.say(f"explained.{side}", best=best, runner_up=runner_up, words=listed))
    names = ("best_score", "runner_up_score", "best_start", "runner_up_start")
    said.append(words.say("explained.score", **{name: words.points(getattr(model, name)) for name in names}))
    said += [] if model.pulls else [words.say("explained.no_words")]
    return said if model.is_known_supplier else [*said, words.say("explained.new_supplier")]


def _pull(pull: Pull, words: PageWords) -> str:
    return words.say("explained.pull", field=words.field(pull.field), word=pull.word, lead=words.points(abs(pull.lead)))


def _readable(model: Explanation, line: Mapping, words: PageWords) -> Explanation:
    """The explanation with words a person can read, and without the tokens that stand for personal numbers."""
    from dataclasses import replace

    printed = " ".join(str(line[name]) for name in CLASSIFIER_FEATURES if line[name])
    tokens = {word for token in re.findall(TOKEN, printed) for word in normalise_text(token).split()}
    hidden = str(words.entry("explained.hidden_word"))
    pulls = (
        replace(pull, word=hidden if pull.word in tokens else " ".join(_LETTERS.findall(pull.word)))
        for pull in model.pulls
    )
    return replace(model, pulls=tuple(pulls))
