"""What must a person say about an export, because nothing in it does?

Each question has a key, is asked in Danish once per column, and names its choices. An answer may also be given unasked:
a person knows better than the cells.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from procurement_kit.errors import ParameterError, nearest
from procurement_kit.intake.headings import heading_key
from procurement_kit.intake.privacy import blank

KEYS = ("amount", "date", "supplier", "decimal_mark", "credit_mark", "sign", "vat_basis", "currency", "encoding")
CURRENCIES = ("DKK", "SEK", "NOK", "EUR", "GBP")
YES, NO = "ja", "nej"


@dataclass(frozen=True)
class Question:
    """A question about an export.

    Parameters
    ----------
    key : str
        What an answer is given to, for instance vat_basis.
    text_da : str
        The question in Danish.
    choices : tuple of str
        What can be answered.
    column : str
        The heading it is about, if it is about one.
    """

    key: str
    text_da: str
    choices: tuple[str, ...]
    column: str = ""


@dataclass
class Asking:
    """Collects questions, takes answers, and remembers what was noted on the way."""

    answers: Mapping[str, str]
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)

    def settle(self, question: Question, found: str = "") -> str:
        """The answer to a question, else what was found, else nothing: then it is asked."""
        if question.key in self.answers:
            return _chosen(question, self.answers[question.key])
        if not found:
            self.questions.append(question)
        return found

    def refuse_unknown(self) -> None:
        """Refuse answers to what is no question.

        Raises
        ------
        ParameterError
            With the nearest key there is.
        """
        unknown = [key for key in self.answers if key not in KEYS]
        if unknown:
            raise ParameterError(
                "An answer is to no question.",
                problems=[f"{blank(key)}: there is no such question.{nearest(key, KEYS)}" for key in unknown],
                expected=f"one of {', '.join(KEYS)}",
                todo="correct the key before the equals sign",
            )


def _chosen(question: Question, answer: str) -> str:
    by_key = {heading_key(choice): choice for choice in question.choices}
    if question.key == "currency" and re.fullmatch("[A-Za-z]{3}", answer.strip()):
        return answer.strip().upper()
    if heading_key(answer) not in by_key:
        raise ParameterError(
            f"«{blank(answer)}» is no answer to {question.key}.{nearest(answer, question.choices)}",
            expected=f"one of «{'», «'.join(question.choices)}»",
            todo=question.text_da,
        )
    return by_key[heading_key(answer)]


def which_amount(choices: Sequence[str]) -> Question:
    """Which of several columns is the amount?"""
    return Question("amount", "Hvilken kolonne er det beløb, der skal analyseres?", tuple(choices))


def which_date(choices: Sequence[str]) -> Question:
    """Which of several columns is the date?"""
    return Question("date", "Hvilken kolonne er fakturaens eller bogføringens dato?", tuple(choices))


def which_supplier(choices: Sequence[str]) -> Question:
    """Which of several columns names the supplier?"""
    return Question("supplier", "Hvilken kolonne er leverandørens navn?", tuple(choices))


def which_decimal_mark(heading: str, example: str) -> Question:
    """Is it a comma or a point that separates the decimals?"""
    seen = f"«{example}» kan læses på to måder" if example else "cellerne er skrevet på flere måder"
    text = (
        f"Kolonnen «{heading}»: {seen}. Er det komma (1.234,50) eller punktum (1,234.50), der skiller øre fra kroner?"
    )
    return Question("decimal_mark", text, (",", "."), heading)


def which_sign(heading: str) -> Question:
    """Does a positive amount mean spend?"""
    text = (
        f"Kolonnen «{heading}»: er en almindelig faktura et positivt beløb (positive_is_spend) "
        "eller et negativt (negative_is_spend)? Det kan ikke ses af tallene."
    )
    return Question("sign", text, ("positive_is_spend", "negative_is_spend"), heading)


def which_vat_basis(heading: str) -> Question:
    """Are the amounts with VAT?"""
    text = (
        f"Kolonnen «{heading}»: er beløbene uden moms (ex) eller med moms (incl)? "
        "Spørg kommunen; svar unknown, hvis de heller ikke ved det."
    )
    return Question("vat_basis", text, ("ex", "incl", "unknown"), heading)


def which_currency() -> Question:
    """Which currency holds for the whole file?"""
    return Question("currency", "Filen har ingen kolonne med valuta. Hvilken valuta er beløbene i?", CURRENCIES)


def is_credit_turned(heading: str) -> Question:
    """Does a credit mark turn the sign?"""
    text = (
        f"Kolonnen «{heading}» siger debet eller kredit, men beløbene har både plus og minus. "
        "Skal kredit vende beløbets fortegn?"
    )
    return Question("credit_mark", text, (YES, NO), heading)
