"""How does one begin in JupyterLab: demo, a new municipality, or where one left off?

The front page of the workbench and its five steps: import, categories, explore, review, report. Each step is one call
of the function that the command line calls too; nothing is computed here.
"""

import base64
import json
import time
import webbrowser
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import deliveries, learning, store, workbench
from procurement_kit.errors import ParameterError
from procurement_kit.lab import overview
from procurement_kit.lab.drill import DrillSession
from procurement_kit.lab.page import Page
from procurement_kit.lab.wording import lab_words
from procurement_kit.progress import watching
from procurement_kit.publishing.report import last_full_year
from procurement_kit.review.kept_rows import kept_rows
from procurement_kit.review.page import ReviewPage
from procurement_kit.review.page_session import ReviewSession
from procurement_kit.tables import DECISIONS

if TYPE_CHECKING:
    from anywidget import AnyWidget

STEPS = ("import", "classify", "explore", "review", "report")
GOAL = 20  # decisions of the first review
PACKAGE = Path(__file__).resolve().parent.parent
DRILLING = ("open", "up", "line", "later", "earlier", "telling")


def lying_in(folder: str, packed: str) -> Path:
    """A folder of the project, or where the installed package keeps it."""
    inside = PACKAGE / packed
    return inside if inside.is_dir() else PACKAGE.parent / folder


def title_of(notebook: Path) -> str:
    """The heading a notebook begins with, or its name."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    first = "".join(cells[0]["source"]).splitlines() if cells else []
    return first[0].removeprefix("# ").strip() if first else notebook.stem


class StartSession:
    """Where one stands in the ten minutes.

    Parameters
    ----------
    tell : callable
        Hears how far a long task is: text, and percent done or None.
    """

    is_start = True  # the notebook it stands in shows no code

    def __init__(self, tell: Callable[[str, int | None], None] = lambda text, share: None):
        self.words, self.tell = lab_words(), tell
        self.place, self.name = "home", ""
        self.status, self.failed = "", False
        self.drill: DrillSession | None = None
        self.review: ReviewPage | None = None
        self.reviewed_before, self.decided_before = Decimal(0), 0

    # --- what is shown ----------------------------------------------------------------------------------------------

    def blocks(self) -> list[dict]:
        """The front page, or the step of the municipality that is open."""
        pages = {"home": self._home, "create": self._create}
        return pages.get(self.place, self._step)()

    def _text(self, key: str, **given: object) -> dict:
        return {"kind": "text", "text": self.words.say(f"start.{key}", **given)}

    def _title(self, key: str) -> dict:
        return {"kind": "title", "text": self.words.say(f"start.{key}")}

    def _button(self, do: str, key: str, **more: object) -> dict:
        return {"do": do, "label": self.words.say(f"start.{key}"), **more}

    def _home(self) -> list[dict]:
        names = overview.open_names()
        doors = [
            self._button("demo", "demo", main=True),
            self._button("new", "new"),
            self._button("go_on", "go_on", disabled=not names),
        ]
        head = [self._title("title"), self._text("sentence"), {"kind": "buttons", "items": doors}, *self._picture()]
        return [*head, self._title("municipalities"), self._municipalities(names), self._title("notebooks"),
                self._text("notebooks_text") | {"soft": True}, self._cards()]  # fmt: skip

    def _picture(self) -> list[dict]:
        path = lying_in("reports", "recipes") / "demo" / "report.png"
        if not path.is_file():
            return []
        source = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
        return [{"kind": "picture", "src": source, "alt": self.words.say("start.picture")}]

    def _municipalities(self, names: list[str]) -> dict:
        if not names:
            return self._text("none_yet")
        states = [overview.state_of(name) for name in names]
        headings = [{"label": self.words.say(f"start.headings.{name}")} for name in overview.COLUMNS]
        rows = [
            {"cells": overview.cells(state, self.words), "do": "" if state["problem"] else "town", "arg": state["name"]}
            for state in states
        ]
        numeric = [name in ("classified", "waiting") for name in overview.COLUMNS]
        return {"kind": "table", "headings": headings, "numeric": numeric, "rows": rows}

    def _cards(self) -> dict:
        found = sorted(lying_in("notebooks", "notebooks").glob("[0-9][0-9]_*.ipynb"))
        items = [{"file": path.name, "title": title_of(path)} for path in found if path.name != "00_start.ipynb"]
        return {"kind": "cards", "items": items}

    def _create(self) -> list[dict]:
        fields = [{"name": name, "label": self.words.say(f"start.create.{name}")} for name in ("name", "town")]
        return [*self._back(), self._title("create.title"), self._text("create.text"), self._form("create", fields)]

    def _form(self, key: str, fields: list[dict]) -> dict:
        return {"kind": "form", "do": f"do_{key}", "fields": fields, "button": self.words.say(f"start.{key}.button")}

    def _back(self) -> list[dict]:
        return [{"kind": "buttons", "items": [self._button("home", "home")]}]

    def _step(self) -> list[dict]:
        items = [self._button("step", f"steps.{key}", arg=key, here=key == self.place) for key in STEPS]
        steps = {"kind": "buttons", "items": [self._button("home", "home"), *items]}
        title = {"kind": "title", "text": store.open_municipality(self.name).title}
        shows = {
            "import": self._import, "classify": self._classify, "explore": self._explore, "review": self._review,
            "report": self._report,
        }  # fmt: skip
        return [title, steps, *shows[self.place]()]

    def _import(self) -> list[dict]:
        fields = [{"name": name, "label": self.words.say(f"start.import.{name}")} for name in ("path", "profile")]
        return [self._title("import.title"), self._text("import.text"), self._form("import", fields)]

    def _classify(self) -> list[dict]:
        button = {"kind": "buttons", "items": [self._button("do_classify", "classify.button", main=True)]}
        return [self._title("classify.title"), self._text("classify.text"), button]

    def _explore(self) -> list[dict]:
        items = [self._button("telling", "explore.telling")]
        return [self._text("explore.text"), {"kind": "buttons", "items": items}, *self.drill.blocks()]

    def _review(self) -> list[dict]:
        return [self._title("review.title"), self._text("review.text"), self.counter()]

    def counter(self) -> dict:
        """How many decisions of the twenty have been taken on this page, and how many kroner they decide."""
        session = self.review.session
        count = self._decisions() - self.decided_before
        kroner = session.reviewed - self.reviewed_before
        key = "counter" if count < GOAL else "enough"
        return self._text(f"review.{key}", count=count, goal=GOAL, kroner=kroner) | {"strong": True}

    def _decisions(self) -> int:
        return len(kept_rows(self.review.session.municipality, DECISIONS))

    def _report(self) -> list[dict]:
        found = overview.newest_report(store.open_municipality(self.name))
        fields = [{"name": "period", "label": self.words.say("start.report.period")}]
        look = [{"kind": "buttons", "items": [self._button("open_report", "report.open")]}] if found else []
        return [self._title("report.title"), self._text("report.text"), self._form("report", fields), *look]

    # --- what is done -----------------------------------------------------------------------------------------------

    def act(self, do: str, given: Mapping) -> None:
        """Do what a click asks for."""
        acts = {
            "home": self._go_home, "demo": self._see_demo, "new": self._new, "go_on": self._go_on, "town": self._town,
            "step": self._go, "do_create": self._do_create, "do_import": self._do_import,
            "do_classify": self._do_classify, "do_report": self._do_report, "open_report": self._open_report,
        }  # fmt: skip
        if do in acts:
            acts[do](given)
        elif do in DRILLING and self.place == "explore" and self.drill:
            self.drill.act(do, given)

    def _go_home(self, given: Mapping) -> None:
        self.place = "home"

    def _new(self, given: Mapping) -> None:
        self.place = "create"

    def _see_demo(self, given: Mapping) -> None:
        from procurement_kit.workshop.demo import MUNICIPALITY_NAME, REPORT_PERIOD, run_demo

        started = time.perf_counter()
        with self._told():
            run_demo()
        self.name = MUNICIPALITY_NAME
        self._stand_at("explore", REPORT_PERIOD)
        self.status = self.words.say("start.made_demo", seconds=round(time.perf_counter() - started))

    def _go_on(self, given: Mapping) -> None:
        self._enter(overview.latest_name(overview.open_names()))

    def _town(self, given: Mapping) -> None:
        self._enter(str(given.get("arg", "")))

    def _enter(self, name: str) -> None:
        """Open a municipality at the first step that is not done."""
        if name not in overview.open_names():
            raise ParameterError(self.words.say("start.not_there"))
        self.name = name
        state = overview.state_of(name)
        done = (state["imported"], state["classified"] is not None)
        self._stand_at("import" if not done[0] else "explore" if done[1] else "classify")
        self.status = self.words.say("start.opened", title=state["title"])

    def _go(self, given: Mapping) -> None:
        if given.get("arg") in STEPS and self.name:
            self._stand_at(str(given["arg"]))

    def _stand_at(self, step: str, period: str = "") -> None:
        """Stand at a step; what it needs is read first, so that a step that is not possible yet is not entered."""
        municipality = store.open_municipality(self.name)
        if step == "explore":
            self.drill = DrillSession(municipality, period or last_full_year(municipality))
        if step == "review":
            self.review = ReviewPage(ReviewSession(municipality, self.words.say("start.review.by")))
            self.reviewed_before, self.decided_before = self.review.session.reviewed, self._decisions()
        self.place = step

    def _do_create(self, given: Mapping) -> None:
        name, title = str(given.get("name", "")).strip(), str(given.get("town", "")).strip()
        made = workbench.make_municipality(name, title=title)
        self.name = name
        self._stand_at("import")
        town = store.open_municipality(name).title
        self.status = self.words.say("start.create.made", title=town, key=made.facts["paths"]["privacy_key"])

    def _do_import(self, given: Mapping) -> None:
        path, profile = str(given.get("path", "")).strip().strip("\"'"), str(given.get("profile", "")).strip()
        if not path:
            raise ParameterError(self.words.say("start.import.no_path"))
        profiles = [profile] if profile else []
        with self._told():
            facts = deliveries.import_into(self.name, [Path(path).expanduser()], profiles=profiles).facts
        read, taken, held, twice = (facts[f"lines_{part}"] for part in ("read", "taken", "held_back", "duplicate"))
        about = {"read": read, "taken": taken, "held": held, "twice": twice, "kroner": Decimal(facts["amount_taken"])}
        key = "done" if facts["closes"] else "wrong"
        more = [self.words.say("start.import.not_read", files=", ".join(facts["files_not_read"]))]
        said = [self.words.say(f"start.import.{key}", **about), *(more if facts["files_not_read"] else [])]
        self.status = " ".join(said)
        self.failed = not facts["closes"]

    def _do_classify(self, given: Mapping) -> None:
        started = time.perf_counter()
        with self._told():
            if not (store.open_municipality(self.name).folder / "classifier" / "card.json").is_file():
                learning.train(self.name)
            facts = workbench.classify(self.name).facts
        about = {"placed": facts["lines_classified"], "lines": facts["lines"]}
        self.status = self.words.say("start.classify.done", **about, seconds=round(time.perf_counter() - started))

    def _do_report(self, given: Mapping) -> None:
        started = time.perf_counter()
        with self._told():
            facts = workbench.make_report(self.name, str(given.get("period", "")).strip()).facts
        key, path = "unchanged" if facts["unchanged"] else "done", facts["paths"]["report.html"]
        about = {"period": facts["period"], "path": path, "seconds": round(time.perf_counter() - started)}
        self.status = self.words.say(f"start.report.{key}", **about)

    def _open_report(self, given: Mapping) -> None:
        path = overview.newest_report(store.open_municipality(self.name))
        if path and not webbrowser.open(path.as_uri()):
            self.status = self.words.say("start.report.no_browser", path=str(path))

    def _told(self):  # noqa: ANN202
        """Let the page hear how far a long task is."""
        self.tell(self.words.say("start.working"), None)
        words = self.words.entry("start.doing")

        def hear(what: str, done: float, whole: float | None) -> None:
            said = " · ".join(words.get(part, part) for part in what.split(": "))
            self.tell(said, int(100 * done / whole) if whole else None)

        return watching(hear)


class StartPage(Page):
    """The front page with its steps; the review page stands below it while one reviews."""

    @cached_property
    def shown_widget(self) -> "AnyWidget":
        """The page and room for the review below it."""
        from ipywidgets import VBox

        box = VBox([self.widget])
        self.session.tell = self._tell
        self._below = None
        self.widget.observe(lambda _: self._show_review(box), names="view")
        return box

    def _tell(self, text: str, share: int | None) -> None:
        self.widget.progress = {"label": text, "share": share}

    def _show_review(self, box: object) -> None:
        session = self.session
        wanted = session.review if session.place == "review" else None
        if wanted is self._below:
            return
        self._below = wanted
        if wanted is not None:
            wanted.widget.observe(lambda _: self._count(), names="view")
        box.children = (self.widget, wanted.widget) if wanted is not None else (self.widget,)

    def _count(self) -> None:
        if self.session.place == "review":
            self.turn += 1
            self.widget.view = self.view()


def start_page() -> Page:
    """The front page of the workbench: demo, a new municipality or go on, and the five steps.

    Returns
    -------
    Page
        Shows itself in JupyterLab and VS Code.
    """
    return StartPage(StartSession())
