"""Is the contract register well formed, and how is validity cut into spans?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.classifier.tree import tree_of_rows
from procurement_kit.errors import TableError
from procurement_kit.exact import FIRST_DATE, LAST_DATE
from procurement_kit.steps.contracts import (
    ContractRegister,
    Term,
    contract_cells,
    item_lookup,
    read_contracts,
)

TREE = tree_of_rows([("18", None, "Kontor", "Office"), ("1801", "18", "Papir", "Paper")])
CONTRACTS = (
    "Aftalenummer;Titel;Kategorier;CVR-nummer;Leverandør;Gælder fra;Gælder til;Option til;Option udnyttet\n"
    "K-1;Papir;1801;12345678;Papirhuset;01-01-2025;31-12-2025;;\n"
)
TERM = Term("K-1", "prøveby", date(2025, 1, 1), date(2025, 12, 31), date(2025, 1, 1), ("1801",), frozenset({"n:1"}))


def write(municipality, **files: str) -> None:
    for name, text in files.items():
        (municipality.folder / f"{name}.csv").write_text(text, "utf-8")


def test_a_municipality_without_contracts_has_an_empty_register(municipality):
    assert read_contracts(municipality, TREE) == ContractRegister()


def test_the_register_is_read_as_a_consultant_fills_it_in(municipality):
    write(
        municipality,
        contracts=CONTRACTS,
        contract_items="Aftalenummer;Varenummer;Måleenhed;Aftalt pris\nK-1;10045;CT;132,50\n",
        contract_participants="Aftalenummer;Kommune;Tiltrådt;Forpligtende\nK-1;prøveby;01-02-2025;nej\n",
    )
    register = read_contracts(municipality, TREE)
    assert register.contracts[0]["valid_to_date"] == date(2025, 12, 31)
    assert register.items[0]["agreed_price_amount"] == Decimal("132.50")
    assert register.participants[0]["is_binding"] is False


def test_every_problem_of_all_three_files_is_said_at_once(municipality):
    bad = (
        "K-2;Bagvendt;1899;1;Nogen;31-12-2025;01-01-2025;;\n"
        "K-3;Option;18;;Nogen;01-01-2025;31-12-2025;;ja\n"
        "K-4;Option;18;;Nogen;01-01-2025;31-12-2025;01-06-2025;\n"
        "K-5;Option;18;;Nogen;01-01-2025;;01-06-2025;\n"
    )
    item = "K-1;10045;CT;132,50\n"
    write(
        municipality,
        contracts=CONTRACTS + bad,
        contract_items="Aftalenummer;Varenummer;Måleenhed;Aftalt pris\n" + item + item + "K-9;1;CT;1,00\n",
        contract_participants="Aftalenummer;Kommune;Tiltrådt\nK-8;naboby;01-02-2025\n",
    )
    with pytest.raises(TableError) as refused:
        read_contracts(municipality, TREE)
    said = "\n".join(refused.value.problems)
    for part in (
        "contract K-2: category 1899 is not in the category tree. Did you mean «18»?",
        "contract K-2: Gælder til lies before Gælder fra",
        "contract K-2: «1» does not look like a CVR-nummer",
        "contract K-3: Option udnyttet is ja, but Option til is empty",
        "contract K-4: Option til lies before Gælder til",
        "contract K-5: Option til is filled in, but Gælder til is empty",
        "contract_participants.csv, K-8 · naboby: there is no such contract. Did you mean «K-",
        "contract_items.csv, K-1 · 10045 · CT: stands twice",
        "contract_items.csv, K-9 · 1 · CT: there is no such contract",
    ):
        assert part in said
    assert len(refused.value.problems) == 9


def test_cells_that_cannot_be_read_are_said_with_file_row_and_heading(municipality):
    write(municipality, contracts=CONTRACTS.replace("31-12-2025", "i morgen"))
    with pytest.raises(TableError, match="contracts.csv, row 2, «Gælder til»"):
        read_contracts(municipality, TREE)


def test_an_empty_file_is_a_problem_not_a_crash(municipality):
    write(municipality, contracts="")
    with pytest.raises(TableError, match="contracts.csv"):
        read_contracts(municipality, TREE)


def test_two_contracts_may_overlap(municipality):
    write(municipality, contracts=CONTRACTS + CONTRACTS.splitlines()[1].replace("K-1", "K-2") + "\n")
    assert len(read_contracts(municipality, TREE).contracts) == 2


def test_spans_of_a_cell_cover_all_days_once():
    cells, _ = contract_cells([TERM], TREE)
    spans = sorted((row["from_date"], row["to_date"]) for row in cells.to_pylist() if row["cell_category"] == "1801")
    assert spans[0][0] == FIRST_DATE
    assert spans[-1][1] == LAST_DATE
    assert all((after[0] - before[1]).days == 1 for before, after in zip(spans, spans[1:], strict=False))


def test_a_cell_above_a_covered_category_is_covered_in_part_only():
    cells, supplier_cells = contract_cells([TERM], TREE)
    above = [row for row in cells.to_pylist() if row["cell_category"] == "18" and row["is_partly_covered"]]
    assert {row["is_covered"] for row in above} == {False}
    assert {row["supplier_contract"] for row in supplier_cells.to_pylist() if row["cell_category"] == "18"} == {None}


def test_no_contract_makes_no_cells():
    cells, supplier_cells = contract_cells([], TREE)
    assert cells.num_rows == supplier_cells.num_rows == 0


def test_prices_follow_each_other():
    item = {"contract_number": "K-1", "item_number": "1", "unit_code": "CT", "valid_from_date": None}
    rows = item_lookup(
        [
            {**item, "agreed_price_amount": Decimal(2), "valid_from_date": date(2025, 7, 1)},
            {**item, "agreed_price_amount": Decimal(1)},
        ]
    ).to_pylist()
    assert [(row["agreed_price"], row["from_date"], row["to_date"]) for row in rows] == [
        (Decimal(1), FIRST_DATE, date(2025, 6, 30)),
        (Decimal(2), date(2025, 7, 1), LAST_DATE),
    ]
