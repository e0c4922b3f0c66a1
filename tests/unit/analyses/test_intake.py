"""What was read, what is missing in it, and what should the municipality be asked?"""

from datetime import date
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.analyses.intake import analyse_intake
from procurement_kit.errors import NoDataError
from tests.unit.analyses import delivered

D = Decimal


@pytest.fixture
def stored(monkeypatch, municipality):
    """A municipality whose imports are those made by hand; what they hold can be given."""

    def put(loads=None, **tables):
        datasets = delivered.tables(**tables)
        monkeypatch.setattr(store, "loads", lambda _: delivered.loads() if loads is None else loads)
        monkeypatch.setattr(store, "read_load_dataset", lambda _, name: datasets[name])
        return municipality

    return put


@pytest.fixture
def intake(stored):
    return analyse_intake(stored())


def value(finding, name):
    return finding.numbers[name].value


def test_every_line_and_krone_read_is_accounted_for(intake):
    assert not intake.failed_checks
    assert len(intake.checks) == 9
    lines = {part: value(intake, f"{part}_line_count") for part in ("read", "taken", "held_back", "duplicate")}
    kroner = {part: value(intake, f"{part}_amount") for part in ("read", "taken", "held_back", "duplicate")}
    assert lines == {"read": 7, "taken": 4, "held_back": 2, "duplicate": 1}
    assert kroner == {"read": D("950.00"), "taken": D("800.00"), "held_back": D("50.00"), "duplicate": D("100.00")}
    assert intake.definition.left_out_amount == D("150.00")


def test_the_main_table_is_the_account_of_the_files(intake):
    assert list(intake.table["source_name"]) == ["posteringer.csv", None]
    assert list(intake.table["read_line_count"]) == [5, 2]
    assert (value(intake, "file_count"), value(intake, "unopened_count"), value(intake, "masked_count")) == (3, 1, 2)


def test_the_dearest_reason_comes_first_in_plain_words(intake):
    assert value(intake, "worst_reason_da") == "Linjen har ingen dato"
    assert value(intake, "worst_reason_en") == "The line has no date"
    assert list(intake.tables["held_back"]["reason_key"]) == ["no_date", "not_well_formed"]
    assert list(intake.tables["duplicates"]["reason_key"]) == ["same_uuid"]
    assert list(intake.tables["files"]["reason_key"]) == ["no_date", None, "not_well_formed"]


def test_numbers_that_fail_their_check_digit_are_reported_and_counted(intake):
    assert [value(intake, f"cvr_failed_{name}") for name in ("count", "line_count", "amount")] == [1, 1, D("200.00")]
    assert [value(intake, f"gln_failed_{name}") for name in ("count", "line_count", "amount")] == [1, 1, D("200.00")]
    assert list(intake.tables["check_digits"]["number_kind"]) == ["supplier_number", "buyer_gln_number"]
    assert value(intake, "taken_line_count") == 4


def test_caveats_say_what_there_is_to_ask_and_nothing_else(intake):
    assert set(intake.caveats) == {
        "intake_held_back", "unopened_files", "files_not_read", "poor_fields", "company_numbers", "gln_numbers",
    }  # fmt: skip
    assert list(intake.tables["not_read"]["source_name"]) == ["logo.png"]


def test_a_period_asks_for_its_own_months_and_leaves_the_files_whole(stored):
    lines = delivered.lines_taken()
    lines[0] |= {"invoice_date": date(2024, 12, 1)}
    found = analyse_intake(stored(taken=lines), period="2025Q1")
    assert not found.failed_checks
    assert value(found, "read_line_count") == 7
    assert value(found, "outside_line_count") == 1
    assert value(found, "missing_month_count") == 4, "two months of two sources"
    assert value(found, "missing_months") == "2025-01, 2025-02"
    assert (value(found, "first_month"), value(found, "last_month")) == ("2025-03", "2025-03")
    ledger = found.tables["fields"].query("source_kind == 'ledger' and field_key == 'invoice_date'")
    assert list(ledger["line_count"]) == [2]


def test_lines_far_from_all_others_are_set_apart(stored):
    lines = delivered.lines_taken()
    lines[0] |= {"posting_date": date(2052, 1, 1)}
    found = analyse_intake(stored(taken=lines))
    assert (value(found, "stray_line_count"), value(found, "stray_amount")) == (1, D("100.00"))
    assert (value(found, "last_month"), value(found, "missing_month_count")) == ("2025-03", 0)
    assert not found.failed_checks


def test_amounts_with_vat_or_of_an_unknown_basis_are_a_caveat(stored):
    lines = delivered.lines_taken()
    lines[0] |= {"vat_basis": "incl"}
    lines[1] |= {"vat_basis": "unknown"}
    found = analyse_intake(stored(taken=lines))
    assert (value(found, "vat_unclear_line_count"), value(found, "vat_unclear_amount")) == (2, D("300.00"))
    assert "vat_unclear" in found.caveats
    vat = found.tables["vat"]
    assert "net_amount" not in vat.columns
    read = {
        basis: amount for basis, amount in zip(vat["vat_basis"], vat["as_read_amount"], strict=True) if basis != "ex"
    }
    assert read == {"incl": D("100.00"), "unknown": D("200.00")}


def test_a_file_that_replaced_another_is_named(stored):
    loads = delivered.loads()
    loads[0]["sources"][0] |= {"replaces_hash": "h-old", "lines_replaced": 3, "amount_replaced": "90.00"}
    found = analyse_intake(stored(loads=loads))
    assert found.tables["replaced"].to_dict("records") == [
        {"source_name": "posteringer.csv", "replaced_line_count": 3, "replaced_amount": D("90.00")}
    ]
    assert value(found, "replaced_amount") == D("90.00")


def test_a_line_that_has_gone_makes_the_finding_fail(stored):
    found = analyse_intake(stored(taken=delivered.lines_taken()[1:]))
    assert [check.name for check in found.failed_checks] == [
        "read = taken in + held back + duplicates, per file and currency",
        "taken in, held back and duplicates are as the import said",
        "the control rows have as many lines as are stored",
    ]


def test_where_nothing_was_taken_in_the_account_still_closes(stored):
    loads = delivered.loads()
    loads[0]["sources"] = loads[0]["sources"][2:]
    found = analyse_intake(stored(loads=loads, taken=[], aside=[], controls=delivered.control_rows()[3:]))
    assert not found.failed_checks
    assert (value(found, "read_line_count"), value(found, "taken_share"), value(found, "unopened_count")) == (
        0,
        None,
        1,
    )
    assert found.tables["months"].empty


def test_without_an_import_there_is_nothing_to_say(municipality):
    with pytest.raises(NoDataError, match="Nothing has been imported"):
        analyse_intake(municipality)


# --- through the real import ----------------------------------------------------------------------------------------

LEDGER_FILE = (
    "Bilagsnummer;Fakturadato;CVR;Leverandør;Konto;Omkostningssted;Beløb ekskl. moms\r\n"
    "1;01-03-2025;99999993;Firma A;29;1;100,00\r\n"
    "2;01-03-2025;12345678;Firma B;29;1;200,00\r\n"
    "3;uden dato;99999993;Firma A;29;1;50,00\r\n"
    "4;01-05-2025;99999993;Firma A;29;1;hundrede\r\n"
)


def test_what_the_import_stored_is_what_it_said(municipality, tmp_path):
    from procurement_kit.intake.load import import_files

    path = tmp_path / "posteringer.csv"
    path.write_text(LEDGER_FILE, encoding="utf-8")
    report = import_files(municipality, [path], profile="ledger_dk").as_dict()
    found = analyse_intake(municipality)
    assert not found.failed_checks
    for part in ("read", "taken", "held_back", "duplicate"):
        assert value(found, f"{part}_line_count") == report[f"lines_{part}"]
        assert f"{value(found, f'{part}_amount'):.2f}" == report[f"amount_{part}"]
    assert set(found.tables["held_back"]["reason_key"]) == {"date_unreadable", "amount_unreadable"}
    assert list(found.tables["check_digits"]["printed_number"]) == ["12345678"]
    assert "missing_months" not in found.caveats
