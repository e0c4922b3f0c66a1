"""Is what is known about the contracts well formed: findings, success rates, agreed prices?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import TableError
from procurement_kit.steps.contract_ledger import ContractLedger, read_contract_ledger

CONTRACTS = "Aftalenummer;Titel;Leverandør;Gælder fra;Gælder til\nK-1;Papir;Papirhuset;01-01-2025;31-12-2025\n"
FINDINGS = "Aftalenummer;Dato;Art;Kroner;Hentet hjem;Status;Fundet af (funktion)\n"
RATES = "Aftalenummer;Leverandør;Periode;Startet;Lykkedes;Aftalt rate\n"


def write(municipality, **files: str) -> None:
    for name, text in {"contracts": CONTRACTS, **files}.items():
        (municipality.folder / f"{name}.csv").write_text(text, "utf-8")


def test_a_municipality_that_keeps_none_has_an_empty_ledger(municipality):
    ledger = read_contract_ledger(municipality)
    assert (ledger.findings, ledger.success_rates, ledger.agreed_prices.num_rows) == ((), (), 0)
    assert ContractLedger().agreed_prices.num_rows == 0


def test_the_ledger_is_read_as_a_consultant_fills_it_in(municipality):
    write(
        municipality,
        contract_findings=FINDINGS + "K-1;15-02-2025;wrong_price;1.000,00;250,00;closed;indkøb\n",
        success_rates=RATES + "K-1;Papirhuset;2025;43;32;0,75\n",
        contract_items="Aftalenummer;Varenummer;Måleenhed;Aftalt pris\nK-1;10045;CT;132,50\n",
    )
    ledger = read_contract_ledger(municipality)
    assert ledger.findings[0]["found_date"] == date(2025, 2, 15)
    assert ledger.findings[0]["recovered_amount"] == Decimal("250.00")
    assert ledger.success_rates[0]["contractual_share"] == Decimal("0.7500")
    assert ledger.agreed_prices.to_pylist()[0]["agreed_price"] == Decimal("132.50")


def test_every_problem_of_both_tables_is_said_at_once(municipality):
    write(
        municipality,
        contract_findings=FINDINGS
        + "K-9;15-02-2025;wrong_price;100,00;250,00;closed;indkøb\n"
        + "K-1;15-02-2025;wrong_price;-1,00;;open;Petra Prøve\n",
        success_rates=RATES
        + "K-1;Papirhuset;2025;10;11;0,75\n"
        + "K-1;Papirhuset;2025Q3;10;9;75\n"
        + "K-1;Papirhuset;i fjor;10;9;0,75\n",
    )
    with pytest.raises(TableError) as refused:
        read_contract_ledger(municipality)
    said = "\n".join(refused.value.problems)
    for part in (
        "contract K-9 is not in contracts.csv. Did you mean «K-1»?",
        "K-9 · 2025-02-15: more was recovered (250.00) than found (100.00)",
        "K-1 · 2025-02-15: an amount is below zero",
        "K-1 · 2025-02-15: «Fundet af» is not a function",
        "K-1 · Papirhuset · 2025: 11 succeeded of 10 started",
        "K-1 · Papirhuset · 2025Q3: the agreed rate 75.0000 is not a share between 0 and 1",
        "K-1 · Papirhuset · i fjor: «i fjor» is not a period",
        "K-1 · Papirhuset: the periods 2025 and 2025Q3 overlap",
    ):
        assert part in said, part


def test_an_unknown_kind_is_answered_with_those_there_are(municipality):
    write(municipality, contract_findings=FINDINGS + "K-1;15-02-2025;overfaktureret;1,00;;open;indkøb\n")
    with pytest.raises(TableError, match="requirement_not_met, wrong_price"):
        read_contract_ledger(municipality)
