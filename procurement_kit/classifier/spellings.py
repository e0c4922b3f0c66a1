"""Which labels are one category spelt in several ways?

Letter case, punctuation, «&» and «and», plural endings and small slips of the pen (difflib ratio 0.85 or more) look
alike; at the top level also a name that is part of another. A person decides each time; the most frequent wins.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from procurement_kit.names import normalise_text

LIKENESS = 0.85
LIKENESS_OF_REST = 0.75
_AND = {"and", "og", "och"}

Path = tuple[str, ...]


@dataclass(frozen=True)
class SpellingGroup:
    """Spellings that look alike under one parent, the most frequent first, with their numbers of lines."""

    parent: Path
    spellings: tuple[tuple[str, int], ...]


def complete_path(labels: Iterable[str | None]) -> Path:
    """The labels down to the first empty one, without surrounding spaces.

    Examples
    --------
    >>> complete_path(["Roads", " Salt ", None])
    ('Roads', 'Salt')
    >>> complete_path([None, "Salt"])
    ()
    """
    path: list[str] = []
    for label in labels:
        if not isinstance(label, str) or not label.strip():
            break
        path.append(label.strip())
    return tuple(path)


def chosen_spellings(counts: Mapping[Path, int], confirm: Callable[[SpellingGroup], bool]) -> dict[Path, Path]:
    """For each printed path, and each path above one, the path of chosen spellings."""
    chosen: dict[Path, Path] = {}
    for level in range(1, max(map(len, counts)) + 1):
        lines: dict[Path, dict[str, int]] = {}
        for path, count in counts.items():
            if len(path) >= level:
                siblings = lines.setdefault(chosen.get(path[: level - 1], ()), {})
                siblings[path[level - 1]] = siblings.get(path[level - 1], 0) + count
        names = {parent: _merge(parent, siblings, confirm) for parent, siblings in sorted(lines.items())}
        for path in counts:
            if len(path) >= level:
                parent = chosen.get(path[: level - 1], ())
                chosen[path[:level]] = (*parent, names[parent][path[level - 1]])
    return chosen


def _merge(parent: Path, lines: Mapping[str, int], confirm: Callable[[SpellingGroup], bool]) -> dict[str, str]:
    """Spelling → chosen spelling: each one is offered to the more frequent ones it looks like, nearest first."""
    ordered = sorted(lines, key=lambda label: (-lines[label], label))
    chosen: dict[str, str] = {}
    for label in ordered:
        kept = [name for name in ordered if chosen.get(name) == name]
        likeness = {name: alike(name, label, at_top=not parent) for name in kept}
        offers = sorted((name for name in kept if likeness[name]), key=lambda name: (-likeness[name], name))
        group = ((name, SpellingGroup(parent, ((name, lines[name]), (label, lines[label])))) for name in offers)
        chosen[label] = next((name for name, offer in group if confirm(offer)), label)
    return chosen


def alike(one: str, other: str, *, at_top: bool = False) -> float:
    """How alike two spellings look: between 0.85 and 1, or 0 where they do not.

    Names that differ in their numbers are never alike.

    Examples
    --------
    >>> alike("Children & Young People", "Children and young people")
    1.0
    >>> alike("Adult Services", "Adults"), alike("Adult Services", "Adults", at_top=True)
    (0.0, 0.85)
    >>> alike("CAT01", "CAT02")
    0.0
    """
    words, others = _words(one), _words(other)
    if _digits(words) != _digits(others):
        return 0.0
    if words == others:
        return 1.0
    ratio = _ratio(words, others)
    if ratio >= LIKENESS and _ratio(*_differing(words, others)) >= LIKENESS_OF_REST:
        return ratio
    contained = set(words) <= set(others) or set(others) <= set(words)
    return LIKENESS if at_top and contained and words and others else 0.0


def _ratio(words: list[str], others: list[str]) -> float:
    return SequenceMatcher(None, " ".join(words), " ".join(others), autojunk=False).ratio()


def _differing(words: list[str], others: list[str]) -> tuple[list[str], list[str]]:
    """Both without the words they begin and end with in common: a long shared beginning is no likeness."""
    while words and others and words[0] == others[0]:
        words, others = words[1:], others[1:]
    while words and others and words[-1] == others[-1]:
        words, others = words[:-1], others[:-1]
    return words, others


def _words(label: str) -> list[str]:
    words = [word for word in normalise_text(label).split() if word not in _AND]
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words if word != "s"]


def _digits(words: list[str]) -> str:
    return "".join(letter for word in words for letter in word if letter.isdigit())
