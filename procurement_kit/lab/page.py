"""What is a page of blocks, and what does it say where a click cannot be done?

A session says what is to be seen as blocks of plain texts and numbers; `page.js` draws them, always as text, and sends
back which block was clicked. Where widgets are missing, the same blocks stand there as plain HTML.
"""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from procurement_kit.dialogue.wording import Words
from procurement_kit.errors import ProcurementError
from procurement_kit.refused_files import refused
from procurement_kit.review.shown_page import ShownPage


class Session(Protocol):
    """What a page shows, and what a click does to it."""

    words: Words
    status: str
    failed: bool

    def blocks(self) -> list[dict]:
        """What is to be seen now, from top to bottom."""

    def act(self, do: str, given: Mapping) -> None:
        """Do what a click asks for."""


class Page(ShownPage):
    """A page in a notebook.

    Parameters
    ----------
    session : Session
        What it shows.
    """

    room: ClassVar[str] = "lab"

    def __init__(self, session: Session):
        self.session, self.words, self.turn = session, session.words, 0

    def __repr__(self) -> str:
        """The sentences of the page."""
        return "\n".join(block["text"] for block in self.session.blocks() if block["kind"] in ("title", "text"))

    def given(self) -> dict:
        """What the browser has from the start: also what it says by itself when the kernel is gone."""
        return {"frame": {"labels": self.words.entry("kernel")}, "view": self.view()}

    def view(self) -> dict:
        """The page as it is now; plain texts and numbers only."""
        session = self.session
        view = {"turn": self.turn, "status": session.status, "failed": session.failed, "blocks": session.blocks()}
        return view | {"is_start": getattr(session, "is_start", False)}

    def answer(self, message: Mapping) -> dict:
        """Do what a click asks for, and say how the page is then; what cannot be done is told on the page."""
        session, do = self.session, str(message.get("do", ""))
        session.status, session.failed = "", False
        try:
            session.act(do, message)
        except (ProcurementError, OSError) as error:
            session.status, session.failed = f"{undone(do, self.words)} {said(error)}", True
        self.turn += 1
        return self.view()

    def _repr_html_(self) -> str:
        """The page as plain HTML, for where no widget can be shown."""
        return static_html(self.session.blocks())


def undone(do: str, words: Words) -> str:
    """Which click could not be done, in the words of the page; why follows in those of the error.

    Examples
    --------
    >>> from procurement_kit.lab.wording import lab_words
    >>> undone("do_import", lab_words()), undone("no such click", lab_words())
    ('Filerne kunne ikke læses ind:', 'Det lykkedes ikke:')
    """
    leads = words.entry("undone")
    return leads.get(do, leads["other"])


def said(error: Exception) -> str:
    """What went wrong and what helps, in one line."""
    error = refused(error) if isinstance(error, OSError) else error
    parts = (getattr(error, "what", "") or str(error), *getattr(error, "problems", ()), getattr(error, "todo", ""))
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


def static_html(blocks: list[dict]) -> str:
    """Blocks as plain HTML: titles, sentences, bars and tables; buttons need the widget and are left out.

    Examples
    --------
    >>> static_html([{"kind": "text", "text": "<b>1 < 2</b>"}])
    '<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p>'
    """
    from markupsafe import escape

    parts = []
    for block in blocks:
        if block["kind"] in ("title", "text"):
            tag = "h4" if block["kind"] == "title" else "p"
            parts.append(f"<{tag}>{escape(block['text'])}</{tag}>")
        elif block["kind"] == "bars":
            parts.append(_html_table([], [[bar["label"], bar["amount"], bar["share"]] for bar in block["items"]]))
        elif block["kind"] == "table":
            headings = [heading["label"] for heading in block["headings"]]
            parts.append(_html_table(headings, [row["cells"] for row in block["rows"]]))
    return "".join(parts)


def _html_table(headings: list[str], rows: list[list[str]]) -> str:
    from markupsafe import escape

    head = "".join(f"<th scope='col'>{escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
