"""Do bars move, and do they leave what they count alone?"""

import pyarrow as pa

from procurement_kit.progress import counted, shown_on


class Bar:
    """What a bar remembers."""

    n, total = 0, None

    def update(self, step: int) -> None:
        self.n += step


def test_a_bar_is_moved_to_what_is_done():
    bar = Bar()
    show = shown_on(bar)
    show(3, 10)
    show(7, 10)
    assert (bar.n, bar.total) == (7, 10)


def test_batches_come_through_unchanged_and_in_order():
    batches = [pa.table({"a": [1, 2]}), pa.table({"a": [3]})]
    assert list(counted(batches, "classify")) == batches


def test_nothing_is_written_where_nobody_looks(capsys):
    list(counted([pa.table({"a": [1]})], "classify"))
    assert capsys.readouterr().err == ""
