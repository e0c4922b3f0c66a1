"""How does one say how many, in English?

The command line and its messages speak English: «1 line», «2,500 lines», «1 line is», «2 lines are». What leaves the
house has its own templates in both languages.
"""

VOWELS = "aeiou"


def so_many(count: int, one: str, many: str = "") -> str:
    """A count with its noun in the right number, thousands parted.

    Parameters
    ----------
    count : int
        How many.
    one : str
        The noun for a single one, alone or with more words: «line», «line is».
    many : str
        For any other count; by default `one` with the ending of the plural.

    Examples
    --------
    >>> so_many(1, "line"), so_many(2500, "line"), so_many(0, "category")
    ('1 line', '2,500 lines', '0 categories')
    >>> so_many(2, "line is", "lines are")
    '2 lines are'
    """
    is_ending_in_y = one[-1:] == "y" and one[-2:-1] not in VOWELS
    plural = many or (f"{one[:-1]}ies" if is_ending_in_y else f"{one}s")
    return f"{count:,} {one if count == 1 else plural}"


def ended(sentence: str) -> str:
    """A sentence with one full stop, unless it ends in a mark of its own.

    Examples
    --------
    >>> ended("the code is unknown"), ended("Is it 0901?"), ended("It is.")
    ('the code is unknown.', 'Is it 0901?', 'It is.')
    """
    return sentence if sentence.endswith((".", "?", "!", ":")) else f"{sentence}."
