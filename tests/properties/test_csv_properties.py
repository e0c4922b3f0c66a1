"""However a CSV file is written and cut into blocks, its cells are those a strict reader finds row by row."""

import csv
import io

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procurement_kit.intake.cells import is_plain
from procurement_kit.intake.csv_blocks import Dialect, StrictError, parse
from procurement_kit.intake.decimals import read_decimals
from procurement_kit.intake.identity import Occurrences
from procurement_kit.intake.privacy import NUMBER_FIELDS, Masker, clean_text
from procurement_kit.values import read_amount

WIDTH = 3
TEXTS = st.text(alphabet='a;";"\n\r \u00a0æ,', max_size=40)


def by_strict_reader(text):
    """Rows with their places, or the place of the row that is refused."""
    rows = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    except csv.Error:
        return "refused"
    shown = {}
    for place, row in enumerate(rows):
        if any(cell.strip() for cell in row):
            is_wide = len(row) > WIDTH and not any(cell.strip() for cell in row[WIDTH:])
            shown[place] = tuple(row[:WIDTH]) if len(row) == WIDTH or is_wide else len(row)
    return shown


def by_blocks(text, size):
    content, waiting, number, shown = text.encode(), b"", 0, {}
    blocks = [content[start : start + size] for start in range(0, len(content), size)] or [b""]
    try:
        for turn, block in enumerate(blocks):
            waiting += block
            if not waiting:
                continue
            found = parse(waiting, Dialect(";", '"', WIDTH), is_last=turn == len(blocks) - 1)
            cells = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
            for place, row in zip(found.places.tolist(), cells, strict=True):
                problem = found.problems.get(place)
                shown[number + place] = row if problem is None else int(problem.split()[0])
            number += found.row_count
            waiting = waiting[found.used :]
    except StrictError:
        return "refused"
    return shown


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.integers(1, 50))
@example('1;"a\r\nb";2\r3;4;5', 4)
@example("1;2;3\r\n\r\n;;;\n4;5", 6)
@example('"";"";""\n', 50)
def test_blocks_give_the_cells_of_a_strict_reader(text, size):
    assert by_blocks(text, size) == by_strict_reader(text)


ROWS = st.lists(st.lists(st.text(alphabet='ab;"\n æø', max_size=8), min_size=WIDTH, max_size=WIDTH), max_size=20)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.integers(1, 80))
def test_what_was_written_is_read(rows, size):
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    written = {place: tuple(row) for place, row in enumerate(rows) if any(cell.strip() for cell in row)}
    assert by_blocks(out.getvalue(), size) == written


# --- plain texts ------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["010190", "1234", "-", " ", ".", "/", "cpr", "Født", "foedt", "född", "personnr", "pnr", "pers.", "borger", "nr"]
    + ["19900101", "1239", "5560000000", "SE", "01", "01-01-90", "Kopipapir", "Ærø", "ß", "\u00a0", "\u2011", "7", "12"]
)
NEARLY = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=20)


@settings(max_examples=1000, deadline=None)
@given(NEARLY, st.sampled_from(["line_text", "account_number", sorted(NUMBER_FIELDS)[0], "document_number"]))
def test_a_plain_text_is_what_cleaning_and_masking_would_leave(text, column):
    if is_plain(pa.array([text]))[0].as_py():
        assert clean_text(text) == text
        assert Masker(b"0" * 32).mask(text, column) == (text, 0)
        assert text.casefold() == text.lower()


def test_every_sign_a_plain_text_can_hold_needs_no_folding():
    signs = [chr(number) for number in range(0x250) if is_plain(pa.array([chr(number)]))[0].as_py()]
    assert len(signs) > 250
    assert all(sign.isprintable() and sign.casefold() == sign.lower() for sign in signs)
    assert all(clean_text(f"e{sign}") == f"e{sign}" for sign in signs)


# --- amounts and identities, many at once -----------------------------------------------------------------------------

PRINTED = st.text(alphabet="0123456789.,-+() k", max_size=12) | st.decimals(
    "-99999999", "99999999", places=2, allow_nan=False
).map(lambda amount: f"{amount:,}".replace(",", "_").replace(".", ",").replace("_", "."))


@settings(max_examples=500, deadline=None)
@given(st.lists(PRINTED, max_size=8), st.sampled_from(",."))
def test_many_amounts_are_read_as_one_by_one(texts, mark):
    found = read_decimals(pa.array(texts, pa.string()), mark, pa.decimal128(18, 4), spare=1)
    for place, text in enumerate(texts):
        try:
            one = read_amount(text, mark)
        except ValueError:
            assert found.is_unreadable[place].as_py()
            assert found.values[place].as_py() is None
            continue
        if not found.is_rounded[place].as_py() and not found.is_too_large[place].as_py():
            assert found.values[place].as_py() == one


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=12), max_size=6))
def test_occurrences_are_counted_across_batches_as_in_one(batches):
    seen, whole = Occurrences(), Occurrences()
    parts = [line for batch in batches for line in seen.line_ids(pa.array(batch, pa.string())).to_pylist()]
    texts = [text for batch in batches for text in batch]
    assert parts == whole.line_ids(pa.array(texts, pa.string())).to_pylist()
    assert len(set(parts)) == len(texts)
