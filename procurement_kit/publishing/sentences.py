"""How does a finding read in Danish, and in English?

The sentences lie in `texts/da.toml` and `texts/en.toml` and are filled from numbers: `{analysed_amount:mio}`,
`{spend.line_count:plural=linje|linjer}`, `{by_area.1.category_name}` (table, row, column). A sentence with several
forms says the first whose numbers all exist. An unknown key is an error that names it.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files

from procurement_kit.errors import ParameterError, nearest
from procurement_kit.findings import Finding, Number
from procurement_kit.publishing.formats import MISSING, Formats, unit_of_column

LANGUAGES = ("da", "en")
ROWS_SHOWN = 15  # of a table in a notebook
_PLACE = re.compile(r"\{([a-z0-9_.]+)(?::([a-z0-9]+)(?:=([^{}]*))?)?\}")
_MISSING_FINDING = Number(None, "text")


@cache
def texts(language: str) -> dict:
    """All texts of a language.

    Raises
    ------
    ParameterError
        If there are no texts in that language.
    """
    if language not in LANGUAGES:
        raise ParameterError(
            f"There are no texts in «{language}».", expected=" or ".join(LANGUAGES), todo="choose one of these"
        )
    path = files("procurement_kit") / "publishing" / "texts" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Writer:
    """Fills the sentences of a language from findings.

    Parameters
    ----------
    formats : Formats
        Language and currency.
    findings : mapping of str to Finding
        By key.
    context : mapping of str to Number
        What stands outside the findings: municipality, period, first and last day.
    """

    formats: Formats
    findings: Mapping[str, Finding]
    context: Mapping[str, Number] = field(default_factory=dict)

    @property
    def texts(self) -> dict:
        """All texts of the language."""
        return texts(self.formats.language)

    def entry(self, path: str) -> object:
        """The entry at a dotted path of the text file.

        Raises
        ------
        ParameterError
            If there is none; names the nearest.
        """
        found: object = self.texts
        for part in path.split("."):
            if not isinstance(found, dict) or part not in found:
                known = found if isinstance(found, dict) else ()
                raise ParameterError(
                    f"texts/{self.formats.language}.toml has no «{path}»: «{part}» is missing.{nearest(part, known)}",
                    todo="add the text",
                )
            found = found[part]
        return found

    def say(self, path: str, about: str = "") -> str:
        """Fill the sentence at a path; numbers without a finding's name are those of `about`.

        Raises
        ------
        ParameterError
            If the sentence, or a number it quotes, does not exist.
        """
        return self.fill(self.entry(path), about, path)

    def say_all(self, path: str, about: str = "") -> list[str]:
        """Fill each sentence of a list; those without a form whose numbers exist are left out."""
        said = [self._first_form(forms, about, path) for forms in self.entry(path)]
        return [self._filled(form, about, path) for form in said if form is not None]

    def fill(self, forms: object, about: str, where: str) -> str:
        """Fill the first form whose numbers exist, else the last one, with «–» for what is missing."""
        form = self._first_form(forms, about, where)
        if form is None:
            last = forms[-1] if isinstance(forms, list) else forms
            form = last["text"] if isinstance(last, dict) else last
        return self._filled(form, about, where)

    def _first_form(self, forms: object, about: str, where: str) -> str | None:
        for form in forms if isinstance(forms, list) else [forms]:
            text = form["text"] if isinstance(form, dict) else form
            if self._is_sayable(text, about, where) and self._holds(form, about, where):
                return text
        return None

    def _is_sayable(self, text: str, about: str, where: str) -> bool:
        places = [(self.number(place[1], about, where), place[2]) for place in _PLACE.finditer(text)]
        return all(
            number.value is not None and (spec != "interval" or number.low is not None) for number, spec in places
        )

    def _holds(self, form: object, about: str, where: str) -> bool:
        if not isinstance(form, dict):
            return True
        wanted = [self.number(name, about, where).value for name in form.get("when", [])]
        unwanted = [self.number(name, about, where).value for name in form.get("unless", [])]
        return all(wanted) and not any(unwanted)

    def _filled(self, text: str, about: str, where: str) -> str:
        filled = _PLACE.sub(lambda place: self._written(place, about, where), text)
        return filled.replace("kr..", "kr.")  # the unit's own full stop ends the sentence

    def _written(self, place: re.Match, about: str, where: str) -> str:
        number = self.number(place[1], about, where)
        return written(
            number, place[2] or "", place[3] or "", self.formats, where=f"{where}: {{{place[0].strip('{}')}}}"
        )

    def number(self, name: str, about: str, where: str) -> Number:
        """The number a name stands for: `number`, `finding.number`, `[finding.]table.row.column`, or of the context.

        Raises
        ------
        ParameterError
            If there is no such number; names the nearest.
        """
        if name in self.context:
            return self.context[name]
        parts = name.split(".")
        key = parts.pop(0) if len(parts) in (2, 4) else about
        finding = self.findings.get(key)
        if finding is None:
            return _MISSING_FINDING
        if len(parts) == 1 and (found := self._own_number(finding, parts[0])):
            return found
        if len(parts) == 3 and parts[0] in finding.tables:
            return _cell(finding, *parts, language=self.formats.language, where=where)
        known = [*finding.numbers, *self.context, *(f"{table}.1." for table in finding.tables)]
        raise ParameterError(
            f"{where}: the finding «{key}» has no number «{name}».{nearest(parts[0], known)}",
            expected=f"one of: {', '.join(sorted(finding.numbers))}",
            todo="correct the sentence, or add the number to the analysis",
        )

    def _own_number(self, finding: Finding, name: str) -> Number | None:
        if name == "left_out_amount":
            return Number(finding.definition.left_out_amount, "kr")
        return finding.numbers.get(name) or finding.numbers.get(f"{name}_{self.formats.language}")


def _cell(finding: Finding, table: str, row: str, column: str, *, language: str, where: str) -> Number:
    content = finding.tables[table]
    for name in (column, f"{column}_{language}"):
        if name in content.columns:
            value = plain(content[name].iloc[int(row) - 1]) if len(content) >= int(row) else None
            return Number(value, unit_of_column(column))
    raise ParameterError(
        f"{where}: the table «{finding.key}.{table}» has no column «{column}».{nearest(column, content.columns)}",
        todo="correct the sentence",
    )


def plain(value: object) -> object:
    """A table's value without pandas' ways of saying nothing.

    Examples
    --------
    >>> plain(float("nan")) is None, plain("a")
    (True, 'a')
    """
    return None if value is None or value != value or type(value).__name__ in ("NaTType", "NAType") else value


def written(number: Number, spec: str, argument: str, formats: Formats, *, where: str) -> str:
    """Write one number as the format mini-language asks.

    Parameters
    ----------
    number : Number
        What is written.
    spec : str
        Nothing (by unit), kr, thousand, mio, mia, percent, percent1, change, size, interval, date, decimal, plural,
        word or name.
    argument : str
        For plural: `singular|plural`; for word: `fallen|unchanged|risen`, by the number's sign.
    formats : Formats
        Language and currency.
    where : str
        What an error names.

    Raises
    ------
    ParameterError
        If there is no such format.

    Examples
    --------
    >>> written(Number(1, "count"), "plural", "linje|linjer", Formats(), where="")
    '1\\xa0linje'
    """
    value = number.value
    if value is None:
        return MISSING
    if spec in ("plural", "word", "name"):
        return _worded(value, spec, argument, formats)
    writers = {
        "": lambda: formats.text(value, number.unit),
        "kr": lambda: formats.amount(value),
        "thousand": lambda: formats.amount(value, "thousand"),
        "mio": lambda: formats.amount(value, "mio"),
        "mio1": lambda: formats.amount(value, "mio", 1),
        "mia": lambda: formats.amount(value, "mia", 1),
        "percent": lambda: formats.share(value),
        "percent1": lambda: formats.share(value, 1),
        "change": lambda: formats.change(value),
        "size": lambda: formats.share(abs(value)),
        "interval": lambda: formats.interval(number.low, number.high),
        "date": lambda: formats.date(value),
        "decimal": lambda: formats.number(value, 2),
    }
    if spec not in writers:
        raise ParameterError(
            f"{where}: «{spec}» is not a format.{nearest(spec, [*writers, 'plural', 'word'])}",
            expected=", ".join(filter(None, [*writers, "plural", "word"])),
            todo="correct the sentence",
        )
    return writers[spec]()


def _worded(value: object, spec: str, argument: str, formats: Formats) -> str:
    words = argument.split("|")
    if spec == "plural":
        return f"{formats.number(value)}\u00a0{words[0] if value == 1 else words[-1]}"
    if spec == "name":  # a name that starts a sentence, without a note in brackets
        return str(value).split(" (")[0]
    sign = (Decimal(value) > 0) - (Decimal(value) < 0)
    return words[sign + 1]


@dataclass(frozen=True)
class Told:
    """A finding as sentences and a table, which Jupyter shows; `text` is the same as plain text."""

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def show(finding: Finding, *, table: str = "", language: str = "da", currency: str = "DKK") -> Told:
    """Say in words what a finding says: its sentence, its checks and its main table.

    Parameters
    ----------
    finding : Finding
        What an analysis returned.
    table : str
        Name of one of its tables: only that one is shown, under its heading.
    language : {"da", "en"}
        Language of the reader.
    currency : str
        ISO 4217 code of the amounts.

    Returns
    -------
    Told
        Shows itself in a notebook.

    Raises
    ------
    ParameterError
        If the finding has no such table, or its sentence quotes a number it does not have.
    """
    from markupsafe import escape

    from procurement_kit.publishing.html import render_table
    from procurement_kit.publishing.pages import table_view

    writer = Writer(Formats(language, currency), {finding.key: finding})
    view = table_view(writer, finding.key, table or next(iter(finding.tables)), row_limit=ROWS_SHOWN, more="rows_more")
    if table:
        return Told(view.title, render_table(view))
    sentence = writer.say(f"findings.{finding.key}", finding.key)
    caveats = [writer.say(f"caveats.{key}", finding.key) for key in finding.caveats]
    marks = [("✓" if check.passed else "✗") + f" {check.name}: {check.detail}" for check in finding.checks]
    lines = "".join(f"<li>{escape(line)}</li>" for line in [*caveats, *marks])
    html = f"<p><strong>{escape(sentence)}</strong></p><ul>{lines}</ul>{render_table(view)}"
    return Told("\n".join([sentence, *caveats, *marks]), html)
