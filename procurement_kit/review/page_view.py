"""What does the review page show of a group of lines?

Plain texts and numbers only, so that whatever stands on an invoice stays a text: the page writes them as text, never as
markup. Words that decided are marked by how much they spoke for or against the classifier's choice.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from procurement_kit.classifier.explanations import Explanation
from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.names import normalise_text, without_tokens
from procurement_kit.review.explained import LineExplanation, PageWords, named
from procurement_kit.review.queue import BEST
from procurement_kit.steps.categories import NOT_PROCUREMENT

SPEAKS, SPEAKS_LOUD = 0.05, 0.25  # points of lead from which a word is marked, and marked strongly
WORDS_SHOWN = 8
_PIECES = re.compile(r"[^\W_]+|[\W_]+")


def shown_text(value: object) -> str:
    """A printed value as a person may see it: without the tokens that stand for personal numbers.

    Examples
    --------
    >>> shown_text("Vikar CPR-ABCDEFGH2345"), shown_text(None), shown_text(float("nan"))
    ('Vikar', '', '')
    """
    return "" if value is None or value != value else without_tokens(str(value))


def category_list(tree: CategoryTree, words: PageWords) -> list[dict]:
    """The categories one can choose: code, name, and the names above it; what is no procurement is left out."""
    language = words.formats.language
    return [
        {"code": code, "name": tree.name(code, language), "path": path_of(tree, code, language)}
        for code in tree.codes
        if NOT_PROCUREMENT not in tree.path(code)
    ]


def lines_text(count: int, words: PageWords) -> str:
    """A number of lines in words."""
    return words.say("page.line" if count == 1 else "page.lines", count=int(count))


def path_of(tree: CategoryTree, code: str, language: str) -> str:
    """The names above a category, the top first."""
    return " › ".join(tree.name(above, language) for above in tree.path(code)[:-1])


def group_view(
    group: Mapping, told: LineExplanation | None, tree: CategoryTree, words: PageWords, *, place: tuple[int, int]
) -> dict:
    """One group of lines as the page shows it.

    Parameters
    ----------
    group : mapping
        A row of `lines_to_review`.
    told : LineExplanation, optional
        Of its example line.
    tree : CategoryTree
        The tree one chooses from.
    words : PageWords
        Language and number formats.
    place : (int, int)
        Its number in the queue, and how many there are.
    """
    leads = leads_of(told.model) if told else {}
    account = " ".join(filter(None, (shown_text(group["account_number"]), shown_text(group["account_name"]))))
    printed = {"supplier": group["supplier_name"], "text": group["text"], "account": account, "unit": group["unit"]}
    return {
        "key": group["group_key"],
        "place": words.say("page.place", number=place[0], count=place[1]),
        **{field: marked(shown_text(value), field, leads) for field, value in printed.items()},
        "supplier_number": shown_text(group["supplier_number"]),
        "division": shown_text(group["division"]),
        "lines": lines_text(group["line_count"], words),
        "kroner": words.say("page.kroner", kroner=group["net_amount"]),
        "reach": _reach(group, words),
        "now": _now(group, tree, words),
        "best": best_view(group, tree, words),
        "why": why_view(told, tree, words) if told else None,
    }


def best_view(group: Mapping, tree: CategoryTree, words: PageWords) -> list[dict]:
    """The best categories of a group as buttons: code, name, path, share in words and as a number."""
    found = [(group[f"best_{n}_code"], group[f"best_{n}_probability"]) for n in range(1, BEST + 1)]
    language = words.formats.language
    return [
        {
            "code": code,
            "name": tree.name(code, language),
            "path": path_of(tree, code, language),
            "share": words.share(probability),
            "width": round(100 * float(probability)),
        }
        for code, probability in found
        if isinstance(code, str) and code in tree
    ]


def _reach(group: Mapping, words: PageWords) -> str:
    """What else a decision decides, where an empty cell lets it match other groups; nothing where it is this group."""
    count = int(group["reach_group_count"])
    return words.say("page.reach", count=count, kroner=group["reach_amount"]) if count > 1 else ""


def _now(group: Mapping, tree: CategoryTree, words: PageWords) -> str:
    code = group["category_code"]
    if not isinstance(code, str) or code not in tree:
        return words.say("page.now.nothing")
    confidence = group["category_confidence"]
    sure = words.share(confidence) if confidence is not None and confidence == confidence else "–"
    return words.say("page.now.claimed", name=tree.name(code, words.formats.language), code=code, share=sure)


def why_view(told: LineExplanation, tree: CategoryTree, words: PageWords) -> dict:
    """The words that decided, those that spoke most first, with the length of their bars in percent."""
    model = told.model
    if model is None:
        return {"sentences": list(told.sentences), "words": []}
    speaking = [pull for pull in model.pulls if abs(pull.lead) >= SPEAKS]
    loudest = sorted(speaking, key=lambda pull: -abs(pull.lead))[:WORDS_SHOWN]
    longest = max((abs(pull.lead) for pull in loudest), default=1.0)
    rows = [
        {
            "field": words.field(pull.field),
            "word": pull.word,
            "lead": words.points(pull.lead),
            "side": "for" if pull.lead > 0 else "against",
            "width": round(100 * abs(pull.lead) / longest),
        }
        for pull in sorted(loudest, key=lambda pull: -pull.lead)
    ]
    names = {"best": model.best_code, "runner_up": model.runner_up_code}
    weighs = words.say("page.weighs", **{side: named(tree, code, words) for side, code in names.items()})
    return {"sentences": [told.sentences[0], *([weighs] if rows else told.sentences[1:])], "words": rows}


def leads_of(model: Explanation | None) -> dict[tuple[str, str], float]:
    """By how much each field's words speak for the best category rather than the runner-up."""
    return {(pull.field, pull.word): pull.lead for pull in model.pulls} if model else {}


def marked(text: str, field: str, leads: Mapping[tuple[str, str], float]) -> list[list]:
    """A printed text in pieces, each with a mark: 2 and 1 speak for, -1 and -2 against, 0 says nothing.

    Examples
    --------
    >>> marked("Kopipapir, A4", "text", {("text", "kopipapir"): 0.8, ("text", "a4"): -0.1})
    [['Kopipapir', 2], [', ', 0], ['A4', -1]]
    """
    pieces: list[list] = []
    for piece in _PIECES.findall(text):
        mark = _mark(leads.get((field, normalise_text(piece)), 0.0))
        if pieces and pieces[-1][1] == mark == 0:
            pieces[-1][0] += piece
        else:
            pieces.append([piece, mark])
    return pieces


def _mark(lead: float) -> int:
    size = 2 if abs(lead) >= SPEAKS_LOUD else int(abs(lead) >= SPEAKS)
    return size if lead > 0 else -size


def progress_view(reviewed: Decimal, left: Decimal, words: PageWords, ahead: str) -> dict:
    """How far the review has come, in kroner, and what the next decisions are worth."""
    whole = reviewed + left
    done = int(100 * reviewed / whole) if whole else 100
    formats = words.formats
    return {
        "done": done,
        "words": words.say(
            "page.progress",
            reviewed=formats.short_amount(reviewed),
            whole=formats.short_amount(whole),
            share=words.share(reviewed / whole if whole else 1),
        ),
        "ahead": ahead,
    }


def static_page(groups: Sequence[dict], words: PageWords, *, title: str, todo: str) -> str:
    """The head of the queue as a plain table, for where the page itself cannot be shown."""
    from markupsafe import escape

    names = ("supplier", "text", "account", "unit", "kroner", "best")
    left = "style='text-align: left'"
    head = "".join(f"<th scope='col' {left}>{escape(words.entry(f'page.headings.{name}'))}</th>" for name in names)
    cells = ("".join(f"<td {left}>{escape(cell)}</td>" for cell in _static_cells(group)) for group in groups)
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if groups else ""
    return f"<h4>{escape(title)}</h4><p>{escape(todo)}</p>{table}"


def _static_cells(group: Mapping) -> list[str]:
    texts = ["".join(piece for piece, _ in group[name]) for name in ("supplier", "text", "account", "unit")]
    best = "; ".join(f"{found['name']} ({found['code']}) {found['share']}" for found in group["best"])
    return [*texts, group["kroner"], best]
