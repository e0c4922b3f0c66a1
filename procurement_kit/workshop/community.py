"""How do five invented municipalities buy together, and what is known to be true of every line?

Small municipalities with the same contracts that end at different times, purchases past them, and orders from an
e-trade system; everything is drawn from one seed. Categories come by rules, so that nothing need be trained.
"""

import csv
import io
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from procurement_kit.columns import Table
from procurement_kit.community import Community, create_community
from procurement_kit.contract_tables import CONTRACT_FINDINGS, CONTRACTS, TARGETS
from procurement_kit.findings import Outcome
from procurement_kit.fingerprints import fingerprint
from procurement_kit.folders import write_text
from procurement_kit.keys import key_path, read_key, write_key
from procurement_kit.settings import Municipality
from procurement_kit.store import create_municipality
from procurement_kit.tables import INVOICE_LINES, RULES, UNITS
from procurement_kit.values import read_date, read_flag
from procurement_kit.workshop.demo import DEMO_KEY, UNCHANGED
from procurement_kit.workshop.demo_files import danish
from procurement_kit.workshop.invented import DATA_FOLDER, company_number, gln_number, read_rows

COMMUNITY_NAME, COMMUNITY_TITLE = "faelleskoeb", "Fælleskøb Demo"
MEMBERS = {
    "gyvelsund": "Gyvelsund Kommune",
    "hyldemose": "Hyldemose Kommune",
    "ravnekaer": "Ravnekær Kommune",
    "sivkrog": "Sivkrog Kommune",
    "tudseholm": "Tudseholm Kommune",
}
PROFILE, LINES_FILE, STAMP_FILE = "invoice_lines", "linjer.csv", "community_files.json"
SEED, YEARS, LINES_PER_QUARTER = 20251, (2024, 2025), 5
ORDER_PREFIX, FIRST_SUPPLIER = "45", 500
UNIT_NAMES = ("Skolen", "Plejecentret", "Rådhuset", "Materielgården")
FIRST_DAY = date(2023, 1, 1)
COLUMNS = (
    "document_number", "invoice_date", "posting_date", "supplier_number", "supplier_name", "line_text",
    "account_number", "account_name", "art_code", "buyer_unit_number", "document_amount", "order_number",
)  # fmt: skip
RECOVERED = ("8400.00", "0.00", "12750.50")


@dataclass(frozen=True)
class CommunityLine:
    """A line as it is delivered, with what is true of it; amounts in kroner excl. VAT."""

    municipality: str
    document_number: str
    invoice_date: date
    supplier_name: str
    supplier_number: str
    text: str
    account_name: str
    art: str
    unit_number: str
    amount: Decimal
    order_number: str
    category_code: str
    contract_number: str
    contract_status: str
    is_binding: bool
    is_e_tradable: bool

    @property
    def is_e_traded(self) -> bool:
        """Whether it bears an order number of the e-trade system; what was ordered by phone bears another."""
        return self.order_number.startswith(ORDER_PREFIX)


def run_community_demo(*, member_count: int = len(MEMBERS), lines_per_quarter: int = LINES_PER_QUARTER) -> Outcome:
    """Make the municipalities and their community: files, import, classification; what is unchanged is skipped.

    Parameters
    ----------
    member_count : int
        How many of the five.
    lines_per_quarter : int
        Lines per municipality, group and quarter.

    Raises
    ------
    ProcurementError
        As import and classification raise them.
    """
    from procurement_kit.workbench import classify_lines

    facts: dict = {"community": COMMUNITY_NAME, "members": {}}
    bought = community_lines(lines_per_quarter=lines_per_quarter)
    for place, name in enumerate(list(MEMBERS)[:member_count]):
        municipality = _opened(name)
        lines = [line for line in bought if line.municipality == name]
        is_new = _write_files(municipality, place, lines)
        if is_new:
            _import(municipality)
        classify_lines(municipality)
        facts["members"][name] = {"lines": len(lines), "unchanged": not is_new}
    community = create_demo_community(list(facts["members"]))
    line_count = sum(member["lines"] for member in facts["members"].values())
    said = f"{community.title}: {len(community.members)} municipalities, {line_count} lines, all invented"
    if all(member["unchanged"] for member in facts["members"].values()):
        said += f"; {UNCHANGED}"
    return Outcome(facts, (f"{said}.", f"Next: procurement-kit kpis --community {COMMUNITY_NAME} --period {YEARS[-1]}"))


def create_demo_community(members: Sequence[str] = tuple(MEMBERS)) -> Community:
    """The community's folder with its targets; the members must be there."""
    community = create_community(COMMUNITY_NAME, members, title=COMMUNITY_TITLE)
    write_text(community.folder / f"{TARGETS.name}.csv", _targets())
    return community


def _opened(name: str) -> Municipality:
    if not key_path(name).is_file() or read_key(name) != DEMO_KEY:
        write_key(name, DEMO_KEY)
    choices = {"community": COMMUNITY_NAME, "e_trade_order_prefixes": ORDER_PREFIX}
    return create_municipality(name, title=MEMBERS[name], privacy_key=name, **choices)


def _import(municipality: Municipality) -> None:
    from procurement_kit.intake.load import import_files

    import_files(municipality, [municipality.folder / "inbox" / LINES_FILE], profile=(PROFILE,))


# --- purchases ------------------------------------------------------------------------------------------------------


def community_lines(*, lines_per_quarter: int = LINES_PER_QUARTER) -> list[CommunityLine]:
    """Every line of the five municipalities, the same each time."""
    groups = read_rows("community_groups")
    numbers = _supplier_numbers(groups)
    lines = []
    for place, name in enumerate(MEMBERS):
        draw = random.Random(f"{SEED} {name}")
        for group in groups:
            for quarter in range(4 * len(YEARS)):
                for _ in range(lines_per_quarter):
                    lines.append(_line(draw, place, name, group, quarter, numbers, len(lines)))
    return lines


def _supplier_numbers(groups: Sequence[dict]) -> dict[str, str]:
    names = [name for group in groups for name in _suppliers(group)]
    return {name: company_number(FIRST_SUPPLIER + place) for place, name in enumerate(names)}


def _suppliers(group: dict) -> list[str]:
    return [name for name in (group["supplier_name"], *group["rival_names"].split("|")) if name]


def _line(
    draw: random.Random, place: int, name: str, group: dict, quarter: int, numbers: dict[str, str], count: int
) -> CommunityLine:
    """One purchase: loyalty and e-trade grow a little by the quarter, and differ from municipality to municipality."""
    day = date(YEARS[0] + quarter // 4, 3 * (quarter % 4) + draw.randint(1, 3), draw.randint(1, 28))
    growth = 2 * quarter - 3 * place
    is_loyal = bool(group["supplier_name"]) and draw.random() * 100 < int(group["loyalty_percent"]) + growth - 8
    supplier = group["supplier_name"] if is_loyal else draw.choice(group["rival_names"].split("|"))
    amount = Decimal(float(group["mean_amount"]) * draw.lognormvariate(-0.2, 0.6)).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    )
    is_ordered = draw.random() * 100 < int(group["e_trade_percent"]) + growth - 10
    other = draw.choice(("", "", f"tlf. {draw.randint(100, 999)}"))
    order = f"{ORDER_PREFIX}{draw.randint(10000, 99999)}" if is_ordered else other
    valid = bool(group["contract_number"]) and FIRST_DAY <= day <= last_day(group, place)
    status = ("on_contract" if is_loyal else "wrong_supplier") if valid else "no_known_contract"
    return CommunityLine(
        name, f"{name[:2].upper()}-{count:05d}", day, supplier, numbers[supplier], group["text"], group["account_name"],
        group["art"], f"{place + 1}{count % len(UNIT_NAMES) + 1:02d}", amount, order, group["category_code"],
        group["contract_number"] if valid else "", status, read_flag(group["is_binding"]),
        read_flag(group["is_e_tradable"]),
    )  # fmt: skip


def last_day(group: dict, place: int) -> date:
    """Last day of a group's contract in the municipality of that place: a quarter later for each.

    Examples
    --------
    >>> [str(last_day({"first_end_date": "31-03-2025"}, place)) for place in (0, 1, 3)]
    ['2025-03-31', '2025-06-30', '2025-12-31']
    """
    first = read_date(group["first_end_date"])
    months = first.year * 12 + first.month + 3 * place
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


# --- files ----------------------------------------------------------------------------------------------------------


def _write_files(municipality: Municipality, place: int, lines: Sequence[CommunityLine]) -> bool:
    """Write what the municipality delivers, and its lists; False where they are there already."""
    stamp, mark = municipality.folder / STAMP_FILE, _made_from(lines)
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8"))["made_from"] == mark:
        return False
    for name in ("inbox", "lines", "lookups", "cube", "reports"):
        shutil.rmtree(municipality.folder / name, ignore_errors=True)
    for name, text in _lists(place).items():
        write_text(municipality.folder / f"{name}.csv", text)
    rows = [_delivered(line) for line in lines]
    text = _csv_text([INVOICE_LINES[name].heading for name in COLUMNS], rows)
    (municipality.folder / "inbox").mkdir(parents=True, exist_ok=True)
    write_text(municipality.folder / "inbox" / LINES_FILE, text)
    write_text(stamp, json.dumps({"made_from": mark}) + "\n")
    return True


def _made_from(lines: Sequence[CommunityLine]) -> str:
    return fingerprint(str(len(lines)), str(SEED), DATA_FOLDER / "community_groups.csv", Path(__file__))


def _delivered(line: CommunityLine) -> list[str]:
    posted = line.invoice_date + timedelta(days=6)
    return [
        line.document_number, f"{line.invoice_date:%d-%m-%Y}", f"{posted:%d-%m-%Y}", line.supplier_number,
        line.supplier_name, line.text, f"{line.art}{line.category_code}00", line.account_name, line.art,
        line.unit_number, danish(line.amount), line.order_number,
    ]  # fmt: skip


def _lists(place: int) -> dict[str, str]:
    groups = [group for group in read_rows("community_groups") if group["contract_number"]]
    return {
        CONTRACTS.name: _table(CONTRACTS, (_contract(group, place) for group in groups)),
        CONTRACT_FINDINGS.name: _table(CONTRACT_FINDINGS, _findings(groups, place)),
        RULES.name: _table(RULES, _rules()),
        TARGETS.name: _targets(),
        UNITS.name: _table(UNITS, _units(place)),
    }


def _table(table: Table, rows: Iterator[dict[str, str]]) -> str:
    columns = table.filled_in
    return _csv_text([c.heading for c in columns], [[row.get(c.name, "") for c in columns] for row in rows])


def _csv_text(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows([headings, *rows])
    return out.getvalue()


def _contract(group: dict, place: int) -> dict[str, str]:
    numbers = _supplier_numbers(read_rows("community_groups"))
    return {
        **{name: group[name] for name in ("contract_number", "contract_title", "supplier_name", "is_binding")},
        "is_e_tradable": group["is_e_tradable"],
        "category_codes": group["category_code"],
        "supplier_number": numbers[group["supplier_name"]],
        "valid_from_date": f"{FIRST_DAY:%d-%m-%Y}",
        "valid_to_date": f"{last_day(group, place):%d-%m-%Y}",
        "contract_owner": "community" if read_flag(group["is_binding"]) else "ski",
        "notice_month_count": "6",
    }


def _findings(groups: Sequence[dict], place: int) -> Iterator[dict[str, str]]:
    for number, (group, recovered) in enumerate(zip(groups, RECOVERED, strict=False)):
        yield {
            "contract_number": group["contract_number"],
            "found_date": f"{date(YEARS[-1], 2 + 3 * number, 10 + place):%d-%m-%Y}",
            "finding_kind": ("wrong_price", "missing_delivery", "extra_saving")[number],
            "finding_text": "Faktureret over aftalt pris",
            "found_amount": danish(Decimal(recovered) + 1000),
            "recovered_amount": danish(Decimal(recovered) * (place + 1)),
            "finding_status": "closed",
            "found_by": "kontraktstyring",
        }


def _rules() -> Iterator[dict[str, str]]:
    """A rule for each supplier, the same in every municipality: it sells of one category only."""
    groups = read_rows("community_groups")
    sold = {name: group["category_code"] for group in groups for name in _suppliers(group)}
    for number, (name, code) in enumerate(sorted(sold.items()), start=1):
        decided = {"decided_by": "indkøb", "decided_date": "15-01-2026"}
        yield {"rule_id": f"R-{number:03d}", "supplier_name": name, "category_code": code} | decided


def _units(place: int) -> Iterator[dict[str, str]]:
    for number, name in enumerate(UNIT_NAMES, start=1):
        yield {
            "buyer_unit_number": f"{place + 1}{number:02d}",
            "buyer_gln_number": gln_number(90 + 10 * place + number),
            "unit_name": name,
            "unit_center_name": "Drift",
            "unit_division_name": "Børn og Ældre" if number <= 2 else "Fælles",
        }


def _targets() -> str:
    """Targets of the year, with the year before as baseline and thresholds for colours."""
    aims = {"contract_compliance": ("0,90", "0,70", "0,85", "0,70"), "e_trade": ("0,90", "0,60", "0,80", "0,65")}
    rows = [
        {
            "target_key": key,
            "period": str(YEARS[-1]),
            "target_value": target,
            "baseline_value": baseline,
            "baseline_period": str(YEARS[0]),
            "green_from_value": green,
            "yellow_from_value": yellow,
        }
        for key, (target, baseline, green, yellow) in aims.items()
    ]
    rows.append({"target_key": "contract_coverage", "period": str(YEARS[-1]), "target_value": "0,80"})
    return _table(TARGETS, iter(rows))
