"""Who and what is there in the invented municipality: units, firms, articles, words?

Everything is invented. Company numbers have eight digits and begin with 00, which no Danish company number does;
location numbers begin with 579999 and carry a valid check digit; personal numbers have the serial number 0000. Names
are made of invented places and the words suppliers of a market call themselves. Hand-written lists lie in `data/`.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from zlib import crc32

from procurement_kit.names import normalise_supplier_name
from procurement_kit.values import read_amount, read_date

SEED = 20250
MUNICIPALITY_NAME = "demo"
MUNICIPALITY_TITLE = "Demokøbing Kommune"
BUYER_NUMBER = "00999999"
YEARS = (2024, 2025)
PHRASES_FILE = Path(str(files("procurement_kit") / "knowledge" / "category_phrases.csv"))
STOP_PHRASES_FILE = Path(str(files("procurement_kit") / "knowledge" / "stop_phrases.csv"))
DATA_FOLDER = Path(str(files("procurement_kit") / "workshop" / "data"))
TEXT_KINDS = ("word", "abbreviation", "size", "settlement")
_LEGAL_FORMS = ("ApS", "A/S", "ApS", "I/S", "")
_NEUTRAL_SHARE = 0.45  # of the firms bear a name that does not tell their trade, as in life


@dataclass(frozen=True)
class Unit:
    """An ordering unit; `kind` says what it buys."""

    kind: str
    name: str
    center: str
    division: str
    number: str
    gln: str
    weight: float
    valid_from: date | None
    valid_to: date | None

    def exists_on(self, day: date) -> bool:
        """Whether the unit is there on a day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Firm:
    """A supplier; `years` are those it sells in, `other_spelling` another way its name is printed."""

    name: str
    number: str
    country: str = "DK"
    other_spelling: str = ""
    years: tuple[int, ...] = YEARS

    @property
    def sends_peppol(self) -> bool:
        """Whether its e-invoices are Peppol BIS 3 and not OIOUBL."""
        return self.country != "DK" or crc32(self.name.encode()) % 3 == 0

    @property
    def currency(self) -> str:
        """Currency it sends its invoices in."""
        return {"DE": "EUR", "SE": "SEK"}.get(self.country, "DKK")


@dataclass(frozen=True)
class Article:
    """An item with a seller's number; `dearer` is the price some kinds of units are charged."""

    number: str
    name: str
    category_code: str
    unit_code: str
    price: Decimal
    supplier_name: str
    contract_number: str
    dearer: Mapping[str, Decimal]
    unspsc_code: str


@dataclass(frozen=True)
class Group:
    """A category group: kroner, lines a year, art, which kinds of units buy, and the suppliers with their weights."""

    code: str
    amount_share: float
    line_count: int
    art: str
    buyers: tuple[str, ...]
    months: tuple[float, ...]
    firms: tuple[tuple[Firm, float], ...]
    leaves: tuple[str, ...]
    account: tuple[str, str]
    area_account: tuple[str, str]


@dataclass(frozen=True)
class World:
    """Everything the purchases are drawn from."""

    units: tuple[Unit, ...]
    groups: tuple[Group, ...]
    articles: tuple[Article, ...]
    words: Mapping[str, tuple[str, ...]]
    empty_texts: tuple[str, ...]
    vague_texts: tuple[str, ...]
    firms: Mapping[str, Firm]


# --- numbers that cannot be real ------------------------------------------------------------------------------------


def company_number(count: int) -> str:
    """An eight-digit company number that cannot be a real CVR number.

    Examples
    --------
    >>> company_number(1)
    '00100001'
    """
    return f"{100000 + count:08d}"


def gln_number(count: int) -> str:
    """A thirteen-digit location number with a valid check digit.

    Examples
    --------
    >>> gln_number(1)
    '5799990000019'
    """
    body = f"579999{count:06d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def personal_number(day: int, month: int, year: int) -> str:
    """What looks like a personal number and is none: the serial number is 0000."""
    return f"{day:02d}{month:02d}{year % 100:02d}-{0:04d}"


# --- the world ------------------------------------------------------------------------------------------------------


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of a hand-written list in `data/`."""
    return _csv_rows(DATA_FOLDER / f"{name}.csv")


def _csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def read_phrases() -> dict[str, dict[str, tuple[str, ...]]]:
    """Words by category code, for texts, suppliers and accounts: `{"text": {"180101": ("kopipapir", …)}, …}`.

    Danish ones, as on invoices; left out is what a Windows ledger export cannot write.
    """
    found: dict[str, dict[str, list[str]]] = {kind: defaultdict(list) for kind in ("text", "supplier", "account")}
    for row in _csv_rows(PHRASES_FILE):
        kind = "text" if row["phrase_kind"] in TEXT_KINDS else row["phrase_kind"]
        phrase = row["phrase"]
        if row["phrase_language"] != "da" or kind not in found:
            continue
        if phrase.encode("cp1252", "ignore").decode("cp1252") == phrase:
            found[kind][row["category_code"]].append(phrase)
    return {kind: {code: tuple(sorted(words)) for code, words in codes.items()} for kind, codes in found.items()}


def make_world() -> World:
    """Make the units, firms, articles and words; the same every time for the same lists."""
    rng = random.Random(SEED)
    phrases = read_phrases()
    firms = _hand_written_firms() | _outside_firms()
    groups = _groups(phrases, firms, rng)
    empty_texts = tuple(r["phrase"] for r in _csv_rows(STOP_PHRASES_FILE) if r["kind"] == "empty_text")
    vague_texts = tuple(row["text"] for row in read_rows("vague_texts"))
    return World(_units(), groups, _articles(), phrases["text"], empty_texts, vague_texts, firms)


def _units() -> tuple[Unit, ...]:
    return tuple(
        Unit(
            row["kind"],
            row["unit_name"],
            row["unit_center_name"],
            row["unit_division_name"],
            row["buyer_unit_number"],
            gln_number(int(row["gln_of"])),
            float(row["weight"]),
            read_date(row["valid_from"]),
            read_date(row["valid_to"]),
        )
        for row in read_rows("units")
    )


def _articles() -> tuple[Article, ...]:
    return tuple(
        Article(
            row["item_number"],
            row["item_name"],
            row["category_code"],
            row["unit_code"],
            read_amount(row["unit_price"]),
            row["supplier_name"],
            row["contract_number"],
            {kind: read_amount(price) for kind, _, price in (p.partition(":") for p in row["dearer_at"].split())},
            row["unspsc_code"],
        )
        for row in read_rows("articles")
    )


def _hand_written_firms() -> dict[str, Firm]:
    return {
        row["supplier_name"]: Firm(
            row["supplier_name"],
            company_number(count) if row["country"] == "DK" else "",
            row["country"],
            row["other_spelling"],
        )
        for count, row in enumerate(read_rows("firms"), start=1)
    }


def _outside_firms() -> dict[str, Firm]:
    """Receivers of payments that are not purchases; who has a company number above stays the same firm."""
    firms = _hand_written_firms()
    numbered = ("47", "48", "46", "59")
    for count, row in enumerate(read_rows("outside"), start=1):
        number = company_number(800000 + count) if row["art"] in numbered else ""
        firms.setdefault(row["supplier_name"], Firm(row["supplier_name"], number))
    return firms


def _groups(phrases: dict, firms: dict[str, Firm], rng: random.Random) -> tuple[Group, ...]:
    areas = {row["area"]: row for row in read_rows("areas")}
    rows = sorted(read_rows("groups"), key=lambda row: row["category_code"])
    area_total = sum(float(area["weight"]) for area in areas.values())
    weight_total = defaultdict(float)
    for row in rows:
        weight_total[row["category_code"][:2]] += float(row["weight"])
    weights = _named_weights()
    name_maker = _NameMaker(phrases["supplier"], firms, rng)
    groups = []
    for row in rows:
        code = row["category_code"]
        area = areas[code[:2]]
        share = float(area["weight"]) / area_total * float(row["weight"]) / weight_total[code[:2]]
        market = _market(code, int(row["firms"]), weights.get(code, {}), firms, name_maker, rng)
        leaves = tuple(sorted(c for c in phrases["text"] if len(c) == 6 and c.startswith(code)))
        account, area_account = _accounts(code, row["art"], phrases["account"])
        groups.append(
            Group(
                code,
                share,
                int(row["lines"]),
                row["art"],
                tuple(row["buyers"].split()),
                tuple(map(float, area["months"].split())),
                market,
                leaves,
                account,
                area_account,
            )
        )
    return tuple(groups)


def _named_weights() -> dict[str, dict[str, float]]:
    """Share of a group's kroner that the hand-written firms get: the contract's loyalty, else the firm's weight."""
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_rows("firms"):
        for code in row["category_codes"].split():
            weights[code][row["supplier_name"]] = float(row["weight"])
    for row in read_rows("contracts"):
        for code in list(weights):
            if row["supplier_name"] in weights[code] and covers(row["category_codes"], code):
                weights[code][row["supplier_name"]] = 100 * float(row["loyalty_share"].replace(",", "."))
    return weights


def covers(contract_codes: str, category_code: str) -> bool:
    """Whether a contract's codes cover a category: a parent covers its children.

    Examples
    --------
    >>> covers("15 1801", "150203"), covers("1801", "18")
    (True, False)
    """
    return any(category_code.startswith(code) for code in contract_codes.split())


def _market(
    code: str, count: int, named: dict[str, float], firms: dict, maker: "_NameMaker", rng: random.Random
) -> tuple[tuple[Firm, float], ...]:
    """The suppliers of a group: those written by hand, then invented ones that share the rest by rank."""
    rest = max(4.0, 100 - sum(named.values()))
    market = [(firms[name], weight) for name, weight in named.items()]
    others = [maker.new_firm(code, rank, rng) for rank in range(max(1 if rest > 1.5 else 0, count - len(market)))]
    ranks = [1 / (rank + 1) ** 1.1 for rank in range(len(others))]
    market += [(firm, rest * rank / sum(ranks)) for firm, rank in zip(others, ranks, strict=True)]
    for firm in others:
        firms[firm.name] = firm
    return tuple(market)


class _NameMaker:
    """Invents firms whose names, without legal form, are all different."""

    def __init__(self, words: dict[str, tuple[str, ...]], firms: Iterable[str], rng: random.Random):
        self.words = words
        self.places = [row["name"] for row in read_rows("places")]
        self.neutral = [row["word"] for row in read_rows("neutral_words")]
        self.taken = {normalise_supplier_name(name) for name in firms}
        self.count = 1000
        self.rng = rng

    def new_firm(self, code: str, rank: int, rng: random.Random) -> Firm:
        """A new firm of a market; the small ones may be there in one year only."""
        words = self.words.get(code) or self.words.get(code[:2]) or ("firma",)
        while True:
            word = rng.choice(self.neutral if rng.random() < _NEUTRAL_SHARE else words)
            place = rng.choice(self.places)
            bare = f"{place} {word}" if word in self.neutral else _firm_name(place, word)
            if normalise_supplier_name(bare) not in self.taken:
                break
        self.taken.add(normalise_supplier_name(bare))
        self.count += 1
        form = rng.choice(_LEGAL_FORMS)
        chance = rng.random()
        years = YEARS if rank < 2 or chance > 0.24 else (YEARS[0],) if chance < 0.11 else (YEARS[1],)
        other = bare.upper() if form and rng.random() < 0.04 else ""
        return Firm(f"{bare} {form}".strip(), company_number(self.count), "DK", other, years)


def _firm_name(place: str, word: str) -> str:
    """An invented name such as «Gyvelsund Tømrerfirma»; the legal form is added elsewhere.

    Examples
    --------
    >>> _firm_name("Gyvelsund", "botilbud ApS"), _firm_name("Gyvelsund", "fonden bosted for voksne")
    ('Gyvelsund Botilbud', 'Bosted for voksne Gyvelsund')
    """
    bare = word.removesuffix(" ApS").removesuffix(" fonden").removeprefix("fonden ")
    name = f"{bare[0].upper()}{bare[1:]}"
    return f"{name} {place}" if " " in name else f"{place} {name}"


def _accounts(code: str, art: str, names: dict[str, tuple[str, ...]]) -> tuple[tuple[str, str], tuple[str, str]]:
    """The account a group is booked on, shared by four neighbouring groups, and the common one of the area."""
    place = (int(code[2:]) + 3) // 4
    first = f"{code[:2]}{4 * place - 3:02d}"
    own = names.get(first) or names.get(code) or names[code[:2]]
    area = names.get(code[:2]) or own
    return (f"{art}{code[:2]}{place:02d}00", own[0]), (f"{art}{code[:2]}0000", area[0])
