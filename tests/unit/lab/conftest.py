import pytest

from procurement_kit.keys import write_key
from procurement_kit.store import create_municipality
from tests.reviewing import LINES, fill_town


@pytest.fixture
def town(data_home):
    """Six lines, three areas, and hostile texts."""
    write_key("test-key", b"0" * 32)
    placed = [placed_line(line) for line in LINES]
    town = create_municipality("prøveby", title="Prøveby <b>Kommune</b>", privacy_key="test-key")
    return fill_town(town, placed)


def placed_line(line):
    code = line.get("category_code")
    return {**line, "category_1_code": code[:2], "category_2_code": code} if code else dict(line)
