"""When are two printed texts or supplier names the same?

NFKC, casefold, Unicode letters and digits, in Python on distinct values; the engine never changes a text. Legal forms
are taken off supplier names from a shipped list. Matching is exact after that.
"""

import csv
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

TOKEN = r"CPR-[A-Z2-7]{12}"  # what stands for a personal number once it is masked; its form never changes
_BRACKETED_TOKEN = re.compile(rf"\(?{TOKEN}\)?")
_WORD = re.compile(r"\w+", re.UNICODE)
_SEPARATORS = re.compile(r"[\s.\-/]+")
_LETTERS = {"æ": "ae", "ø": "oe", "å": "aa"}


def without_tokens(text: str) -> str:
    """A text without the tokens that stand for personal numbers in it.

    Examples
    --------
    >>> without_tokens("Firma (CPR-ABCDEFGH2345)")
    'Firma'
    """
    return " ".join(_BRACKETED_TOKEN.sub(" ", text).split()).strip(" ,-")


@lru_cache(maxsize=262144)
def normalise_text(text: str | None) -> str:
    """Casefold and keep letters and digits, one space between words; æ, ø and å stay.

    Examples
    --------
    >>> normalise_text("Ærø  FÆRGE, A/S")
    'ærø færge a s'
    """
    folded = unicodedata.normalize("NFKC", text or "").casefold()
    return " ".join(_WORD.findall(folded.replace("_", " ")))


@lru_cache(maxsize=262144)
def normalise_supplier_name(name: str | None) -> str:
    """Normalise a supplier's name: without legal form, with æ/ae, ø/oe and å/aa alike.

    What follows «v/», «tidl.» or «c/o» is left out; a name that is nothing but a legal form is kept whole.

    Examples
    --------
    >>> normalise_supplier_name("Ærø Færge A/S") == normalise_supplier_name("AERØ FAERGE")
    True
    >>> normalise_supplier_name("Havnens Murer v/ Ejeren")
    'havnens murer'
    """
    words = _alike(firm_part(name or ""))
    end, start = _legal_forms()
    bare = words
    while (shorter := end.sub("", start.sub("", bare))) != bare and shorter:
        bare = shorter
    return bare


def firm_part(name: str) -> str:
    """The part of a supplier's name that names the firm, without the owner after «v/», «tidl.» or «c/o».

    Examples
    --------
    >>> firm_part("Havnens Murer v/Ejeren")
    'Havnens Murer'
    """
    return _cut_marks().split(name, maxsplit=1)[0].strip(" ,-") or name


def usable_company_number(text: str | None) -> str | None:
    """The number without spaces and «DK», if it looks like a company number; None otherwise.

    Eight to fourteen letters and digits, at least seven of them digits and not all the same. Check digits are not
    tested: a misprinted number keeps an identity of its own rather than none.

    Examples
    --------
    >>> usable_company_number("DK 12 34 56 78"), usable_company_number("00000000"), usable_company_number("kreditor 7")
    ('12345678', None, None)
    """
    bare = _SEPARATORS.sub("", text or "").upper()
    bare = bare[2:] if re.fullmatch("DK[0-9]{8}", bare) else bare
    digits = re.sub("[^0-9]", "", bare)
    looks_right = re.fullmatch("[0-9A-Z]{8,14}", bare) and len(digits) >= 7 and len(set(digits)) > 1
    return bare if looks_right else None


def _alike(text: str) -> str:
    words = normalise_text(text)
    for letter, pair in _LETTERS.items():
        words = words.replace(letter, pair)
    return words


def _forms(place: str) -> list[str]:
    path = files("procurement_kit") / "knowledge" / "legal_forms.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [row["form"] for row in csv.DictReader(file, delimiter=";") if row["place"] == place]


@cache
def _cut_marks() -> re.Pattern:
    return re.compile(rf"(?:^|[\s,(])(?:{'|'.join(map(re.escape, _forms('cut')))})", re.IGNORECASE)


@cache
def _legal_forms() -> tuple[re.Pattern, re.Pattern]:
    def any_of(place: str) -> str:
        forms = {_alike(form) for form in _forms(place)} - {""}
        return "|".join(map(re.escape, sorted(forms, key=lambda form: (-len(form), form))))

    return re.compile(rf" (?:{any_of('end')})$"), re.compile(rf"^(?:{any_of('start')}) ")
