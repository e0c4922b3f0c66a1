"""Which printed suppliers are one before anything is judged?

Those with the same company number, and those without one whose names are equal but for legal form, case and signs. A
name that says only a trade («Murer v/…») is known by its owner too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from procurement_kit.names import normalise_supplier_name, normalise_text, usable_company_number
from procurement_kit.suppliers.spelling import Face, bears_legal_form, faces_of, trade_words, words_of

PLACES = {"account": "supplier_account_number", "address": "address", "postcode": "postcode", "city": "city"}
MOST_PER_ACCOUNT = 5


@dataclass
class Unit:
    """Printed suppliers that are one.

    Parameters
    ----------
    key : tuple of (str, str)
        Company number and normalised name; one of them may be empty.
    lines : dict
        Printed name → number of lines.
    places : dict
        "account", "address", "postcode" and "city" → folded texts printed.
    """

    key: tuple[str, str]
    lines: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    places: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def number(self) -> str:
        """The company number, or nothing."""
        return self.key[0]

    @property
    def name(self) -> str:
        """The printed name with most lines."""
        return min(self.lines, key=lambda name: (-self.lines[name], name))

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """All names of the unit; one that is a firm's anywhere is a firm's."""
        found: dict[tuple[str, ...], str] = {}
        for name in sorted(self.lines):
            for face in faces_of(name):
                if face.kind == "firm" or face.words not in found:
                    found[face.words] = face.kind
        return tuple(Face(kind, words) for words, kind in found.items())

    @cached_property
    def firm_words(self) -> set[str]:
        """All words of the firm's own names."""
        return {word for face in self.faces if face.kind == "firm" for word in face.words}

    @cached_property
    def is_registered(self) -> bool:
        """Whether it is printed with a legal form, so that its name is one of a register."""
        return any(bears_legal_form(name) for name in self.lines)


def unit_key(number: str | None, name: str | None) -> tuple[str, str] | None:
    """What a printed supplier is known by before anything is judged; None where nothing usable is printed.

    Examples
    --------
    >>> unit_key("DK 99999993", "Nordby Bus A/S"), unit_key(None, "Nordby Bus ApS"), unit_key("", "")
    (('99999993', 'nordby bus'), ('', 'nordby bus'), None)
    >>> unit_key(None, "Murer v/ A. Ejer") == unit_key(None, "Murer v/ B. Ejer")
    False
    """
    found = usable_company_number(number) or ""
    bare = normalise_supplier_name(name)
    if bare and says_only_trade(bare):
        bare = normalise_text(name) if " v " in f" {normalise_text(name)} " else bare
    return (found, bare) if found or bare else None


def says_only_trade(name: str) -> bool:
    """Whether a normalised name says what a supplier does, and not who it is."""
    return all(word in trade_words() for word in words_of(name))


def units_of(rows: Iterable[dict]) -> dict[tuple[str, str], Unit]:
    """Units of printed suppliers, in an order of their own.

    Parameters
    ----------
    rows : iterable of dict
        Printed suppliers with `unit`, `supplier_name`, `line_count` and what is known of their place.
    """
    found: dict[tuple[str, str], Unit] = {}
    for row in rows:
        unit = found.setdefault(row["unit"], Unit(row["unit"]))
        unit.lines[row["supplier_name"]] += row["line_count"]
        for place, column in PLACES.items():
            if text := normalise_text(row.get(column)):
                unit.places[place].add(text)
    _forget_collective_accounts(found.values())
    return dict(sorted(found.items()))


def _forget_collective_accounts(units: Iterable[Unit]) -> None:
    """Leave out accounts under which many are paid once: sharing one says nothing."""
    holders = Counter(account for unit in units for account in unit.places.get("account", ()))
    for unit in units:
        if "account" in unit.places:
            unit.places["account"] = {one for one in unit.places["account"] if holders[one] <= MOST_PER_ACCOUNT}
