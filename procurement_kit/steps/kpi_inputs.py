"""What has the municipality set for its key figures: targets, cards, what counts as e-traded, what was recovered?

All of it stands in files a person keeps; whatever is wrong with one of them is said at once. Nothing is made up: where
there is no target, no threshold or no ledger of findings, there is none.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.contract_tables import CONTRACT_FINDINGS, CONTRACT_PARTICIPANTS, CONTRACTS, TARGETS
from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.errors import ParameterError, SettingsError, TableError, nearest
from procurement_kit.exact import NOTHING
from procurement_kit.fingerprints import fingerprint
from procurement_kit.kpi_basis import KPI_KEYS, RATES, FollowUp, KpiCard, Target
from procurement_kit.periods import parse_period
from procurement_kit.settings import Municipality
from procurement_kit.templates import read_own_table

CARDS_FILE = "kpis.toml"
CARD_KEYS = ("direction", *(f"{word}_{tongue}" for word in ("formula", "base", "left_out", "purpose", "owner")
                            for tongue in ("da", "en")))  # fmt: skip
MARK_LENGTH = 8


# --- targets --------------------------------------------------------------------------------------------------------


def read_targets(municipality: Municipality) -> tuple[Target, ...]:
    """Read `targets.csv` of the folder: targets, baselines and thresholds per key figure and period.

    Raises
    ------
    TableError
        With every problem: cells that cannot be used, periods that are none, shares that are none, thresholds in the
        wrong order, and key figures whose period stands twice.
    """
    problems: list[str] = []
    rows = read_own_table(municipality, TARGETS, problems)
    directions = {key: card["direction"] for key, card in _cards(municipality).items()}
    targets = []
    for row in rows:
        found = _target_problems(row, directions[row["target_key"]])
        problems += [f"targets.csv, {row['target_key']} {row['period']}: {problem}" for problem in found]
        if not found:
            targets.append(_target(row, directions[row["target_key"]]))
    places = [(target.key, target.period.label) for target in targets]
    problems += [f"targets.csv, {key} {label}: stands twice" for key, label in sorted(_twice(places))]
    if problems:
        raise TableError(
            "The targets cannot be used.",
            problems=problems,
            expected="the columns and values of data_templates/targets.csv; shares between 0 and 1",
            todo="correct the rows named",
        )
    return tuple(targets)


def _target(row: dict, direction: str) -> Target:
    return Target(
        row["target_key"],
        parse_period(row["period"]),
        row["target_value"],
        row["baseline_value"],
        row["baseline_period"] or "",
        row["target_direction"] or direction,
        row["green_from_value"],
        row["yellow_from_value"],
    )


def _target_problems(row: dict, direction: str) -> list[str]:
    problems = []
    for period in filter(None, (row["period"], row["baseline_period"])):
        try:
            parse_period(period)
        except ParameterError as error:
            problems.append(error.what)
    values = ("target_value", "baseline_value", "green_from_value", "yellow_from_value")
    if row["target_key"] in RATES:
        wrong = [name for name in values if row[name] is not None and not 0 <= row[name] <= 1]
        problems += [f"«{row[name]}» is no share between 0 and 1" for name in wrong]
    green, yellow = row["green_from_value"], row["yellow_from_value"]
    sign = -1 if (row["target_direction"] or direction) == "lower" else 1
    if green is None and yellow is not None:
        problems.append("Gul fra is filled in, but Grøn fra is empty")
    elif yellow is not None and sign * yellow > sign * green:
        problems.append(f"Gul fra {yellow} is better than Grøn fra {green}")
    return problems


def _twice(places: list[tuple]) -> set[tuple]:
    return {place for place in places if places.count(place) > 1}


# --- cards ----------------------------------------------------------------------------------------------------------


def read_cards(municipality: Municipality) -> tuple[KpiCard, ...]:
    """The definition cards, with what the folder's own `kpis.toml` says otherwise.

    Raises
    ------
    SettingsError
        If `kpis.toml` is not TOML, or names a key figure or a key that is not known; all problems at once.
    """
    return tuple(
        KpiCard(key, {f"{name[:-3]}_name_{name[-2:]}": text for name, text in card.items() if name != "direction"})
        for key, card in _cards(municipality).items()
    )


def _cards(municipality: Municipality) -> dict[str, dict[str, str]]:
    own = _own_cards(municipality.folder / CARDS_FILE)
    return {key: {**_standard_cards()[key], **own.get(key, {})} for key in KPI_KEYS}


@cache
def _standard_cards() -> dict[str, dict]:
    path = files("procurement_kit") / "knowledge" / CARDS_FILE
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _own_cards(path: Path) -> dict[str, dict]:
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}", todo="correct the line named") from None
    problems = [f"{key} is not a key figure.{nearest(key, KPI_KEYS)}" for key in content if key not in KPI_KEYS]
    for key in content.keys() & set(KPI_KEYS):
        card = content[key] if isinstance(content[key], dict) else {"": ""}
        problems += [f"{key}.{name} is not known.{nearest(name, CARD_KEYS)}" for name in card if name not in CARD_KEYS]
        problems += [f"{key}.{name} is not a text." for name, text in card.items() if not isinstance(text, str)]
        if card.get("direction", "higher") not in ("higher", "lower"):
            problems.append(f"{key}.direction is «{card['direction']}», allowed are higher, lower.")
    if problems:
        raise SettingsError(
            f"{path.name}: the cards cannot be used.", problems=sorted(problems), todo="correct the file"
        )
    return content


# --- e-trade --------------------------------------------------------------------------------------------------------


def read_e_trade(
    municipality: Municipality, tree: CategoryTree, *, register: Iterable[dict] | None = None
) -> ETradeBasis:
    """What counts as e-traded, and where it is possible: the setting's categories, else those of e-tradable contracts,
    else those the tree says.

    Parameters
    ----------
    municipality : Municipality
        Whose settings and contracts.
    tree : CategoryTree
        A category brings all below it.
    register : iterable of dict, optional
        Rows of `contracts.csv`; read from the folder by default.

    Raises
    ------
    SettingsError
        If the setting names a category that is not in the tree.
    TableError
        If the register cannot be read.
    """
    named = municipality.e_trade_categories.split()
    if unknown := [code for code in named if code not in tree]:
        raise SettingsError(
            f"e_trade_categories: «{unknown[0]}» is not a category of the tree.{nearest(unknown[0], tree.codes)}",
            expected="codes of the category tree, separated by spaces",
            todo="correct municipality.toml",
        )
    rows = _own_contracts(municipality) if register is None else register
    by_contract = [code for row in rows if row["is_e_tradable"] for code in (row["category_codes"] or "").split()]
    by = "setting" if named else "contracts" if by_contract else "tree"
    codes = {"setting": named, "contracts": [code for code in by_contract if code in tree]}.get(by)
    below = {inner for code in codes or () for inner in (code, *tree.descendants(code))}
    chosen = frozenset(below) if codes is not None else tree.codes_where("is_e_tradable")
    return ETradeBasis(municipality.e_trade_source, tuple(municipality.e_trade_order_prefixes.split()), chosen, by)


def _own_contracts(municipality: Municipality) -> list[dict]:
    """The contracts of the register that the municipality itself takes part in."""
    problems: list[str] = []
    contracts, parts = (read_own_table(municipality, table, problems) for table in (CONTRACTS, CONTRACT_PARTICIPANTS))
    if problems:
        raise TableError("The contract register cannot be used.", problems=problems, todo="correct the rows named")
    joined: dict[str, set[str]] = {}
    for row in parts:
        joined.setdefault(row["contract_number"], set()).add(row["municipality_name"])
    found = []
    for row in contracts:
        names = {*(row["participant_names"] or "").split(), *joined.get(row["contract_number"], ())}
        if not names or municipality.name in names:
            found.append(row)
    return found


# --- follow-up, and what is counted alike ---------------------------------------------------------------------------


def read_follow_ups(municipality: Municipality) -> tuple[FollowUp, ...] | None:
    """Kroner recovered, from `contract_findings.csv`; None where that ledger is not kept.

    Raises
    ------
    TableError
        If the ledger cannot be read; all problems at once.
    """
    if not (municipality.folder / f"{CONTRACT_FINDINGS.name}.csv").is_file():
        return None
    problems: list[str] = []
    rows = read_own_table(municipality, CONTRACT_FINDINGS, problems)
    if problems:
        raise TableError("The contract findings cannot be used.", problems=problems, todo="correct the rows named")
    return tuple(FollowUp(row["found_date"], row["recovered_amount"] or NOTHING) for row in rows)


def counted_by(municipality: Municipality, tree: CategoryTree, e_trade: ETradeBasis) -> dict[str, str]:
    """Marks of what a municipality's figures are counted by; equal marks mean counted alike."""
    folder = municipality.folder
    return {
        "category_tree": fingerprint(sorted(map(str, tree.categories)))[:MARK_LENGTH],
        "scope_rules": _file_mark(folder / "scope_rules.csv"),
        "category_rules": _file_mark(folder / "rules.csv"),
        "e_trade_source": f"{e_trade.source} {' '.join(e_trade.order_prefixes)}".strip(),
        "e_trade_categories": fingerprint(sorted(e_trade.category_codes))[:MARK_LENGTH],
    }


def _file_mark(path: Path) -> str:
    return fingerprint(path)[:MARK_LENGTH] if path.is_file() else "standard"
