"""How does a page show itself in JupyterLab and VS Code, and how does a click come back?

A widget without any library of its own: the browser draws `view` and sends back what was clicked; each click ends with
a new view, also where answering it failed in a way nobody foresaw. Such a failure is told in words without the error's
own text, which may hold a person's data; the error itself goes on to Jupyter's log. While a click is answered the
browser hears a beat, so that a long calculation is not taken for a kernel that is gone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.resources import files
from importlib.util import find_spec
from threading import Event, Thread
from traceback import extract_tb
from typing import TYPE_CHECKING, ClassVar

from procurement_kit.dialogue.wording import Words

if TYPE_CHECKING:
    from anywidget import AnyWidget

PACKAGE = "procurement_kit"
BEAT = 4.0  # seconds between two signs of life; kernel_watch.js begins to wonder after fifteen


class ShownPage:
    """A page in a notebook; each kind of page says what it shows and what a click does."""

    room: ClassVar[str] = ""  # of the package: where page.js and page.css lie
    words: Words

    def view(self) -> dict:
        """The page as it is now; plain texts and numbers only."""
        raise NotImplementedError

    def answer(self, message: Mapping) -> dict:
        """Do what a click asks for, and say how the page is then."""
        raise NotImplementedError

    def given(self) -> dict:
        """What the browser has from the start."""
        return {"view": self.view()}

    def _repr_mimebundle_(self, **options: object) -> dict:
        """The widget where there is one, with the plain page for whoever cannot show it."""
        plain = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if not has_widgets():
            return plain
        found = self.shown_widget._repr_mimebundle_(**options)
        data = found[0] if isinstance(found, tuple) else found
        return {**(data or {}), **plain}

    @property
    def shown_widget(self) -> "AnyWidget":
        """What is put into the notebook."""
        return self.widget

    @cached_property
    def widget(self) -> "AnyWidget":
        """The page in the browser; made when it is first shown."""
        widget = _widget_class(self.room)(**self.given())

        def answered(_: object, message: Mapping, buffers: object) -> None:
            with beating(widget), self.ended(widget):
                widget.view = self.answer(message)

        widget.on_msg(answered)
        return widget

    @contextmanager
    def ended(self, widget: "AnyWidget") -> Iterator[None]:
        """Let the page be answered whatever happens; what happened goes on to whoever listens."""
        try:
            yield
        except BaseException as error:
            told = self.words.say("broken", kind=type(error).__name__, place=place_of(error))
            widget.view = {**widget.view, "turn": widget.view["turn"] + 1, "status": told, "failed": True}
            raise


@contextmanager
def beating(widget: "AnyWidget", *, seconds: float = BEAT) -> Iterator[None]:
    """Let the browser hear a beat while the block runs, also where the block itself says nothing."""
    ended = Event()

    def beat() -> None:
        while not ended.wait(seconds):
            widget.send({"alive": True})

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def place_of(error: BaseException) -> str:
    """The last place of the package an error came through, for whoever looks after it.

    Examples
    --------
    >>> place_of(ValueError("a value with a name in it"))
    '–'
    """
    places = [frame for frame in extract_tb(error.__traceback__) if PACKAGE in frame.filename]
    own = [frame for frame in places if not frame.filename.endswith("shown_page.py")] or places
    if not own:
        return "–"
    file = own[-1].filename.replace("\\", "/").rpartition(f"{PACKAGE}/")[2]
    return f"{file}:{own[-1].lineno}"


def _widget_class(room: str) -> "type[AnyWidget]":
    """What the browser draws: `frame` once, `view` after each answer, `progress` while a long task runs."""
    from anywidget import AnyWidget
    from traitlets import Dict

    folder = files(PACKAGE) / room
    parts = {
        "_esm": script_of(room),
        "_css": (folder / "page.css").read_text(encoding="utf-8"),
        **{name: Dict().tag(sync=True) for name in ("frame", "view", "progress")},
    }
    # The browser keeps one script and one style for each name: two kinds of page must not have the same.
    return type(f"{room.capitalize()}Widget", (AnyWidget,), parts)


def script_of(room: str) -> str:
    """What the browser runs: how a page watches over its kernel, and the page itself."""
    watch, page = files(PACKAGE) / "review" / "kernel_watch.js", files(PACKAGE) / room / "page.js"
    return watch.read_text(encoding="utf-8") + page.read_text(encoding="utf-8")


def has_widgets() -> bool:
    """Whether the part that puts widgets into notebooks is installed."""
    return find_spec("anywidget") is not None
