"""What has grown so large that somebody must take a stand on a tender?

Twelve and 48 months side by side, the basis named per row: a known contract by its whole term, goods that recur by
twelve months, services without a total price by a month × 48. A group is not a contract: the screen never says that
something is wrong. Works stand apart, because a year's work on many buildings is not one work; where lines bear a
project number, the whole project is one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.analyses.tender_parts import (
    FOUR_YEARS,
    TENDER_PARTS,
    YEAR,
    amounts_of,
    analysed,
    asks,
    by_keys,
    group_sums,
    kroner_by,
    last_year_of,
    over_months,
    part_rows,
    parted,
    purchase_type,
    regime_of,
    seen_months,
    tested_value,
    verdict,
    works_verdict,
)
from procurement_kit.exact import FIRST_DATE, NOTHING, frame, sums_by, total, with_category_names
from procurement_kit.findings import Check, Definition, Finding, Number, adds_up, share
from procurement_kit.tender_basis import THRESHOLD_KINDS, KnownContract, TenderBasis

if TYPE_CHECKING:
    import ibis

    from procurement_kit.classifier.tree import CategoryTree
    from procurement_kit.periods import Period

CATEGORY = ("category_code", "category_name_da", "category_name_en")
LIMIT = ("tender_status", "threshold_kind", "threshold_amount", "threshold_check")
COLUMNS = {
    "screen": (
        "municipality_key", "municipality_title", *CATEGORY, "tender_basis", "tested_amount", "twelve_month_amount",
        "forty_eight_month_amount", *LIMIT, "cpv_regime", "bought_on_amount", "seen_month_count", "previous_amount",
        "change_share",
    ),
    "works": (
        "municipality_key", "municipality_title", *CATEGORY, "tested_amount", "net_amount", "supplier_count",
        "unit_count", *LIMIT, "seen_month_count",
    ),
    "projects": (
        "municipality_key", "municipality_title", "project_number", "tested_amount", "net_amount", "supplier_count",
        "category_count", "first_date", "last_date", *LIMIT,
    ),
    "known_contracts": (
        "municipality_title", "contract_number", "contract_title", *CATEGORY, "tender_basis", "tested_amount",
        "twelve_month_amount", "forty_eight_month_amount", "term_month_count", *LIMIT, "cpv_regime",
    ),
    "by_unit": (
        "municipality_title", *CATEGORY, "unit_division_name", "unit_name", "net_amount", "forty_eight_month_amount",
        "small_lot_status",
    ),
    "apart": ("municipality_title", *CATEGORY, "tender_part", "net_amount"),
    "parts": ("tender_part", "line_count", "net_amount"),
    "thresholds": ("threshold_kind", "threshold_amount", "valid_from_date", "valid_to_date", "threshold_check",
                   "threshold_source"),
}  # fmt: skip


def screen_tenders(
    cube: "ibis.Table", *, period: str, tree: "CategoryTree", basis: TenderBasis, notice_date: date | None = None
) -> Finding:
    """Hold what each municipality buys without a known contract, and its contracts, against the limits for tenders.

    Parameters
    ----------
    cube : ibis.Table
        Lines of one or several municipalities. *Reads* scope, category, contract, unit and supplier columns,
        `item_cpv_code`, `invoice_date`, `net_amount`.
    period : str
        Its last twelve months are valued.
    tree : CategoryTree
        Names, purchase types, CPV codes, and what is granted to single citizens.
    basis : TenderBasis
        Contracts, dated limits, and the CPV codes under the light regime.
    notice_date : date, optional
        When a notice would be published: decides which limits hold. By default the day after the period.

    Returns
    -------
    Finding
        Key "tenders"; tables `screen` (main), `works`, `projects`, `known_contracts`, `by_unit`, `apart`, `parts`,
        `thresholds`.

    Raises
    ------
    NoDataError
        If no line lies in the twelve months.
    """
    span = last_year_of(period)
    day = notice_date or date(span.last_date.year + span.last_date.month // 12, span.last_date.month % 12 + 1, 1)
    view = _View(cube, span, tree, basis, day)
    rows = view.rows()
    return Finding(
        key="tenders",
        numbers=_numbers(rows, view),
        tables={name: frame(view.named(rows[name]), columns) for name, columns in COLUMNS.items()},
        checks=_checks(rows, view),
        caveats=_caveats(rows, view),
        definition=_definition(rows),
        parameters={"period": span.label, "notice_date": day.isoformat()},
    )


class _View:
    """The twelve months as they are looked at: their parts, months seen, and the limits of the day."""

    def __init__(self, cube: "ibis.Table", span: "Period", tree: "CategoryTree", basis: TenderBasis, day: date) -> None:
        self.cube, self.span, self.tree, self.basis, self.day = cube, span, tree, basis, day
        self.parts = part_rows(cube, span, tree)
        before = span.year_before()
        self.seen = seen_months(cube, span)
        is_whole = {name for name, months in seen_months(cube, before).items() if months == YEAR}
        self.before = {key: kr for key, kr in group_sums(cube, before).items() if key[0] in is_whole}
        self.now = group_sums(cube, span)

    def rows(self) -> dict[str, list[dict]]:
        rows = {
            "screen": self.screen(), "works": self.works(), "projects": self.projects(),
            "known_contracts": self.known_contracts(),
        }  # fmt: skip
        flagged = {(row["municipality_name"], row["category_code"]) for row in rows["screen"] if asks(row)}
        apart = [row for row in self.parts if row["tender_part"] in ("citizen_granted", "exempt")]
        return rows | {
            "by_unit": self.by_unit(flagged),
            "apart": [
                {**dict(zip(("municipality_name", "category_code", "tender_part"), key, strict=True)),
                 "net_amount": total(found)}
                for key, found in by_keys(apart, "municipality_name", "category_code", "tender_part").items()
            ],
            "parts": [_part(name, self.parts) for name in TENDER_PARTS],
            "thresholds": self.thresholds(),
        }  # fmt: skip

    def named(self, rows: list[dict]) -> list[dict]:
        """Rows with the municipality's title and the category's names, where they have one."""
        titles = self.basis.titles
        rows = [
            {
                **row,
                "municipality_key": row["municipality_name"],
                "municipality_title": titles.get(row["municipality_name"], row["municipality_name"]),
            }
            if "municipality_name" in row
            else row
            for row in rows
        ]
        return with_category_names(rows, self.tree.name) if rows and "category_code" in rows[0] else rows

    def screen(self) -> list[dict]:
        """Goods and services without a known contract, one row per group and regime; the largest first."""
        free = [
            {**row, "cpv_regime": regime_of(row, self.basis, self.tree)}
            for row in self.parts
            if row["tender_part"] == "free" and purchase_type(row["category_code"], self.tree) != "works"
        ]
        rows = [
            self.screened(key, found)
            for key, found in by_keys(free, "municipality_name", "category_code", "cpv_regime").items()
        ]
        return sorted(rows, key=lambda row: (not asks(row), -row["tested_amount"], row["category_code"]))

    def screened(self, key: tuple, found: list[Mapping]) -> dict:
        name, code, regime = key
        amount, seen = total(found), self.seen.get(name, 0)
        basis, value = tested_value(amount, seen, purchase_type(code, self.tree))
        said = verdict(value, regime, self.basis, self.day)
        if said["tender_status"] == "below" and seen < YEAR:
            said["tender_status"] = "too_few_months"
        before = self.before.get((name, code))
        return {
            "municipality_name": name, "category_code": code, "cpv_regime": regime, "tender_basis": basis,
            "tested_amount": value, "twelve_month_amount": amount,
            "forty_eight_month_amount": over_months(amount, seen, FOUR_YEARS), **said,
            "bought_on_amount": total(row for row in found if row["is_expired"]), "seen_month_count": seen,
            "previous_amount": before, "change_share": self.change(name, code, before),
        }  # fmt: skip

    def change(self, name: str, code: str, before: Decimal | None) -> Decimal | None:
        """Growth of all that was bought of the group, where both years are whole."""
        if not before or self.seen.get(name) != YEAR:
            return None
        return share(self.now.get((name, code), NOTHING) - before, before)

    def work_lines(self, span: "Period") -> "ibis.Table":
        """Analysed lines of works with the part they belong to."""
        lines = parted(analysed(self.cube, span), self.tree)
        codes = [code for code in self.tree.codes if purchase_type(code, self.tree) == "works"]
        return lines.filter(lines.category_code.isin(codes))

    def works(self) -> list[dict]:
        """Works by group; what is held against the limits is the largest supplier's, as the lines know no works."""
        lines = self.work_lines(self.span).filter(lambda t: t.tender_part == "free")
        by = ("municipality_name", "category_code")
        suppliers = by_keys(kroner_by(lines, *by, "supplier_key"), *by)
        rows = []
        for row in sums_by(lines, *by, unit_count=lines.unit_name.nunique()):
            key = row["municipality_name"], row["category_code"]
            largest = max((found["net_amount"] for found in suppliers[key]), default=NOTHING)
            said = works_verdict(largest, self.basis, self.day)
            rows.append({**row, "tested_amount": largest, **said, "seen_month_count": self.seen.get(key[0], 0)})
        return sorted(rows, key=lambda row: (-row["tested_amount"], row["category_code"]))

    def projects(self) -> list[dict]:
        """Projects on which works were bought without a known contract; tested is all that was ever bought for each."""
        by = ("municipality_name", "project_number")
        lines = self.work_lines(replace(self.span, first_date=FIRST_DATE)).filter(lambda t: t.project_number.notnull())
        is_now = lines.invoice_date >= self.span.first_date
        now = lines.filter(is_now & (lines.tender_part == "free"))
        asked = {tuple(row[name] for name in by): row["net_amount"] for row in kroner_by(now, *by)}
        days = {"first_date": lines.invoice_date.min(), "last_date": lines.invoice_date.max()}
        whole = sums_by(lines, *by, category_count=lines.category_code.nunique(), **days) if asked else []
        rows = [
            {**row, "tested_amount": row["net_amount"], "net_amount": asked[key],
             **works_verdict(row["net_amount"], self.basis, self.day)}
            for row in whole
            if (key := tuple(row[name] for name in by)) in asked
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (-row["tested_amount"], row["project_number"]))

    def known_contracts(self) -> list[dict]:
        """Contracts in force at the end of the period, each by its whole term with options."""
        held = [c for c in self.basis.contracts if c.first <= self.span.last_date <= c.last]
        rows = [self.contract_row(contract) for contract in held]
        return sorted(rows, key=lambda row: (-(row["tested_amount"] or 0), row["contract_number"]))

    def contract_row(self, contract: KnownContract) -> dict:
        name, code = contract.municipality, (contract.categories or (None,))[0]
        code = code if code in self.tree else None
        used = amounts_of(
            self.parts, municipality_name=name, contract_number=contract.number, contract_status="on_contract"
        )
        kind = purchase_type(code, self.tree) if code else "goods"
        cpvs = self.tree[code].cpv_codes if code else ()
        basis, value = self.contract_value(contract, used, kind)
        regime = self.basis.regime(cpvs)
        said = works_verdict(value or NOTHING, self.basis, self.day) if kind == "works" else None
        return {
            "municipality_name": name, "contract_number": contract.number, "contract_title": contract.title,
            "category_code": code, "tender_basis": basis, "tested_amount": value, "twelve_month_amount": used,
            "forty_eight_month_amount": over_months(used, self.seen.get(name, 0), FOUR_YEARS),
            "term_month_count": contract.term_months, "cpv_regime": regime,
            **(said or verdict(value or NOTHING, regime, self.basis, self.day)),
        }  # fmt: skip

    def contract_value(self, contract: KnownContract, used: Decimal, kind: str) -> tuple[str, Decimal | None]:
        """What the register says it is worth, else what is bought on it: over its term, or 48 months without one."""
        known = [value for value in (contract.value, contract.maximum) if value is not None]
        if known:
            return "contract_30", max(known)
        term = contract.term_months or FOUR_YEARS
        of_others = "term_30" if contract.end_day else "endless_48"
        has_term = contract.end_day and term <= FOUR_YEARS
        basis = ("term_38" if has_term else "services_38") if kind == "services" else of_others
        months = min(term, FOUR_YEARS) if kind == "services" else term
        return basis, over_months(used, self.seen.get(contract.municipality, 0), months)

    def by_unit(self, flagged: set[tuple]) -> list[dict]:
        """Who bought the groups somebody must take a stand on: a breakdown, never the test."""
        small = self.basis.threshold("eu_small_lot", self.day)
        lines = parted(analysed(self.cube, self.span), self.tree)
        codes = sorted({code for _, code in flagged})
        lines = lines.filter((lines.tender_part == "free") & lines.category_code.isin(codes))
        rows = []
        for row in kroner_by(lines, "municipality_name", "category_code", "unit_division_name", "unit_name"):
            if (row["municipality_name"], row["category_code"]) in flagged:
                seen, kind = self.seen.get(row["municipality_name"], 0), purchase_type(row["category_code"], self.tree)
                value = tested_value(row["net_amount"], seen, kind)[1]
                status = "no_threshold" if small is None else "possible" if value < small.amount else "too_large"
                four_years = over_months(row["net_amount"], seen, FOUR_YEARS)
                rows.append({**row, "forty_eight_month_amount": four_years, "small_lot_status": status})
        return sorted(rows, key=lambda row: (row["municipality_name"], row["category_code"], -row["net_amount"]))

    def thresholds(self) -> list[dict]:
        found = [self.basis.threshold(kind, self.day) for kind in THRESHOLD_KINDS]
        return [
            {
                "threshold_kind": limit.kind, "threshold_amount": limit.amount, "valid_from_date": limit.first,
                "valid_to_date": limit.last, "threshold_check": "verified" if limit.is_verified else "unverified",
                "threshold_source": limit.source,
            }
            for limit in found
            if limit
        ]  # fmt: skip


def _part(name: str, rows: list[dict]) -> dict:
    found = [row for row in rows if row["tender_part"] == name]
    return {
        "tender_part": name,
        "line_count": sum(row["line_count"] for row in found),
        "net_amount": total(found),
    }


# --- what may be quoted ---------------------------------------------------------------------------------------------


def _numbers(rows: Mapping[str, list[dict]], view: _View) -> dict[str, Number]:
    flagged = [row for row in rows["screen"] if asks(row)]
    works = [row for row in rows["works"] if asks(row)]
    months = min((view.seen.get(row["municipality_name"], 0) for row in rows["screen"]), default=YEAR)
    counts = {
        "flagged_count": len(flagged),
        "eu_count": sum(row["tender_status"] in ("consider_eu", "consider_light") for row in flagged),
        "cpv_count": sum(row["tender_status"] == "cpv_decides" for row in flagged),
        "works_count": len(works),
        "seen_month_count": months,
        "missing_month_count": YEAR - months,
        "small_lot_unknown_count": int(view.basis.threshold("eu_small_lot", view.day) is None),
        "unverified_count": sum(row["threshold_check"] == "unverified" for row in rows["thresholds"]),
    }
    return {
        "flagged_amount": Number(total(flagged, "twelve_month_amount"), "kr"),
        "bought_on_amount": Number(total(flagged, "bought_on_amount"), "kr"),
        "works_amount": Number(total(works), "kr"),
        "free_amount": Number(amounts_of(view.parts, tender_part="free"), "kr"),
        "apart_amount": Number(total(rows["apart"]), "kr"),
        "undecidable_amount": Number(amounts_of(view.parts, tender_part="undecidable"), "kr"),
        "analysed_amount": Number(total(view.parts), "kr"),
        "notice_date": Number(view.day, "date"),
        **{name: Number(value, "count") for name, value in counts.items()},
    }


def _checks(rows: Mapping[str, list[dict]], view: _View) -> tuple[Check, ...]:
    whole = total(kroner_by(analysed(view.cube, view.span), "scope_status"))
    tested = total(rows["screen"], "twelve_month_amount") + total(rows["works"])
    flagged = {(r["municipality_name"], r["category_code"]) for r in rows["screen"] if asks(r)}
    groups = [r for r in rows["screen"] if (r["municipality_name"], r["category_code"]) in flagged]
    units = total(rows["by_unit"])
    return (
        adds_up("parts sum to analysed", total(rows["parts"]), whole),
        adds_up("screen and works sum to free", tested, amounts_of(view.parts, tender_part="free")),
        adds_up("units sum to their groups", units, total(groups, "twelve_month_amount")),
    )


def _caveats(rows: Mapping[str, list[dict]], view: _View) -> tuple[str, ...]:
    told = {
        "tender_unverified": any(row["threshold_check"] == "unverified" for row in rows["thresholds"]),
        "tender_small_lot_unknown": view.basis.threshold("eu_small_lot", view.day) is None,
        "tender_few_months": any(row["seen_month_count"] < YEAR for row in rows["screen"]),
    }
    return tuple(key for key, holds in told.items() if holds)


def _definition(rows: Mapping[str, list[dict]]) -> Definition:
    return Definition(
        formula="§ 30: whole term with options; § 35: twelve months; § 38: term of at most 48 months, else month × 48",
        numerator="kroner without a known contract per municipality as a whole and category group, regime by CPV code",
        denominator="the limit that holds on the day of the notice",
        left_out="exempt purchases, purchases granted to single citizens",
        left_out_amount=total(rows["apart"]),
        source="Udbudsloven §§ 30, 31, 35, 38; tilbudsloven; tender_thresholds.csv",
    )
