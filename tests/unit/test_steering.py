"""Does a command name what it needs, and does a line read as the figure does?"""

from decimal import Decimal

import pytest

from procurement_kit import steering
from procurement_kit.errors import MunicipalityNotFoundError, ParameterError
from procurement_kit.publishing.formats import Formats


@pytest.mark.parametrize("named", [{}, {"name": "a", "community": "b"}])
def test_exactly_one_of_municipality_and_community_is_named(data_home, named):
    with pytest.raises(ParameterError, match="one of the two"):
        steering.show_kpis(**named, period="2025")


def test_a_market_list_is_a_workbook(data_home, tmp_path):
    with pytest.raises(ParameterError, match="not an XLSX"):
        steering.write_market("demo", category="18", out=tmp_path / "liste.csv")


def test_a_community_needs_members_that_are_there(data_home):
    with pytest.raises(MunicipalityNotFoundError):
        steering.make_community("fælles", ["nowhere"])


def test_a_community_is_made(municipality):
    outcome = steering.make_community("fælles", ["prøveby"], title="Fælles")
    assert outcome.facts["members"] == ["prøveby"] and "--community fælles" in outcome.sentences[1]


def test_sizes_and_sole_traders_come_from_the_company_register(municipality):
    text = "CVR-nummer;Virksomhedsform;Antal ansatte\n00100001;Aktieselskab;10-19\n00100002;Enkeltmandsvirksomhed;1\n"
    (municipality.folder / "company_register.csv").write_text(text, encoding="utf-8")
    known = steering.known_of_suppliers([municipality])
    assert known["titles"] == {"prøveby": municipality.title}
    assert known["sizes"] == {"n:00100001": "10-19", "n:00100002": "1"}
    assert known["sole_traders"] == {"n:00100002"}


def test_a_line_names_value_target_status_and_base():
    found = {
        "unit": "share", "value": Decimal("0.88"), "target": Decimal("0.9"), "gap_closed": Decimal("0.933333"),
        "status": "green", "numerator": Decimal("88.00"), "denominator": Decimal("100.00"),
    }  # fmt: skip
    said = steering._line("e_trade", found, Formats("en")).replace("\u00a0", " ")
    assert said == "e_trade: 88% (target 90%, 93% of the way) [green] DKK 88 of DKK 100"
