"""What did the invented municipality buy in two years, on which documents?

Kroner and lines per group are given by the lists; amounts are lognormal, months follow the season of the area, prices
rise by 3 per cent a year. Everything is drawn from one seed, in a fixed order, so that it is the same every time.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zlib import crc32

from procurement_kit.workshop.invented import SEED, YEARS, Article, Firm, Group, Unit, World, read_rows

ANALYSED_AMOUNT = 196_000_000
PRICE_GROWTH = 1.03
LINES_PER_YEAR = 2470
ORE = Decimal("0.01")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip
GOODS = ("22", "27", "29")
_ACCESSORIES = ("Fragt", "Ekspeditionsgebyr", "Miljøtillæg", "Fragt og emballage", "Brændstoftillæg")


@dataclass(frozen=True)
class BoughtLine:
    """One line of a document; the amount is in the document's currency and positive also on a credit note."""

    category_code: str
    text: str
    amount: Decimal
    quantity: Decimal = Decimal(1)
    unit_code: str = "EA"
    unit_price: Decimal = Decimal(0)
    note: str = ""
    article: Article | None = None
    account: tuple[str, str] = ("", "")
    art: str = ""
    is_accessory: bool = False


@dataclass(frozen=True)
class BoughtDocument:
    """An invoice, credit note or posting."""

    number: str
    voucher: str
    is_einvoice: bool
    is_credit: bool
    firm: Firm
    printed_name: str
    printed_number: str
    unit: Unit
    invoice_date: date
    posting_date: date
    lines: tuple[BoughtLine, ...]
    currency: str = "DKK"
    exchange_rate: Decimal | None = None
    charge: Decimal = Decimal(0)
    credits_number: str = ""
    order_number: str = ""
    is_copy: bool = False

    @property
    def sign(self) -> int:
        """Minus one for a credit note."""
        return -1 if self.is_credit else 1

    @property
    def line_sum(self) -> Decimal:
        """Sum of the line amounts, unsigned."""
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass
class Draw:
    """The random numbers and counters a run of the generator keeps."""

    world: World
    rng: random.Random = field(default_factory=lambda: random.Random(SEED + 1))
    voucher_count: int = 0
    document_counts: dict[str, int] = field(default_factory=dict)
    named: frozenset[str] = frozenset(row["supplier_name"] for row in read_rows("firms"))

    def next_voucher(self) -> str:
        """The ledger's next running number."""
        self.voucher_count += 1
        return f"B{200000 + self.voucher_count}"

    def next_number(self, firm: Firm, year: int) -> str:
        """The firm's next document number, in the firm's own style."""
        start = crc32(firm.name.encode())
        count = self.document_counts.get(firm.name, start % 7000)
        self.document_counts[firm.name] = count + 1 + start % 3
        return (f"{10000 + count}", f"F-{count:05d}", f"{year}-{count:04d}", f"00{10000 + count}")[start % 4]


def draw_documents(world: World) -> list[BoughtDocument]:
    """All documents of both years: purchases, their credit notes, and payments that are no purchases."""
    draw = Draw(world)
    documents = [
        document for year in YEARS for group in world.groups for document in _group_documents(draw, group, year)
    ]
    documents += _credits(draw, documents)
    documents += [document for row in read_rows("outside") for document in _outside_documents(draw, row)]
    return sorted(documents, key=lambda d: (d.invoice_date, d.voucher))


def _group_documents(draw: Draw, group: Group, year: int) -> Iterator[BoughtDocument]:
    rng = draw.rng
    count = max(2, round(group.line_count * LINES_PER_YEAR / sum(g.line_count for g in draw.world.groups)))
    total = ANALYSED_AMOUNT * group.amount_share * PRICE_GROWTH ** (year - YEARS[0])
    sizes = [rng.lognormvariate(0, 0.55 if group.art == "40" else 0.95) for _ in range(count)]
    amounts = [total * size / sum(sizes) for size in sizes]
    while amounts:
        firm = _choose_firm(draw, group, year)
        order_size = rng.choice((1, 1, 2, 3, 4, 6)) if group.art in GOODS and firm.currency == "DKK" else 1
        yield _document(draw, group, year, firm, amounts[:order_size])
        del amounts[:order_size]


def _choose_firm(draw: Draw, group: Group, year: int) -> Firm:
    """A supplier of the group; at times one that else sells something near: what a supplier is does not tell all."""
    if draw.rng.random() < 0.04:
        near = [g for g in draw.world.groups if g.code[:2] == group.code[:2] and g.art == group.art]
        firm = _drawn(draw.rng, draw.rng.choice(near), year)
        if firm.name not in draw.named:
            return firm
    return _drawn(draw.rng, group, year)


def _drawn(rng: random.Random, group: Group, year: int) -> Firm:
    market = [(firm, weight) for firm, weight in group.firms if year in firm.years]
    return rng.choices([firm for firm, _ in market], [weight for _, weight in market])[0]


def _document(draw: Draw, group: Group, year: int, firm: Firm, amounts: Sequence[float]) -> BoughtDocument:
    rng = draw.rng
    month = rng.choices(range(1, 13), group.months)[0]
    day = date(year, month, rng.randint(1, 28))
    unit = choose_unit(rng, draw.world.units, group.buyers, day)
    is_einvoice = _is_einvoice(draw, group, firm)
    scale = {"EUR": 7.46, "SEK": 0.65}.get(firm.currency, 1)
    lines = tuple(_line(draw, group, firm, unit, day, amount / scale, is_einvoice) for amount in amounts)
    if group.art in GOODS and firm.currency == "DKK" and rng.random() < 0.10:
        largest = max(lines, key=lambda line: line.amount)
        amount = Decimal(rng.randint(79, 450))
        freight = BoughtLine(
            largest.category_code, rng.choice(_ACCESSORIES), amount, unit_price=amount,
            account=largest.account, art=largest.art, is_accessory=True,
        )  # fmt: skip
        lines = (*lines, freight)
    return _addressed(draw, firm, unit, day, lines, is_einvoice)


def _addressed(
    draw: Draw, firm: Firm, unit: Unit, day: date, lines: tuple[BoughtLine, ...], is_einvoice: bool
) -> BoughtDocument:
    rng = draw.rng
    name = firm.other_spelling if firm.other_spelling and rng.random() < 0.3 else firm.name
    number = firm.number
    if not is_einvoice and firm.number:
        chance = rng.random()
        without = name != firm.name and chance < 0.6  # a spelling without a number is what makes merging needed
        number = "" if without else f"DK{firm.number}" if chance > 0.92 else firm.number
    order = f"45{rng.randint(100000, 999999)}" if rng.random() < 0.35 else ""
    return BoughtDocument(
        draw.next_number(firm, day.year), draw.next_voucher(), is_einvoice, False, firm, name, number, unit, day,
        day + timedelta(days=rng.randint(2, 20)), lines, currency=firm.currency, order_number=order,
    )  # fmt: skip


def choose_unit(rng: random.Random, units: Sequence[Unit], kinds: Sequence[str], day: date) -> Unit:
    """A unit of one of the kinds that is there on the day."""
    kind = rng.choice(kinds)
    there = [unit for unit in units if unit.kind == kind and unit.exists_on(day)]
    return rng.choices(there, [unit.weight for unit in there])[0]


def _is_einvoice(draw: Draw, group: Group, firm: Firm) -> bool:
    if firm.currency != "DKK":
        return True
    if group.art == "40" or not firm.number:
        return False
    has_articles = any(a.supplier_name == firm.name and a.category_code[:4] == group.code for a in draw.world.articles)
    return draw.rng.random() < (0.75 if has_articles else 0.22 if group.art in GOODS else 0.14)


# --- lines ----------------------------------------------------------------------------------------------------------


def _line(draw: Draw, group: Group, firm: Firm, unit: Unit, day: date, amount: float, is_einvoice: bool) -> BoughtLine:
    rng = draw.rng
    account = group.area_account if rng.random() < 0.25 else group.account
    articles = [a for a in draw.world.articles if a.supplier_name == firm.name and a.category_code[:4] == group.code]
    if is_einvoice and articles:
        article = rng.choices(articles, [9 if unit.kind in a.dearer else 3 if a.dearer else 1 for a in articles])[0]
        return replace(_article_line(article, unit, day, amount), account=account, art=group.art)
    code = rng.choice(group.leaves) if group.leaves and rng.random() > 0.06 else group.code
    quantity = Decimal(rng.choice((1, 1, 1, 2, 3, 4, 5, 8, 10, 12, 20)))
    unit_price = (Decimal(amount) / quantity).quantize(ORE, ROUND_HALF_UP) or ORE
    unit_code = "EA" if group.art in GOODS else "HUR" if quantity > 1 else "EA"
    text = _text(draw, group, code, day, quantity)
    note = f"Leveret til {unit.name}" if is_einvoice and rng.random() < 0.2 else ""
    return BoughtLine(
        code, text, quantity * unit_price, quantity, unit_code, unit_price, note, account=account, art=group.art
    )


def _article_line(article: Article, unit: Unit, day: date, amount: float) -> BoughtLine:
    price = article.dearer.get(unit.kind, article.price)
    if not article.contract_number and day.year > YEARS[0]:
        price = (price * Decimal(str(PRICE_GROWTH))).quantize(ORE, ROUND_HALF_UP)
    quantity = Decimal(max(1, round(amount / float(price))))
    return BoughtLine(
        article.category_code, article.name, quantity * price, quantity, article.unit_code, price, article=article
    )


def _text(draw: Draw, group: Group, code: str, day: date, quantity: Decimal) -> str:
    rng = draw.rng
    chance = rng.random()
    if chance < 0.13:
        empty = rng.choice(draw.world.empty_texts if chance < 0.07 else draw.world.vague_texts)
        return empty[0].upper() + empty[1:]
    phrase = _as_typed(rng, _phrase(draw, code, day.year))
    form = rng.random()
    if form < 0.42:
        text = phrase
    elif form < 0.57:
        text = f"{phrase}, {MONTHS[day.month - 1]} {day.year}"
    elif form < 0.66:
        text = f"{phrase} uge {day.isocalendar().week}"
    elif form < 0.78:
        text = f"{phrase}, {quantity} {'stk.' if group.art in GOODS else 'timer'}"
    elif form < 0.87:
        text = f"rekv. {rng.randint(1000, 9999)} {phrase}"
    else:
        text = f"{phrase}, {_phrase(draw, code, day.year)}"
    return text.upper() if rng.random() < 0.05 else text[0].upper() + text[1:]


def _as_typed(rng: random.Random, phrase: str) -> str:
    """The phrase as people type it: every other time shortened, cut off or misspelt."""
    chance = rng.random()
    if chance < 0.20:
        return " ".join(f"{word[: rng.randint(3, 5)]}." if len(word) > 6 else word for word in phrase.split())
    if chance < 0.34:
        return phrase[: rng.randint(9, 14)].rstrip()
    if chance < 0.50 and len(phrase) > 5:
        place = rng.randint(1, len(phrase) - 3)
        return f"{phrase[:place]}{phrase[place + 1]}{phrase[place]}{phrase[place + 2 :]}"
    return phrase


def _phrase(draw: Draw, code: str, year: int) -> str:
    """A phrase of the category; one in six is new in the second year."""
    words = draw.world.words.get(code) or draw.world.words[code[:4]]
    if year == YEARS[0]:
        words = tuple(word for word in words if crc32(word.encode()) % 6) or words
    return draw.rng.choice(words)


# --- credits and payments that are no purchases ---------------------------------------------------------------------


def _credits(draw: Draw, documents: Sequence[BoughtDocument]) -> list[BoughtDocument]:
    """Credit notes for one in thirty documents: the first line, in full or half of it."""
    found = []
    for document in documents:
        if draw.rng.random() > 1 / 30 or document.currency != "DKK":
            continue
        day = document.invoice_date + timedelta(days=draw.rng.randint(5, 40))
        if day.year > YEARS[-1] or not document.unit.exists_on(day):
            continue
        line = document.lines[0]
        if draw.rng.random() < 0.5 and line.quantity > 1:
            quantity = (line.quantity / 2).to_integral_value()
            line = replace(line, quantity=quantity, amount=quantity * line.unit_price)
        found.append(
            replace(
                document,
                number=draw.next_number(document.firm, day.year),
                voucher=draw.next_voucher(),
                is_credit=True,
                invoice_date=day,
                posting_date=day + timedelta(days=3),
                lines=(line,),
                credits_number=document.number,
            )  # fmt: skip
        )
    return found


def _outside_documents(draw: Draw, row: dict[str, str]) -> Iterator[BoughtDocument]:
    rng = draw.rng
    firm = draw.world.firms[row["supplier_name"]]
    texts = row["texts"].split("|")
    for year in YEARS:
        for _ in range(int(row["line_count"])):
            day = date(year, rng.randint(1, 12), rng.randint(1, 28))
            unit = choose_unit(rng, draw.world.units, row["buyers"].split(), day)
            amount = Decimal(float(row["mean_amount"]) * rng.lognormvariate(-0.18, 0.6)).quantize(ORE, ROUND_HALF_UP)
            text = f"{rng.choice(texts).capitalize()}, {MONTHS[day.month - 1]}"
            account = (f"{row['art']}990000", row["account_name"])
            line = BoughtLine("", text, amount, unit_price=amount, account=account, art=row["art"])
            yield _addressed(draw, firm, unit, day, (line,), False)
