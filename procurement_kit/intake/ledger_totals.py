"""Which rows of a ledger are not purchases but totals of the rows above them?

A row whose text says total, without supplier and document number, whose amount is the exact sum of all rows before it
or of those since the last total. Nothing is held back for its words alone.
"""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from procurement_kit.intake.rows import Rows

REASON = "looks like a total of the rows above"
_SAYS_TOTAL = (
    r"(?i)^\s*(?:\S+\s+)?(?:i alt|ialt|total|totalsum|sum|summa|samlet|subtotal|grand total|hovedtotal|delsum)\b"
)


class Totals:
    """Keeps the sum of the rows read so far, and of those since the last total."""

    def __init__(self):
        self._whole = self._part = Decimal(0)

    def find(self, rows: Rows, amounts: pa.Array, can_be: pa.Array) -> list[int]:
        """Places of the rows that are totals.

        Parameters
        ----------
        rows : Rows
            The printed cells.
        amounts : pyarrow.Array
            Amount of each row, signed as printed.
        can_be : pyarrow.Array
            Whether a row has neither supplier nor document number.
        """
        found = []
        start = 0
        candidates = np.flatnonzero(np.asarray(pc.and_(can_be, pc.is_valid(amounts))))
        for place in candidates[_says_total(rows, candidates)].tolist() if len(candidates) else []:
            self._add(amounts.slice(start, place - start))
            start = place
            amount = amounts[place].as_py()
            if amount and amount in (self._whole, self._part):
                found.append(place)
                self._part = Decimal(0)
                start = place + 1
        self._add(amounts.slice(start))
        return found

    def _add(self, amounts: pa.Array) -> None:
        added = pc.sum(amounts).as_py() or Decimal(0)
        self._whole += added
        self._part += added


def _says_total(rows: Rows, places: np.ndarray) -> np.ndarray:
    found = np.zeros(len(places), bool)
    for column in rows.columns:
        says = pc.match_substring_regex(column.take(pa.array(places)), _SAYS_TOTAL)
        found |= np.asarray(pc.fill_null(says, False))
    return found
