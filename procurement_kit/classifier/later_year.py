"""Which year stands for what comes after training?

One rule for evaluation and for the classifier's own card: the last calendar year with labelled lines in nine months or
more and lines before it, else the last twelve months. What is later still is neither learned from nor measured.
"""

import pandas as pd

FEWEST_MONTHS = 9  # with labelled lines, in a calendar year that stands for a year
DAYS = 365


def days_of_later_year(dates: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """First and last day of the year that is tested; None where no line is dated.

    Parameters
    ----------
    dates : Series of datetime
        Invoice dates of all labelled lines; empty ones do not count.

    Examples
    --------
    >>> every_month = pd.Series(pd.date_range("2023-06-01", "2025-03-01", freq="MS"))
    >>> [day.date().isoformat() for day in days_of_later_year(every_month)]
    ['2024-01-01', '2024-12-31']
    """
    known = dates.dropna()
    if not len(known):
        return None
    months = known.dt.to_period("M").drop_duplicates().dt.year.value_counts()
    whole = [year for year in sorted(months.index, reverse=True) if months[year] >= FEWEST_MONTHS]
    year = next((year for year in whole if known.min() < pd.Timestamp(year, 1, 1)), None)
    if year is None:
        last = known.max()
        return last - pd.Timedelta(days=DAYS - 1), last
    return pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
