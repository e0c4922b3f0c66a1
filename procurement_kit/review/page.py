"""How does one review categories by keyboard in JupyterLab?

A widget without any library of its own: `page.js` draws what `ReviewSession` says and sends back what was pressed.
Nothing is fetched from outside. Where widgets are missing, the head of the queue stands there as a table, with how to
go on.
"""

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

from procurement_kit.review.explained import LineExplanation
from procurement_kit.review.page_session import ReviewSession, head_of
from procurement_kit.review.page_view import static_page
from procurement_kit.settings import Municipality

if TYPE_CHECKING:
    from anywidget import AnyWidget

SHOWN_WITHOUT_WIDGET = 10


class ReviewPage:
    """The review of one municipality's queue; shows itself in a notebook.

    Parameters
    ----------
    session : ReviewSession
        Where the review stands.
    """

    def __init__(self, session: ReviewSession):
        self.session = session

    def __repr__(self) -> str:
        """How far the review has come."""
        view = self.session.view()
        return "\n".join(filter(None, [view["progress"]["words"], view["progress"]["ahead"], view["finished"]]))

    def explain(self) -> LineExplanation | None:
        """Why the line that is shown lies where it lies, in full; None when nothing is left."""
        group = self.session.current
        return self.session.explained(group["line_id"]) if group else None

    def _repr_html_(self) -> str:
        """The head of the queue, for where no widget can be shown."""
        session = self.session
        first = head_of(session.groups, SHOWN_WITHOUT_WIDGET)
        shown = [session.shown(group, number) for number, group in enumerate(first, start=1)]
        say = session.words.say
        return static_page(shown, session.words, title=say("page.static_title"), todo=say("page.static_todo"))

    def _repr_mimebundle_(self, **options: object) -> dict:
        """The widget where there is one, with the table and the words for whoever cannot show it."""
        plain = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if not has_widgets():
            return plain
        found = self.widget._repr_mimebundle_(**options)
        data = found[0] if isinstance(found, tuple) else found
        return {**(data or {}), **plain}

    @cached_property
    def widget(self) -> "AnyWidget":
        """The page in the browser; made when it is first shown."""
        widget = _widget_class()(frame=self.session.frame(), view=self.session.view())

        def answer(_: object, message: Mapping, buffers: object) -> None:
            widget.view = self.session.answer(message)

        widget.on_msg(answer)
        return widget


def _widget_class() -> "type[AnyWidget]":
    from anywidget import AnyWidget
    from traitlets import Dict

    room = files("procurement_kit") / "review"

    class ReviewWidget(AnyWidget):
        """What the browser draws: `frame` once, `view` after each answer."""

        _esm = (room / "page.js").read_text(encoding="utf-8")
        _css = (room / "page.css").read_text(encoding="utf-8")
        frame = Dict().tag(sync=True)
        view = Dict().tag(sync=True)

    return ReviewWidget


def has_widgets() -> bool:
    """Whether the part that puts widgets into notebooks is installed."""
    return find_spec("anywidget") is not None


def review_page(municipality: Municipality, *, decided_by: str, division: str | None = None) -> ReviewPage:
    """Review categories by keyboard, the most worthwhile decisions first; each is saved at once.

    Parameters
    ----------
    municipality : Municipality
        As `open_municipality` gives it; its lines have been classified.
    decided_by : str
        Function such as «indkøbskonsulent», never a name; stands with each decision.
    division : str, optional
        Only lines of this forvaltning.

    Returns
    -------
    ReviewPage
        Shows itself in JupyterLab; elsewhere as a table that says how to go on.

    Raises
    ------
    ParameterError
        If `decided_by` is a person.
    NoDataError
        If lines have not been classified.
    """
    return ReviewPage(ReviewSession(municipality, decided_by, division=division))
