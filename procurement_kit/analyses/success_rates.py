"""Do suppliers reach the success rate their contract promises?

Of those started and finished, the share that met the contract's goal, with Wilson's 95 % interval (1927). The verdict
is «meets» or «below» only where the whole interval lies on one side of the agreed rate and ten or more were finished;
all else is «cannot tell yet». Rates over several periods are pooled counts, never a mean of rates.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from procurement_kit.exact import frame
from procurement_kit.findings import Check, Definition, Finding, Number, share
from procurement_kit.kpi_basis import wilson
from procurement_kit.periods import parse_period

if TYPE_CHECKING:
    from procurement_kit.steps.contract_ledger import ContractLedger

FEWEST_FINISHED = 10
VERDICTS = ("meets", "below", "cannot_tell")
_WHO = ("contract_label", "supplier_name", "contractual_share")
_RATE = (
    "started_count", "succeeded_count", "success_share", "success_low_share", "success_high_share", "contractual_share",
    "rate_verdict",
)  # fmt: skip
COLUMNS = {
    "by_supplier": ("contract_label", "supplier_name", *_RATE),
    "by_period": ("contract_label", "supplier_name", "period_name", *_RATE),
}


def analyse_success_rates(ledger: "ContractLedger", *, period: str = "") -> Finding:
    """Hold what suppliers have achieved against the rate their contract promises.

    Parameters
    ----------
    ledger : ContractLedger
        As `read_contract_ledger` gives it; its `success_rates` are read.
    period : str
        Only rows whose period lies within this one; by default all.

    Returns
    -------
    Finding
        Key "success_rates"; tables `by_supplier` (main: all periods pooled, per contract, supplier and agreed rate) and
        `by_period`.
    """
    rows = [_row(row) for row in ledger.success_rates if not period or _lies_in(row["period"], period)]
    pooled = _pooled(rows)
    return Finding(
        key="success_rates",
        numbers=_numbers(pooled),
        tables={
            "by_supplier": frame([_judged(row) for row in pooled], COLUMNS["by_supplier"]),
            "by_period": frame([_judged(row) for row in rows], COLUMNS["by_period"]),
        },
        checks=_checks(rows, pooled),
        caveats=() if rows else ("no_success_rates",),
        definition=Definition(
            formula="succeeded / started, with Wilson's 95 % interval",
            numerator="those who met the contract's goal",
            denominator="those started in the period whose course is finished",
            left_out="those still under way",
            source="Wilson 1927; success rates as Holbæk writes them into contracts",
        ),
        parameters={"period": period} if period else {},
    )


def verdict(succeeded: int, started: int, contractual: Decimal) -> str:
    """One of `VERDICTS`.

    Parameters
    ----------
    succeeded, started : int
        How many reached the goal, of how many that are finished.
    contractual : Decimal
        Share the contract promises.

    Examples
    --------
    >>> verdict(32, 43, Decimal("0.75")), verdict(3, 4, Decimal("0.10")), verdict(20, 43, Decimal("0.75"))
    ('cannot_tell', 'cannot_tell', 'below')
    """
    low, high = wilson(succeeded, started)
    if started < FEWEST_FINISHED or low is None:
        return "cannot_tell"
    if low >= contractual:
        return "meets"
    return "below" if high < contractual else "cannot_tell"


def _lies_in(narrow: str, wide: str) -> bool:
    inner, outer = parse_period(narrow), parse_period(wide)
    return outer.first_date <= inner.first_date and inner.last_date <= outer.last_date


def _row(row: Mapping) -> dict:
    names = ("supplier_name", "started_count", "succeeded_count", "contractual_share")
    return {"contract_label": row["contract_number"], "period_name": row["period"], **{n: row[n] for n in names}}


def _pooled(rows: Iterable[Mapping]) -> list[dict]:
    """Counts per contract, supplier and agreed rate: a rate that was agreed anew is another promise."""
    sums: dict[tuple, dict] = {}
    for row in rows:
        key = tuple(row[name] for name in _WHO)
        so_far = sums.setdefault(key, {**dict(zip(_WHO, key, strict=True)), "started_count": 0, "succeeded_count": 0})
        for name in ("started_count", "succeeded_count"):
            so_far[name] += row[name]
    return [sums[key] for key in sorted(sums)]


def _judged(row: Mapping) -> dict:
    counts = row["succeeded_count"], row["started_count"]
    low, high = wilson(*counts)
    ends = {"success_low_share": low, "success_high_share": high}
    return {**row, **ends, "success_share": share(*counts), "rate_verdict": verdict(*counts, row["contractual_share"])}


def _numbers(pooled: list[dict]) -> dict[str, Number]:
    judged = [_judged(row) for row in pooled]
    started, succeeded = (sum(row[name] for row in pooled) for name in ("started_count", "succeeded_count"))
    low, high = wilson(succeeded, started)
    said = {f"{word}_count": sum(row["rate_verdict"] == word for row in judged) for word in VERDICTS}
    counts = {"rate_count": len(pooled), "started_count": started, "succeeded_count": succeeded, **said}
    return {
        **{name: Number(value, "count") for name, value in counts.items()},
        "success_share": Number(share(succeeded, started), "share", low, high),
    }


def _checks(rows: list[dict], pooled: list[dict]) -> tuple[Check, ...]:
    checks = []
    for name in ("started_count", "succeeded_count"):
        parts, whole = sum(row[name] for row in pooled), sum(row[name] for row in rows)
        checks.append(Check(f"by_supplier sums to {name}", parts == whole, f"{parts} of {whole}"))
    return tuple(checks)
