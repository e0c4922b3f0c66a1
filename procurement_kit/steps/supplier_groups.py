"""Which group does a supplier belong to on a day, who carries its business on, how large is it and where does it lie?

From links kept by hand, and an extract of a company register where there is one. Links are followed to the top:
successor first, then group, then the register's owner. An owner without a company number may be a person: left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from procurement_kit.exact import FIRST_DATE, LAST_DATE
from procurement_kit.names import normalise_supplier_name, usable_company_number
from procurement_kit.steps.suppliers import COMPANY_TYPES
from procurement_kit.supplier_tables import COMPANY_REGISTER

UNKNOWN_COUNTS = ("", "-", "–", "n/a", "na", "null", "ukendt", "uoplyst", "ingen oplysninger")
SMALLEST_ABOVE = {"micro": 10, "small": 50, "medium": 250}  # employees from which the next class begins
_ORDER = {"succession": 0, "group": 1, "register": 2}
_NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True)
class KnownSuppliers:
    """Who stands on the lines.

    Parameters
    ----------
    labels : mapping of str to str
        Supplier key → label.
    keys_of_name : mapping of str to set
        Normalised printed name → the keys that bear it.
    keys_of_number : mapping of str to set, optional
        Company number as printed → the keys it has been found to stand for, other than its own where it was joined.
    """

    labels: Mapping[str, str]
    keys_of_name: Mapping[str, set[str]]
    keys_of_number: Mapping[str, set[str]] = field(default_factory=dict)

    def key(self, number: str | None, name: str | None) -> str | None:
        """The key a number or a name stands for; None where several suppliers bear the name."""
        if usable := usable_company_number(number):
            return f"n:{usable}"
        bare = normalise_supplier_name(name)
        keys = self.keys_of_name.get(bare, {f"s:{bare}"}) if bare else set()
        return next(iter(keys)) if len(keys) == 1 else None


@dataclass(frozen=True)
class SupplierGroups:
    """Rows of `GROUP_TYPES`, and in words the links that could not be followed."""

    rows: list[dict]
    not_followed: list[str]
    problems: list[str]


@dataclass(frozen=True, order=True)
class _Step:
    """One step towards the top, on some days."""

    order: int
    first: date
    last: date
    above: str
    place: int = field(compare=False)


# --- what is wrong with the tables ----------------------------------------------------------------------------------


def link_problems(links: Sequence[Mapping]) -> list[str]:
    """What is wrong with rows of `supplier_links`, counted as Excel shows them."""
    problems = []
    for number, link in enumerate(links, start=2):
        for side, heading in (("from", "fra"), ("to", "til")):
            printed = link[f"{side}_number"]
            if printed and not usable_company_number(printed):
                problems.append(f"row {number}, «CVR-nummer {heading}»: «{printed}» is not a company number")
            if not printed and not normalise_supplier_name(link[f"{side}_name"]):
                problems.append(f"row {number}: neither number nor name stands under «{heading}»")
        first, last = link["valid_from_date"], link["valid_to_date"]
        if first and last and last < first:
            problems.append(f"row {number}: ends {last:%d-%m-%Y}, before it starts {first:%d-%m-%Y}")
    return problems


def register_problems(register: Sequence[Mapping]) -> list[str]:
    """What is wrong with rows of `company_register`, counted as Excel shows them."""
    problems = []
    for number, company in enumerate(register, start=2):
        for name in ("company_number", "owner_number", "ultimate_owner_number"):
            if company[name] and not usable_company_number(company[name]):
                heading = COMPANY_REGISTER[name].heading
                problems.append(f"row {number}, «{heading}»: «{company[name]}» is not a company number")
        if _employees(company["employee_count"]) is None:
            heading = COMPANY_REGISTER["employee_count"].heading
            problems.append(f"row {number}, «{heading}»: «{company['employee_count']}» is no number and no interval")
    return problems


# --- group and successor --------------------------------------------------------------------------------------------


def supplier_groups(links: Sequence[Mapping], register: Sequence[Mapping], known: KnownSuppliers) -> SupplierGroups:
    """Who stands at the top of each supplier, day by day.

    Parameters
    ----------
    links : sequence of mapping
        Rows of `supplier_links`.
    register : sequence of mapping
        Rows of `company_register`.
    known : KnownSuppliers
        Who stands on the lines.
    """
    steps, not_followed = _steps_of_links(links, known)
    problems = _overlaps(steps)
    for company in register:
        below = f"n:{usable_company_number(company['company_number'])}"
        above = usable_company_number(company["ultimate_owner_number"] or company["owner_number"])
        if above and below != f"n:{above}":
            steps[below].append(_Step(_ORDER["register"], FIRST_DATE, LAST_DATE, f"n:{above}", 0))
    labels = _labels_of_groups(links, register, known)
    tops = {step.above for found in steps.values() for step in found}
    rows = []
    for key in sorted({*steps, *tops} & set(known.labels)):
        spans, circles = _spans(key, steps)
        problems += circles
        rows += [
            {"supplier_key": key, "supplier_group_key": top, "supplier_group_label": labels.get(top, top[2:]),
             "from_date": first, "to_date": last}
            for first, last, top in spans
            if top != key or key in tops
        ]  # fmt: skip
    return SupplierGroups(rows, not_followed, sorted(set(problems)))


def _steps_of_links(links: Sequence[Mapping], known: KnownSuppliers) -> tuple[dict[str, list[_Step]], list[str]]:
    steps: dict[str, list[_Step]] = defaultdict(list)
    not_followed = []
    for number, link in enumerate(links, start=2):
        below, above = (known.key(link[f"{side}_number"], link[f"{side}_name"]) for side in ("from", "to"))
        if below is None or above is None or below == above:
            why = "one supplier already" if below and below == above else "several suppliers bear the name"
            not_followed.append(f"row {number}: {link['from_name'] or ''} → {link['to_name'] or ''}: {why}")
            continue
        is_group = link["link_kind"] == "group"
        first = (link["valid_from_date"] if is_group else None) or FIRST_DATE
        last = link["valid_to_date"] or LAST_DATE
        steps[below].append(_Step(_ORDER[link["link_kind"]], first, last, above, number))
    return steps, not_followed


def _overlaps(steps: Mapping[str, list[_Step]]) -> list[str]:
    """Two links of one kind that hold for one supplier on the same day."""
    problems = []
    for found in steps.values():
        ordered = sorted(found)
        for before, step in zip(ordered, ordered[1:], strict=False):
            if step.order == before.order and step.first <= before.last and step.above != before.above:
                places = sorted((before.place, step.place))
                problems.append(f"rows {places[0]} and {places[1]}: two links of one kind on the same days")
    return problems


def _spans(key: str, steps: Mapping[str, list[_Step]]) -> tuple[list[tuple[date, date, str]], list[str]]:
    """First day, last day and top, without gaps; and the rows that go in a circle."""
    starts = {FIRST_DATE}
    for step in _reachable(key, steps):
        starts |= {step.first} | ({step.last + _NEXT_DAY} if step.last < LAST_DATE else set())
    days = sorted(starts)
    spans: list[tuple[date, date, str]] = []
    problems = []
    for first, after in zip(days, [*days[1:], LAST_DATE + _NEXT_DAY], strict=True):
        top, circle = _top(key, first, steps)
        if circle:
            rows = " and ".join(map(str, circle))
            problems.append(f"rows {rows}: the links go in a circle")
        if spans and spans[-1][2] == top:
            spans[-1] = (spans[-1][0], after - _NEXT_DAY, top)
        else:
            spans.append((first, after - _NEXT_DAY, top))
    return spans, problems


def _reachable(key: str, steps: Mapping[str, list[_Step]]) -> Iterable[_Step]:
    seen, ahead = {key}, [key]
    while ahead:
        for step in steps.get(ahead.pop(), ()):
            yield step
            if step.above not in seen:
                seen.add(step.above)
                ahead.append(step.above)


def _top(key: str, day: date, steps: Mapping[str, list[_Step]]) -> tuple[str, list[int]]:
    """The top on a day, and the rows of a circle of links; owners that own each other stop at the first by key."""
    way, places = [key], []
    while step := min((s for s in steps.get(way[-1], ()) if s.first <= day <= s.last), default=None):
        places.append(step.place)
        if step.above in way:
            start = way.index(step.above)
            return min(way[start:]), sorted(set(places[start:])) if all(places[start:]) else []
        way.append(step.above)
    return way[-1], []


def _labels_of_groups(links: Sequence[Mapping], register: Sequence[Mapping], known: KnownSuppliers) -> dict[str, str]:
    """A name per key: as on the lines, else the register's, else what a link or an owned company calls it."""
    labels: dict[str, str] = {}
    for link in links:
        for side in ("from", "to"):
            _name(labels, known.key(link[f"{side}_number"], link[f"{side}_name"]), link[f"{side}_name"])
    for company in register:
        above = "ultimate_owner" if company["ultimate_owner_number"] else "owner"
        number = usable_company_number(company[f"{above}_number"])
        _name(labels, number and f"n:{number}", company[f"{above}_name"])
    for company in register:
        if company["company_name"]:
            labels[f"n:{usable_company_number(company['company_number'])}"] = company["company_name"]
    return labels | dict(known.labels)


def _name(labels: dict[str, str], key: str | None, name: str | None) -> None:
    if key and name:
        labels[key] = min(labels.get(key, name), name)


# --- size and place -------------------------------------------------------------------------------------------------


def company_rows(register: Sequence[Mapping], keys: Iterable[str]) -> list[dict]:
    """Size, municipality and industry of the suppliers that the register knows; columns `COMPANY_TYPES`."""
    wanted = set(keys)
    rows = []
    for company in register:
        key = f"n:{usable_company_number(company['company_number'])}"
        if key in wanted:
            place, code = company["company_municipality_name"], company["industry_code"]
            values = (key, size_class(company["employee_count"]), municipality_of(place), industry_of(code))
            rows.append(dict(zip(COMPANY_TYPES, values, strict=True)))
    return rows


def size_class(printed: str | None) -> str | None:
    """The size class of a number of employees; None where it is not known, or an interval lies in two classes.

    Examples
    --------
    >>> size_class("9"), size_class("10-19"), size_class("ANTAL_200_499"), size_class("1.000+"), size_class("ukendt")
    ('micro', 'small', None, 'large', None)
    """
    least, most = (_class_of(count) if count is not None else None for count in _employees(printed) or (None, None))
    return least if least == most else None


def _class_of(count: int) -> str:
    return next((name for name, above in SMALLEST_ABOVE.items() if count < above), "large")


def _employees(printed: str | None) -> tuple[int | None, int | None] | None:
    """Least and most employees; two Nones where nothing is said, None where it cannot be read."""
    text = (printed or "").strip().casefold()
    if text in UNKNOWN_COUNTS:
        return None, None
    counts = [int(digits) for digits in re.findall(r"\d{1,9}", re.sub(r"(?<=\d)[. ](?=\d{3}\b)", "", text))]
    if len(counts) == 2 and counts[0] <= counts[1]:
        return counts[0], counts[1]
    if len(counts) != 1:
        return None
    return counts[0], 10**9 if "+" in text else counts[0]


def municipality_of(printed: str | None) -> str | None:
    """The name of a municipality without its code and the word.

    Examples
    --------
    >>> municipality_of("0336 STEVNS"), municipality_of("Ærø Kommune")
    ('Stevns', 'Ærø')
    """
    bare = re.sub(r"^\d+\s*[-:]?\s*|\s+kommune$", "", (printed or "").strip(), flags=re.IGNORECASE)
    bare = bare if not bare.isupper() else re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), bare)
    return bare or None


def industry_of(printed: str | None) -> str | None:
    """The digits an industry begins with; as printed where there are none.

    Examples
    --------
    >>> industry_of("46.65.00 Engroshandel med kontormøbler"), industry_of("682030 Udlejning")
    ('466500', '682030')
    """
    text = (printed or "").strip()
    code = re.match(r"[\d.]+", text)
    return (code[0].replace(".", "") if code else text) or None
