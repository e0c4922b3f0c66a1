"""What has been chosen for a municipality?

`municipality.toml` in its folder; an unknown key is an error with the nearest known key. A `Municipality` is a frozen
value: the name says which folder, the rest are choices.
"""

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from procurement_kit.errors import ParameterError, SettingsError, nearest

SETTINGS_FILE = "municipality.toml"
_NAME = re.compile(r"[a-zæøåäö0-9][a-zæøåäö0-9_-]{0,63}")
_ALLOWED = {
    "language": ("da", "en"),
    "engine": ("duckdb", "spark"),
    "e_trade_source": ("order_number", "einvoice", "none"),
}
_FORMS = {
    "logo": (r"[^/\\:]+\.(?:png|jpe?g)", "the name of a PNG or JPEG in the municipality's folder"),
    "accent_colour": ("#[0-9a-f]{6}", "a colour such as #00609a"),
}
HANDLING_COST = ("handling_cost_amount", "handling_cost_source", "handling_cost_date")
SAVED_BY_ETRADE = Decimal(62)  # kroner an e-traded invoice saves against mail or phone (Hjørring 2020), often misquoted


@dataclass(frozen=True)
class HandlingCost:
    """What handling one invoice costs: kroner, who says so, and when.

    There is no default: it is counted only where a municipality has a figure it can answer for.

    Raises
    ------
    ParameterError
        If the amount is not above 0, the source is missing, or it is the saving of an e-traded invoice.

    Examples
    --------
    >>> HandlingCost(Decimal("62"), "SKI", date(2020, 1, 1))
    Traceback (most recent call last):
    procurement_kit.errors.ParameterError: 62 kr. is what an e-traded invoice saves, not what an invoice costs.
    Expected: kroner per invoice, with the source of that figure and its date
    To do: measure how long an invoice takes, or leave the handling cost off
    """

    amount: Decimal
    source: str
    date: date

    def __post_init__(self) -> None:
        problem = ""
        if not isinstance(self.amount, Decimal) or not self.amount > 0:
            problem = f"«{self.amount}» is not a handling cost."
        elif not self.source.strip():
            problem = "The handling cost has no source."
        elif self.amount == SAVED_BY_ETRADE:
            problem = "62 kr. is what an e-traded invoice saves, not what an invoice costs."
        if problem:
            raise ParameterError(
                problem,
                expected="kroner per invoice, with the source of that figure and its date",
                todo="measure how long an invoice takes, or leave the handling cost off",
            )


@dataclass(frozen=True)
class Municipality:
    """A municipality and its choices.

    Parameters
    ----------
    name : str
        Folder name: lower-case letters, digits, hyphen, underscore.
    folder : Path
        Where its files lie.
    title : str
        Name as it stands in the report.
    privacy_key : str
        Name of the key that personal numbers are tokenised with; the key itself lies outside the data folder.
    currency : str
        ISO 4217 code that `net_amount` is in.
    language : {"da", "en"}
        Language of reports.
    engine : {"duckdb", "spark"}
        What computes.
    community : str
        Purchasing community it belongs to, if any.
    promised_right_share : Decimal
        Share of kroner that shall be right among those the classifier claims, between 0.5 and 1.
    tail_amount_limit : Decimal
        Kroner a year under which a supplier is small.
    handling_cost_amount : Decimal, optional
        Kroner it costs to handle one invoice; off until it is set.
    handling_cost_source, handling_cost_date : str
        Who says so, and when (yyyy-mm-dd); all three or none.
    e_trade_source : {"order_number", "einvoice", "none"}
        What says that a line was e-traded: an order number, that it came as an e-invoice, or nothing known.
    e_trade_order_prefixes : str
        What order numbers of the e-trade system begin with, separated by spaces; empty: any order number counts.
    e_trade_categories : str
        Category codes in which e-trade is possible, separated by spaces; empty: those of contracts that say so.
    client_name : str
        Whose report it is, on its cover, where that is not the municipality: a department, a community.
    logo : str
        A PNG or JPEG in the municipality's folder, for the reports' covers.
    accent_colour : str
        `#rrggbb` for headings, links and table heads of the reports; empty: the kit's own.
    """

    name: str
    folder: Path
    title: str
    privacy_key: str
    currency: str = "DKK"
    language: str = "da"
    engine: str = "duckdb"
    community: str = ""
    promised_right_share: Decimal = Decimal("0.95")
    tail_amount_limit: Decimal = Decimal("50000")
    handling_cost_amount: Decimal | None = None
    handling_cost_source: str = ""
    handling_cost_date: str = ""
    e_trade_source: str = "order_number"
    e_trade_order_prefixes: str = ""
    e_trade_categories: str = ""
    client_name: str = ""
    logo: str = ""
    accent_colour: str = ""

    @property
    def handling_cost(self) -> HandlingCost | None:
        """What handling one invoice costs; None until the municipality has said."""
        if self.handling_cost_amount is None:
            return None
        day = date.fromisoformat(self.handling_cost_date)
        return HandlingCost(self.handling_cost_amount, self.handling_cost_source, day)


SETTING_NAMES = tuple(f.name for f in fields(Municipality) if f.name not in ("name", "folder"))


def check_name(name: str) -> str:
    """Return the name if it can be a folder name.

    Raises
    ------
    ParameterError
        If it has other characters than lower-case letters, digits, hyphen and underscore.
    """
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"«{name}» cannot be the name of a municipality folder.",
            expected="lower-case letters, digits, hyphen and underscore, starting with a letter or digit",
            todo="choose a name such as «rudersdal»",
        )
    return name


def read_settings(folder: Path) -> Municipality:
    """Read `municipality.toml`.

    Raises
    ------
    SettingsError
        If the file is not TOML, or holds an unknown key or a value that is not allowed; all problems at once.
    """
    path = folder / SETTINGS_FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad writes a mark
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}", todo="correct the line named") from None
    problems = [f"{key} is not a setting.{nearest(key, SETTING_NAMES)}" for key in content if key not in SETTING_NAMES]
    problems += [f"{key} is missing." for key in ("title", "privacy_key") if key not in content]
    values = {key: value for key, value in content.items() if key in SETTING_NAMES}
    problems += _wrong_values(values)
    if problems:
        raise SettingsError(
            f"{path}: the settings cannot be used.",
            problems=problems,
            expected="the settings listed in data_templates/municipality.toml",
            todo="correct the file",
        )
    return Municipality(name=folder.name, folder=folder, **values)


def _wrong_values(values: dict) -> list[str]:
    problems = [
        f"{key} is «{values[key]}», allowed are {', '.join(allowed)}."
        for key, allowed in _ALLOWED.items()
        if key in values and values[key] not in allowed
    ]
    if not re.fullmatch("[A-Z]{3}", str(values.get("currency", "DKK"))):
        problems.append(f"currency is «{values['currency']}», expected an ISO 4217 code such as DKK.")
    problems += [
        f"{key} is «{values[key]}», expected {expected}."
        for key, (form, expected) in _FORMS.items()
        if values.get(key) and not re.fullmatch(form, str(values[key]), re.IGNORECASE)
    ]
    limits = {
        "promised_right_share": (Decimal("0.5"), Decimal("1")),
        "tail_amount_limit": (Decimal(0), Decimal("1e12")),
        "handling_cost_amount": (Decimal("0.01"), Decimal("100000")),
    }
    for key, (low, high) in limits.items():
        if key in values:
            number = _decimal(values[key])
            if number is None or not low <= number <= high:
                problems.append(f"{key} is «{values[key]}», expected a number between {low} and {high}.")
            values[key] = number
    decimals = set(limits)
    problems += [f"{key} is not a text." for key, v in values.items() if key not in decimals and not isinstance(v, str)]
    return problems or _wrong_cost(values)


def _wrong_cost(values: dict) -> list[str]:
    """A unit cost counts only with its source and date."""
    given = [key for key in HANDLING_COST if values.get(key)]
    if not given:
        return []
    problems = [f"{key} is missing: {given[0]} is set." for key in HANDLING_COST if key not in given]
    try:
        day = date.fromisoformat(values.get("handling_cost_date", "") or "2000-01-01")
        if not problems:
            HandlingCost(values["handling_cost_amount"], values["handling_cost_source"], day)
    except ValueError:
        problems.append(f"handling_cost_date is «{values['handling_cost_date']}», expected a date such as 2025-12-31.")
    except ParameterError as error:
        problems.append(f"handling_cost_amount: {error.what}")
    return problems


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def settings_text(title: str, privacy_key: str, **choices: str) -> str:
    """The content of a new `municipality.toml`.

    Raises
    ------
    SettingsError
        If a choice is not a setting.
    """
    unknown = [key for key in choices if key not in SETTING_NAMES]
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting.{nearest(unknown[0], SETTING_NAMES)}")
    values = {"title": title, "privacy_key": privacy_key, **choices}
    return "".join(f"{key} = {_toml_text(value)}\n" for key, value in values.items())


def _toml_text(value: str) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
