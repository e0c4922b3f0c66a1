"""What does a category fact pack need besides the lines: contracts, agreed prices, ranges the user has set?"""

from decimal import Decimal

import pytest

from procurement_kit.errors import TableError
from procurement_kit.steps.category_inputs import read_category_basis

RANGES = "Kategorikode;Greb;Lav andel;Høj andel;Kilde;Fastsat af (funktion);Dato\n"
CONTRACTS = "Aftalenummer;Titel;Kategorier;Leverandør;Gælder fra;Gælder til;Aftaleejer\n"
ITEMS = "Aftalenummer;Varenummer;Måleenhed;Aftalt pris\n"


def write(municipality, name, text):
    (municipality.folder / name).write_text(text, encoding="utf-8-sig")


def test_nothing_filled_in_is_a_basis_without_anything(municipality):
    basis = read_category_basis(municipality)
    assert (basis.municipality, basis.contracts, basis.ranges, basis.priced) == ("prøveby", (), (), frozenset())


def test_contracts_prices_and_ranges_are_read(municipality):
    write(municipality, "contracts.csv", CONTRACTS + "A-1;Papir;1801;Eksempel A/S;01-01-2025;31-12-2026;ski\n")
    write(municipality, "contract_items.csv", ITEMS + "A-1;10045;CT;132,50\n")
    write(municipality, "lever_ranges.csv", RANGES + "1801;tender;0,01;0,03;Eget udbud;indkøb;15-01-2025\n")
    basis = read_category_basis(municipality)
    assert [(contract.number, contract.owner) for contract in basis.contracts] == [("A-1", "ski")]
    assert basis.priced == {"A-1"}
    assert (basis.ranges[0].low_share, basis.ranges[0].high_share) == (Decimal("0.01"), Decimal("0.03"))


def test_all_that_is_wrong_with_the_ranges_is_said_at_once(municipality):
    rows = "18O1;tender;0,01;0,03;Udbud;indkøb;15-01-2025\n1801;tender;0,30;0,03;Udbud;indkøb;15-01-2025\n"
    write(municipality, "lever_ranges.csv", RANGES + rows)
    with pytest.raises(TableError) as error:
        read_category_basis(municipality)
    assert "18O1" in str(error.value)
    assert "not low to high" in str(error.value)
