"""How does one review categories by keyboard in JupyterLab?

`page.js` draws what `ReviewSession` says and sends back what was pressed. Nothing is fetched from outside. Where
widgets are missing, the head of the queue stands there as a table, with how to go on.
"""

from collections.abc import Mapping
from typing import ClassVar

from procurement_kit.review.explained import LineExplanation
from procurement_kit.review.page_session import ReviewSession, head_of
from procurement_kit.review.page_view import static_page
from procurement_kit.review.shown_page import ShownPage
from procurement_kit.settings import Municipality

SHOWN_WITHOUT_WIDGET = 10


class ReviewPage(ShownPage):
    """The review of one municipality's queue; shows itself in a notebook.

    Parameters
    ----------
    session : ReviewSession
        Where the review stands.
    """

    room: ClassVar[str] = "review"

    def __init__(self, session: ReviewSession):
        self.session, self.words = session, session.words

    def __repr__(self) -> str:
        """How far the review has come."""
        view = self.session.view()
        return "\n".join(filter(None, [view["progress"]["words"], view["progress"]["ahead"], view["finished"]]))

    def view(self) -> dict:
        """The page as it is now."""
        return self.session.view()

    def answer(self, message: Mapping) -> dict:
        """Do what a key or button asks for, and say how the page is then."""
        return self.session.answer(message)

    def given(self) -> dict:
        """What the browser has from the start: also labels, keys and categories, which never change."""
        return {"frame": self.session.frame(), "view": self.view()}

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
