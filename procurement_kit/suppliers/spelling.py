"""Which names does a printed supplier's name hold, and which words make up each?

The firm stands before «t/a», «v/», «tidl.» or a legal form such as «Ltd»; what a business trades as, or was called, is
a name of its own. Words are folded until spelling no longer matters: letters, initials, plural s, abbreviations.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from procurement_kit.names import without_tokens

_PAIRS = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa", "ü": "ue", "ß": "ss", "đ": "d"})
_FOLDED = (("aa", "a"), ("ae", "a"), ("oe", "o"), ("ue", "u"))
_APOSTROPHES = re.compile("[’'´`‘]")
_WORD = re.compile(r"[0-9a-z]+")
_WEB = re.compile(r"\.(?:co\.uk|com|dk|se|no|net|org(?:\.uk)?)\b")
# Forms that are words of their own wherever they stand; others are forms at the end of a name only.
_CLEAR_FORMS = (
    "aps|a/s|i/s|k/s|p/s|gmbh|ltd|limited|llp|lt[md]|limted|limitd|limied|limite|p\\.?l\\.?c|aktiebolag|ab ?\\(publ\\)"
    "|public limited company|community interest company"
)


@dataclass(frozen=True, slots=True)
class Face:
    """One of the names a printed name holds.

    Parameters
    ----------
    kind : {"firm", "trading", "former"}
        What the name is to the supplier.
    words : tuple of str
        Folded words without legal form and without small words, in their order.
    """

    kind: str
    words: tuple[str, ...]

    @property
    def joined(self) -> str:
        """All words in one."""
        return "".join(self.words)


@lru_cache(maxsize=400_000)
def faces_of(name: str) -> tuple[Face, ...]:
    """The names a printed name holds, the firm first; none where nothing readable is printed.

    Examples
    --------
    >>> [(face.kind, face.words) for face in faces_of("Nordby Bus Ltd t/a Nordby Rejser")]
    [('firm', ('nordby', 'bus')), ('trading', ('nordby', 'rejser'))]
    >>> faces_of("A.B.C. Børn & Unge ApS") == faces_of("ABC BOERN OG UNGE")
    True
    """
    text = _status().sub(" ", _folded(without_tokens(name)))
    found: dict[tuple[str, ...], str] = {}
    parts = _parts(text)
    for kind, part in parts:
        words = bare = words_of(_firm_of(part))
        if kind == "firm" and part != text and text.startswith(part) and trade_words().issuperset(words):
            words = words_of(_firm_of(text))  # «Direct payment re …» is nobody's name
        if words:
            found.setdefault(words, kind)
        if kind == "firm" and words == bare:
            found.setdefault(words_of(_end_forms().sub("", _clear_forms().sub(" ", part))), kind)  # «Nord Ltd (Tiles)»
    return tuple(Face(kind, words) for words, kind in found.items() if words)


def bears_legal_form(name: str) -> bool:
    """Whether a printed name bears a legal form, as a name in a register does.

    Examples
    --------
    >>> bears_legal_form("Nordby Bus A/S"), bears_legal_form("Nordby Bus")
    (True, False)
    """
    text = f" {_marks().split(_folded(name))[0]}"
    return bool(_clear_forms().search(text) or _end_forms().search(text.rstrip()))


@lru_cache(maxsize=400_000)
def words_of(text: str) -> tuple[str, ...]:
    """Folded words of a text: initials joined, small words left out, abbreviations written out, without plural s."""
    words = _with_initials(_WORD.findall(text))
    short, small = _short(), _small()
    whole = [short.get(word, word) for word in words]
    bare = tuple(_stem(word) for word in whole if word not in small)
    says_who = len(bare) > 1 or any(word not in trade_words() for word in bare)
    return bare if says_who else tuple(_stem(word) for word in whole)


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)).casefold().translate(_PAIRS)
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _WEB.sub(" ", text)


def _parts(text: str) -> list[tuple[str, str]]:
    """The text cut at its marks, each part with what it is; a factoring bank before «re» is not the supplier."""
    pieces = _marks().split(text)
    found = [("firm", pieces[0])]
    for mark, part in zip(pieces[1::2], pieces[2::2], strict=True):
        kind = _kind_of_mark()[mark.strip(" (,-/").rstrip()]
        if not words_of(_firm_of(part)) or _is_form(part):
            found[-1] = (found[-1][0], f"{found[-1][1]}{mark}{part}")
        elif kind == "regarding" and _factor().search(pieces[0]):
            found[0] = ("", "")
            found.append(("firm", part))
        elif kind in ("trading", "former"):
            found.append((kind, part))
    return [(kind, part) for kind, part in found if kind and part.strip(" ()-,./")]


def _firm_of(part: str) -> str:
    """What stands before a clear legal form, if that says anything; forms at the end are left out."""
    for text in (_clear_forms().split(part)[0], part):
        bare = _end_forms().sub("", text.strip(" ,.-()"))
        if not set(_WORD.findall(bare)) <= _small():
            return bare
    return part


def _is_form(part: str) -> bool:
    """Whether a part is nothing but a legal form: in «Nordby Re Ltd» nothing stands behind «re»."""
    return not _WORD.search(_end_forms().sub("", f" {part.strip()}"))


def _with_initials(words: list[str]) -> list[str]:
    """Single letters that follow each other become one word: «a b c» and «j & m»."""
    found: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            found.append(run)
            run = ""
        found.append(word)
    return [*found, run] if run else found


@lru_cache(maxsize=400_000)
def _stem(word: str) -> str:
    for pair, letter in _FOLDED:
        word = word.replace(pair, letter)
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


# --- knowledge ------------------------------------------------------------------------------------------------------


@cache
def _words(kind: str) -> dict[str, str]:
    path = files("procurement_kit") / "knowledge" / "supplier_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["kind"] == kind]
    return {_folded(row["word"]): _folded(row["means"]) for row in rows}


@cache
def trade_words() -> frozenset[str]:
    """Folded words that say what a supplier does, not who it is."""
    return frozenset(_stem(word) for word in _words("trade"))


@cache
def profession_words() -> frozenset[str]:
    """Folded words that a professional firm puts behind its partners' names or leaves out, such as «advokater»."""
    return frozenset(_stem(word) for word in _words("profession"))


@cache
def _short() -> dict[str, str]:
    return _words("short")


@cache
def _small() -> frozenset[str]:
    return frozenset(_words("stop")) | frozenset(_words("title"))


@cache
def empty_words() -> frozenset[str]:
    """Folded words that a name may have or lack and still name the same firm, such as «group» and «danmark»."""
    return frozenset(_stem(word) for word in _words("empty"))


@cache
def _kind_of_mark() -> dict[str, str]:
    kinds = ("trading", "former", "regarding", "care_of", "owner")
    return {word.rstrip(" /"): kind for kind in kinds for word in _words(kind)}


@cache
def _marks() -> re.Pattern:
    marks = {word for kind in ("trading", "former", "regarding", "care_of") for word in _words(kind)}
    any_of = "|".join(map(re.escape, sorted(marks, key=lambda mark: (-len(mark), mark))))
    return re.compile(rf"(?<=[\s,(/-])((?:{any_of})(?=[\s:])|v/|c/o)")


@cache
def _status() -> re.Pattern:
    any_of = "|".join(map(re.escape, sorted(_words("status"), key=lambda word: (-len(word), word))))
    return re.compile(rf"[\s(,-]+(?:{any_of})\b.*$|^(?:{any_of})\s*-\s*")


@cache
def _factor() -> re.Pattern:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(_words('factor'))))})\b")


@cache
def _clear_forms() -> re.Pattern:
    return re.compile(rf"(?<=[\s,(])(?:{_CLEAR_FORMS})(?![0-9a-z])\.?")


@cache
def _end_forms() -> re.Pattern:
    path = files("procurement_kit") / "knowledge" / "legal_forms.csv"
    with path.open(encoding="utf-8", newline="") as file:
        forms = {
            _folded(row["form"]).strip(" .") for row in csv.DictReader(file, delimiter=";") if row["place"] == "end"
        }
    any_of = "|".join(re.escape(form).replace(r"\.", r"\.?\s?") for form in sorted(forms, key=lambda f: (-len(f), f)))
    return re.compile(rf"(?:[\s,(]+(?:{any_of})\)?\.?)+$")
