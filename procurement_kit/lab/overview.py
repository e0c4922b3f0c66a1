"""Which municipalities are there, and how far is each?

Read from what lies in the folders: the last invoice date, the share of kroner in scope that has a category, the groups
nobody has reviewed, and the newest report. What cannot be read is said instead of a number.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from procurement_kit import store
from procurement_kit.closed import closing_record
from procurement_kit.errors import NoDataError, ProcurementError
from procurement_kit.exact import exact_sum, records
from procurement_kit.findings import share
from procurement_kit.lab.wording import LabWords
from procurement_kit.publishing.formats import MISSING
from procurement_kit.review.queue import review_effect
from procurement_kit.settings import Municipality
from procurement_kit.steps.spend_cube import read_cube

COLUMNS = ("name", "imported", "classified", "waiting", "report")


def open_names() -> list[str]:
    """Names of the municipalities that have not been closed."""
    return [
        name
        for name in store.municipality_names()
        if closing_record(store.data_folder() / name).get("state") != "closed"
    ]


def latest_name(names: list[str]) -> str:
    """The municipality whose folder was worked on last; nothing where there is none.

    Examples
    --------
    >>> latest_name([])
    ''
    """

    def changed(name: str) -> float:
        folder = store.data_folder() / name
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))

    return max(names, key=changed, default="")


def state_of(name: str) -> dict:
    """How far a municipality is.

    Parameters
    ----------
    name : str
        Of its folder.

    Returns
    -------
    dict
        `title`, `imported` (date), `classified` (share), `waiting` (groups), `report` (its folder), and `problem`
        where the folder cannot be opened; what there is none of is None.
    """
    state: dict = {"name": name, "title": name, **dict.fromkeys(COLUMNS[1:]), "problem": ""}
    try:
        municipality = store.open_municipality(name)
    except ProcurementError as error:
        return state | {"problem": error.what}
    state |= {"title": municipality.title, "report": newest_report(municipality)}
    try:
        if store.loads(municipality):
            lines = store.read_lines(municipality)
            state["imported"] = records(lines.aggregate(last=lines.invoice_date.max()))[0]["last"]
        return state | _placed(municipality)
    except NoDataError:
        return state


def _placed(municipality: Municipality) -> dict:
    cube = read_cube(municipality)
    scoped = cube.filter(cube.scope_status == "in_scope")
    sums = {"whole": exact_sum(scoped), "placed": exact_sum(scoped, scoped.category_1_code.notnull())}
    found = {name: value or Decimal(0) for name, value in records(scoped.aggregate(**sums))[0].items()}
    classified = share(found["placed"], found["whole"]) if found["whole"] > 0 else None
    return {"classified": classified, "waiting": review_effect(municipality, count=1).decisions_left}


def newest_report(municipality: Municipality) -> Path | None:
    """The report that was made last; None where there is none."""
    found = list((municipality.folder / "reports").glob("*/report.html"))
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def cells(state: Mapping, words: LabWords) -> list[str]:
    """A municipality's state as one row of the overview."""
    formats, day = words.formats, state["imported"]
    written = formats.date(day if isinstance(day, date) or day is None else day.date())
    waiting = MISSING if state["waiting"] is None else formats.number(state["waiting"])
    report = state["report"].parent.name if state["report"] else MISSING
    return [state["title"], state["problem"] or written, formats.share(state["classified"]), waiting, report]
