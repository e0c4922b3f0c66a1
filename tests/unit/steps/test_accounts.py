"""What do the municipality's accounts say, per art?"""

from decimal import Decimal

import pytest

from procurement_kit.errors import TableError
from procurement_kit.folders import write_text
from procurement_kit.steps.accounts import read_accounts, read_art, read_dranst, read_function
from procurement_kit.tables import ACCOUNTS, RECONCILIATION_NOTES
from procurement_kit.templates import template_text

D = Decimal
STATBANK = '"OMRÅDE";"FUNKTION";"DRANST";"ART";"PRISENHED";"TID";"INDHOLD"\n'


def given(municipality, text, name="accounts"):
    write_text(municipality.folder / f"{name}.csv", text)
    return read_accounts(municipality)


def statbank(*rows, price="Løbende priser (1.000 kr.)", area="Prøveby"):
    """A table as the statistics bank gives it: function, dranst, art, thousands."""
    lines = (f'"{area}";"{f}";"{d}";"{a}";"{price}";"2025";{n}' for f, d, a, n in rows)
    return STATBANK + "\n".join(lines) + "\n"


def refused(municipality, text, name="accounts"):
    with pytest.raises(TableError) as caught:
        given(municipality, text, name)
    return "\n".join(caught.value.problems)


def amounts(accounts):
    return {(row["dranst_code"], row["art_code"]): row["accounts_amount"] for row in accounts.rows}


def test_without_files_there_are_no_accounts(municipality):
    accounts = read_accounts(municipality)
    assert (accounts.rows, accounts.notes) == ((), ())


def test_the_template_reads_as_it_stands(municipality):
    given(municipality, template_text(ACCOUNTS))
    accounts = given(municipality, template_text(RECONCILIATION_NOTES), "reconciliation_notes")
    assert amounts(accounts) == {("1", "29"): D("1250000.00")}
    assert accounts.rows[0]["function_number"] == "02820"
    assert accounts.rows[0]["is_in_thousands"]
    assert accounts.notes[0]["explained_amount"] == D("125000.00")
    assert accounts.scope("29") == "in_scope"
    assert accounts.scope("46") == "public_payment"


def test_kroner_and_thousands_are_two_columns_and_cannot_be_mixed_up(municipality):
    head = "Regnskabsår;Dranst;Art;Beløb i kr.;Beløb i 1.000 kr.\n"
    assert amounts(given(municipality, f"{head}2025;1;29;1.234,56;\n")) == {("1", "29"): D("1234.56")}
    assert amounts(given(municipality, f"{head}2025;1;29;;1.234\n")) == {("1", "29"): D("1234000.00")}
    assert "one of the two" in refused(municipality, f"{head}2025;1;29;5;5\n")
    assert "one of the two" in refused(municipality, f"{head}2025;1;29;;\n")
    assert "some in 1.000 kr." in refused(municipality, f"{head}2025;1;29;5;\n2025;1;40;;5\n")


def test_the_statistics_banks_table_is_read_as_it_is_downloaded(municipality):
    text = statbank(
        ("0.28.20 Grønne områder", "1 DRIFT", "2.9 ØVRIGE VAREKØB", 120),
        ("0.28.20 Grønne områder", "3 ANLÆG", "4.5 ENTREPRENØR- OG HÅNDVÆRKERYDELSER", 80),
        ("3.22.01 Folkeskoler", "1 DRIFT", "2.9 ØVRIGE VAREKØB", -5),
    )
    accounts = given(municipality, text)
    found = [(row["function_number"], row["dranst_code"], row["art_code"]) for row in accounts.rows]
    assert found == [("02820", "1", "29"), ("02820", "3", "45"), ("32201", "1", "29")]
    assert sum(row["accounts_amount"] for row in accounts.rows) == D("195000.00")


def test_the_same_file_in_windows_letters_reads_alike(municipality):
    text = statbank(("", "1 DRIFT", "2.3 BRÆNDSEL OG DRIVMIDLER", 7))
    (municipality.folder / "accounts.csv").write_bytes(text.encode("cp1252"))
    assert amounts(read_accounts(municipality)) == {("1", "23"): D("7000.00")}


def test_totals_over_arts_are_left_out_where_they_are_their_sum(municipality):
    rows = [("", "1 DRIFT", "2.2 FØDEVARER", 40), ("", "1 DRIFT", "2.9 ØVRIGE VAREKØB", 60)]
    totals = [("", "1 DRIFT", "2 VAREKØB", 101), ("", "1 DRIFT", "I alt (netto)", 100), ("", "1 DRIFT", "UE", 100)]
    accounts = given(municipality, statbank(*rows, *totals, ("", "1 DRIFT", "1 LØNNINGER", 900)))
    assert amounts(accounts) == {("1", "22"): D("40000.00"), ("1", "29"): D("60000.00"), ("1", "1"): D("900000.00")}
    wrong = statbank(*rows, ("", "1 DRIFT", "2 VAREKØB", 150))
    assert "is not the sum of its arts; 50000.00 kr. differ" in refused(municipality, wrong)


def test_other_totals_are_refused_because_they_would_count_twice(municipality):
    rows = [("0.28.20 Grønne områder", "1", "29", 5), ("0.28 Fritidsområder", "1", "29", 5)]
    assert "function 028 stands beside its parts" in refused(municipality, statbank(*rows))
    rows = [("0.28.20 Grønne områder", "1", "29", 5), ("", "1", "29", 5)]
    assert "a row without a function stands beside its parts" in refused(municipality, statbank(*rows))
    assert "stands twice" in refused(municipality, statbank(("", "1", "29", 5), ("", "1 Drift", "2.9", 5)))
    assert "not a dranst" in refused(municipality, statbank(("", "I alt", "29", 5)))


def test_figures_per_inhabitant_and_of_several_municipalities_are_refused(municipality):
    row = ("", "1", "29", 5)
    text = statbank(row, price="Pr. indbygger, løbende priser (kr.)")
    assert "per inhabitant" in refused(municipality, text)
    other = statbank(("", "1", "40", 5), area="Naboby").removeprefix(STATBANK)
    assert "holds 2 municipalities" in refused(municipality, statbank(row) + other)


def test_every_problem_of_both_files_is_told_at_once(municipality):
    write_text(
        municipality.folder / "reconciliation_notes.csv",
        "Regnskabsår;Art;Forklaring;Beløb;Forklaret af;Dato\n2025;æble;Derfor;5;økonomi;01-02-2026\n",
    )
    told = refused(municipality, statbank(("", "9x", "29", 5), ("", "1", "to ni", 5)))
    assert "«9x» is not a dranst" in told
    assert "«to ni» is not an art" in told
    assert "reconciliation_notes.csv, «Derfor»: «æble» is not an art" in told


@pytest.mark.parametrize(
    ("text", "art"),
    [("2.9", "29"), ("29", "29"), ("2,9", "29"), ("2.9 Øvrige varekøb", "29"), ("S4", "4"), ("4 TJENESTEYDELSER", "4"),
     ("4.0 Tjenesteydelser uden moms", "40"), ("40", "40"), ("9.2\u00a0Overførte varekøb", "92")],
)  # fmt: skip
def test_arts_are_read_as_they_are_written(text, art):
    assert read_art(text) == art


@pytest.mark.parametrize("text", ["2.95", "295", "2025-09-02", "varekøb", "", "2.9Øvrige", "-29", "٢٩"])
def test_what_is_no_art_is_refused(text):
    with pytest.raises(ValueError, match="is not an art"):
        read_art(text)


def test_dranst_and_function_are_read_with_and_without_text():
    assert [read_dranst(t) for t in ("1 DRIFT", "3 Anlæg", "03", "anlæg", "5 Balanceforskydninger")] == list("13335")
    assert [read_function(t) for t in ("3.22.01 Folkeskoler", "32201", "", None)] == ["32201", "32201", "", ""]
    for read, text in ((read_dranst, "31"), (read_function, "Folkeskoler")):
        with pytest.raises(ValueError, match=text):
            read(text)
