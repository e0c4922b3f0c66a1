"""What does each command do for a municipality?

One function per command: it opens the rooms in the order of the data's way, skips what is unchanged, and returns an
`Outcome` with the counts and the same in plain words. Nothing is computed here.
"""

from typing import TYPE_CHECKING

from procurement_kit.tables import LABEL_LEVELS

if TYPE_CHECKING:
    pass

LABEL_COLUMNS = tuple(f"labelled_category_{level}" for level in LABEL_LEVELS)


