"""What makes a line or a document the same as one seen before?

A hash of what is printed, never of file name or physical row. E-invoices: kind, supplier, number, date, currency and
sum of the document, and the position in it; two documents that share a number but not a sum are two documents.
Ledgers: the mapped content and how many times it has occurred in the file. Personal numbers are tokens by then.
"""

import hashlib
from collections import Counter
from datetime import date


def hash_of(*parts: object) -> str:
    """A hash of 32 hexadecimal digits; an empty part differs from a missing one in no way.

    Examples
    --------
    >>> hash_of("einvoice", "12345678", "F-1") == hash_of("einvoice", "12345678", "F-1")
    True
    >>> hash_of("ab", "c") == hash_of("a", "bc")
    False
    """
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def document_id(kind: str, supplier: str | None, number: str | None, day: date | None, *worth: object) -> str:
    """Identity of a document; `kind` is invoice, credit_note or ledger, `worth` currency and sum where it has one."""
    return hash_of(kind, supplier, number, day, *worth)


class Occurrences:
    """Counts how often the same content has occurred in one file."""

    def __init__(self):
        self._seen: Counter[bytes] = Counter()

    def line_id(self, content: str) -> str:
        """Identity of a ledger line; the second line of the same content has another than the first.

        Examples
        --------
        >>> seen = Occurrences()
        >>> seen.line_id("a") == seen.line_id("a"), seen.line_id("b") == Occurrences().line_id("b")
        (False, True)
        """
        key = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16)
        digest = key.digest()
        self._seen[digest] += 1
        key.update(f"\x1f{self._seen[digest]}".encode())
        return key.hexdigest()
