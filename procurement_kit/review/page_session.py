"""Where does a review stand, and what does each key do to it?

The truth is `decisions.csv`: a decision is in the file before the next group is shown, and a session that starts anew
goes on where the file stands. A message about another group than the one shown is left unanswered, so that a key
pressed twice decides once; what another page has decided meanwhile is passed over, never overwritten.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from procurement_kit.classifier.rules import CELLS, normalised
from procurement_kit.classifier.tree import tree_of
from procurement_kit.decision_log import checked_function
from procurement_kit.errors import ProcurementError
from procurement_kit.exact import NOTHING
from procurement_kit.refused_files import refused
from procurement_kit.review.decisions import (
    label_of,
    record_decision,
    record_for_supplier,
    supplier_extent,
    undo_decision,
)
from procurement_kit.review.explained import LineExplanation, explained, lines_of, model_of, page_words
from procurement_kit.review.kept_rows import kept_rows
from procurement_kit.review.page_view import category_list, group_view, lines_text, progress_view, shown_text
from procurement_kit.review.queue import PERSON, effect_of, group_key, lines_to_review, review_effect, still_open
from procurement_kit.settings import Municipality
from procurement_kit.tables import DECISIONS

if TYPE_CHECKING:
    import pandas as pd

AT_A_TIME = 200  # groups read at once
AHEAD = 50  # decisions whose worth is told
EVERY = 2**31


class ReviewSession:
    """One person's way through the queue.

    Parameters
    ----------
    municipality : Municipality
        Whose queue and decisions.
    decided_by : str
        Function, never a name.
    division : str, optional
        Only lines of this forvaltning.

    Raises
    ------
    ParameterError
        If `decided_by` is a person.
    NoDataError
        If lines have not been classified.
    """

    def __init__(self, municipality: Municipality, decided_by: str, *, division: str | None = None):
        self.municipality, self.division = municipality, division
        self.decided_by = checked_function(decided_by)
        self.words, self.tree, self.classifier = page_words(municipality), tree_of(municipality), model_of(municipality)
        self.status, self.failed, self.turn = "", False, 0
        self.bulk: dict | None = None
        self.place, self.read_count = 0, AT_A_TIME
        self._told: dict[str, LineExplanation] = {}
        self._read()

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def current(self) -> dict | None:
        """The group that is shown; None when nothing is left."""
        return self.groups.iloc[self.place].to_dict() if len(self.groups) else None

    def frame(self) -> dict:
        """What never changes while the page is open: labels, keys, categories."""
        return {
            "title": self.municipality.title,
            "language": self.municipality.language,
            "labels": self.words.entry("page.labels"),
            "keys": self.words.entry("page.keys"),
            "categories": category_list(self.tree, self.words),
        }

    def view(self) -> dict:
        """The page as it is now; plain texts and numbers only."""
        group = self.current
        return {
            "turn": self.turn,
            "status": self.status,
            "failed": self.failed,
            "progress": progress_view(self.reviewed, self.left, self.words, self._ahead()),
            "group": group and self.shown(group, self.place + 1),
            "finished": "" if group else self._finished(),
            "bulk": self.bulk and self._bulk_view(),
        }

    def shown(self, group: Mapping, number: int) -> dict:
        """One group as the page shows it."""
        return group_view(group, self.explained(group["line_id"]), self.tree, self.words, place=(number, self.count))

    def explained(self, line_id: str) -> LineExplanation | None:
        """Why a group's example line lies where it lies; None for a line that was not read."""
        if line_id not in self._told and line_id in self.lines:
            self._told[line_id] = explained(self.lines[line_id], self.classifier, self.tree, self.words)
        return self._told.get(line_id)

    def _ahead(self) -> str:
        effect = effect_of(self.groups, AHEAD, NOTHING, self.reviewed)
        if not effect.decisions:
            return ""
        amount = self.words.formats.short_amount
        key = "ahead" if self.count > effect.decisions else "ahead_last" if self.count > 1 else "ahead_one"
        covered, wrong = amount(effect.covered_amount), amount(effect.expected_wrong_amount)
        return self.words.say(f"page.{key}", count=effect.decisions, covered=covered, wrong=wrong)

    def _finished(self) -> str:
        return self.words.say("page.finished" if self.reviewed else "page.nothing", name=self.municipality.name)

    def _bulk_view(self) -> dict:
        code = self.bulk["code"]
        name = self.tree.name(code, self.words.formats.language) if code else ""
        lines = lines_text(self.bulk["line_count"], self.words)
        about = {"supplier": self.bulk["supplier"], "lines": lines, "kroner": self.bulk["net_amount"]}
        confirm = self.words.say("page.bulk.confirm", lines=lines, name=name, code=code) if code else ""
        return {
            "title": self.words.say("page.bulk.title"),
            "extent": self.words.say("page.bulk.extent", **about),
            "choose": self.words.say("page.bulk.choose"),
            "confirm": confirm,
        }

    # --- what is done -----------------------------------------------------------------------------------------------

    def answer(self, message: Mapping) -> dict:
        """Do what a key or button asks for, and say how the page is then.

        Parameters
        ----------
        message : mapping
            `do`: take, next, previous, bulk, confirm, cancel or undo; `key`: the group it is about; `code`: a category.
        """
        acts = {
            "take": self._take, "next": lambda _: self._go(1), "previous": lambda _: self._go(-1),
            "bulk": self._offer_bulk, "confirm": self._confirm, "cancel": self._cancel, "undo": self._undo,
        }  # fmt: skip
        act = acts.get(str(message.get("do")))
        group = self.current
        if act and (message.get("do") == "undo" or (group and message.get("key") == group["group_key"])):
            self.status, self.failed = "", False
            try:
                act(message)
            except (ProcurementError, OSError) as error:
                told = refused(error) if isinstance(error, OSError) else error
                self._say_failed(str(message["do"]), told.what)
        self.turn += 1
        return self.view()

    def _take(self, message: Mapping) -> None:
        code, group = str(message.get("code")), self.current
        if self.bulk:
            self._choose_for_supplier(code)
        elif refused := self._refused(code):
            self.status, self.failed = self.words.say(f"page.status.{refused}", code=code), True
        elif not len(still_open(self.municipality, self.groups.iloc[[self.place]])):
            self.status = self.words.say("page.status.meanwhile", concerns=label_of(group))
            self._move_on()
        else:
            is_new = record_decision(self.municipality, group, code, self.decided_by)
            self._say("saved" if is_new else "same", code, concerns=label_of(group))
            self._move_on()

    def _refused(self, code: str) -> str:
        """Why a category cannot be given to the group that is shown; nothing where it can."""
        if code not in self.tree or code not in tree_of(self.municipality):
            return "gone"
        return "" if self.bulk or any(shown_text(self.current[name]) for name in CELLS) else "no_cells"

    def _move_on(self) -> None:
        self._settle()
        if self.place >= len(self.groups):
            self._read()

    def _choose_for_supplier(self, code: str) -> None:
        if code in self.tree:
            self.bulk["code"] = code
            self.status = self.words.say("page.status.confirm", confirm=self._bulk_view()["confirm"])

    def _go(self, by: int) -> None:
        self.bulk = None
        if self.place + by >= len(self.groups) and self.count > len(self.groups):
            self.read_count += AT_A_TIME
            self._read(at=self.current["group_key"])
        if not 0 <= self.place + by < len(self.groups):
            self.status = self.words.say("page.status.last" if by > 0 else "page.status.first")
            return
        self.place += by

    def _offer_bulk(self, message: Mapping) -> None:
        group = self.current
        supplier = shown_text(group["supplier_name"]) or shown_text(group["supplier_number"])
        if self.bulk:
            return self._cancel(message)
        if not supplier or supplier == PERSON:
            self.status = self.words.say("page.status.no_bulk")
            return None
        self.bulk = {"supplier": supplier, "code": None, **supplier_extent(self.municipality, group)}
        self.status = self.words.say("page.status.bulk", supplier=supplier)
        return None

    def _confirm(self, message: Mapping) -> None:
        if not (self.bulk and self.bulk["code"]):
            return
        code = self.bulk["code"]
        if refused := self._refused(code):
            self.status, self.failed = self.words.say(f"page.status.{refused}", code=code), True
            return
        is_new = record_for_supplier(self.municipality, self.current, code, self.decided_by)
        self._say("saved_supplier" if is_new else "same", code, concerns=self.bulk["supplier"])
        self.bulk = None
        self._read()

    def _cancel(self, message: Mapping) -> None:
        self.status = self.words.say("page.status.cancelled") if self.bulk else ""
        self.bulk = None

    def _undo(self, message: Mapping) -> None:
        self.bulk = None
        today = [row for row in kept_rows(self.municipality, DECISIONS) if self._is_own(row)]
        if not today:
            self.status = self.words.say("page.status.nothing_to_undo")
            return
        row = undo_decision(self.municipality, today[-1], decided_by=self.decided_by)
        self._say_undone(row)
        key = group_key(row)
        if (self.batch["group_key"] == key).any():
            self._settle()
            self._stand_at(key)
            return
        self._read(at=key)
        if shown_text(row["supplier_number"]) and not shown_text(row["supplier_name"]):
            self._stand_at_supplier(row)

    def _is_own(self, row: Mapping) -> bool:
        return row["decided_by"] == self.decided_by and row["decided_date"] == date.today()

    def _say(self, key: str, code: str, **given: str) -> None:
        name = self.tree.name(code, self.words.formats.language)
        self.status = self.words.say(f"page.status.{key}", name=name, code=code, **given)

    def _say_undone(self, row: Mapping) -> None:
        self.status = self.words.say("page.status.undone", concerns=label_of(row))

    def _say_failed(self, do: str, what: str) -> None:
        """What could not be done, and why; a decision that stands in the file by then is not called unsaved."""
        key = "status.unread" if self.status else f"undone.{do if do in self.words.entry('page.undone') else 'other'}"
        self.status, self.failed = self.words.say(f"page.{key}", said=self.status, what=what), True

    # --- the queue --------------------------------------------------------------------------------------------------

    def _read(self, at: str = "") -> None:
        """Read the queue and what is left anew; stand at a group where it is there, else as far as before."""
        self.batch = lines_to_review(self.municipality, count=self.read_count, division=self.division)
        self.groups = self.batch
        self.lines = lines_of(self.municipality, self.groups["line_id"])
        effect = review_effect(self.municipality, count=EVERY, division=self.division)
        self.reviewed, self.left, self.count = effect.reviewed_amount, effect.covered_amount, effect.decisions_left
        self._stand_at(at)

    def _stand_at(self, key: str) -> None:
        places = self.groups.index[self.groups["group_key"] == key]
        self.place = int(places[0]) if len(places) else min(self.place, max(len(self.groups) - 1, 0))

    def _stand_at_supplier(self, row: Mapping) -> None:
        """Stand at the first group of the supplier whose lines a decision was about, and name it."""
        wanted = normalised("supplier_number", row["supplier_number"])
        numbers = [normalised("supplier_number", number) for number in self.groups["supplier_number"]]
        if wanted in numbers:
            self.place = numbers.index(wanted)
            self._say_undone({**row, "supplier_name": self.current["supplier_name"]})

    def _settle(self) -> None:
        """See which of the groups read are decided by now, without a look at the lines; stand at the next open one."""
        groups = still_open(self.municipality, self.batch)
        keys = list(groups["group_key"])
        ahead = [key for key in self.groups["group_key"].iloc[self.place :] if key in set(keys)]
        self.place = keys.index(ahead[0]) if ahead else len(groups)
        amount = sum(self.groups["absolute_amount"], NOTHING) - sum(groups["absolute_amount"], NOTHING)
        self.count -= len(self.groups) - len(groups)
        self.reviewed, self.left = self.reviewed + amount, self.left - amount
        self.groups = groups


def head_of(groups: "pd.DataFrame", count: int) -> list[dict]:
    """The first rows of a queue as mappings."""
    return groups.head(count).to_dict("records")
