"""How does a register as published become rows of our own, and what is held back?"""

import json
from datetime import date
from decimal import Decimal

import pytest

from procurement_kit.errors import InputNotFoundError, SettingsError, TableError
from procurement_kit.intake.register_profiles import (
    find_register_profile,
    read_published_register,
    register_profile_of,
)

PROFILE = {
    "name": "ours",
    "version": "1",
    "optional": ["contract_value_amount"],
    "missing": ["n/a"],
    "format": {"decimal_mark": ".", "date_formats": ["dd/mm/yyyy"]},
    "columns": {
        "contract_number": ["Ref", "No"],
        "contract_title": "Title",
        "supplier_name": "Contractor",
        "valid_from_date": "Start",
        "valid_to_date": "End",
        "contract_value_amount": "Value",
        "is_binding": "Kind",
    },
    "parts": {"supplier_number": {"column": "Details", "pattern": "reg ([0-9]{8})"}},
    "constants": {"contract_owner": "own", "is_binding": "ja"},
    "values": {"is_binding": {"Mandatory": "ja", "Optional": "nej"}},
}
HEADER = "no,TITLE,Contractor,Start,End,Value,Kind,Details\n"


def test_columns_parts_values_and_constants(tmp_path):
    path = tmp_path / "register.csv"
    rows = 'K1,"Paper\n  and ink",Papirhuset,01/02/2024,31/12/2025,"1,234.50",Optional,reg 12345678\n'
    path.write_text(HEADER + rows + "K2,Bread,Bageren,01/02/2024,31/12/2025,n/a,,\n", "utf-8")
    taken, held = read_published_register(path, register_profile_of(PROFILE, where="ours.toml"))
    assert held == []
    first, second = taken.values()
    assert first["contract_title"] == "Paper and ink"
    assert (first["valid_from_date"], first["valid_to_date"]) == (date(2024, 2, 1), date(2025, 12, 31))
    assert first["contract_value_amount"] == Decimal("1234.50")
    assert (first["is_binding"], first["supplier_number"], first["contract_owner"]) == (False, "12345678", "own")
    assert (second["is_binding"], second["supplier_number"]) == (True, None)
    assert second["contract_value_amount"] is None


def test_rows_that_cannot_be_used_are_held_back_with_every_reason(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text(HEADER + "K1,Paper,,01/02/2024,whenever,,,\nK2,Ink,Blæk,01/02/2024,01/03/2024,,,\n", "utf-8")
    taken, held = read_published_register(path, register_profile_of(PROFILE, where="ours.toml"))
    assert list(taken) == [3]
    (row,) = held
    assert (row.row, row.contract) == (2, "K1 · Paper")
    assert len(row.reasons) == 2
    assert "«Leverandør» is empty" in row.reasons


def test_headings_that_are_missing_are_said_at_once(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("Ref,Titel,Contractor,Start,Kind,Details\nK1,,,,,\n", "utf-8")
    with pytest.raises(TableError) as refused:
        read_published_register(path, register_profile_of(PROFILE, where="ours.toml"))
    assert len(refused.value.problems) == 2
    assert "contract_title: no heading «Title». Did you mean «Titel»?" in refused.value.problems


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colums": {}}, "«colums» is not known. Did you mean «columns»?"),
        ({"columns": PROFILE["columns"] | {"suplier_name": "x"}}, "Did you mean «supplier_name»?"),
        ({"format": {"decimal_mark": "'"}}, "decimal_mark"),
        ({"format": {"date_format": []}}, "«date_format» is not known"),
        ({"parts": {"supplier_number": {"pattern": "x"}}}, "needs a column"),
        ({"parts": {"supplier_number": {"column": "x", "pattern": "("}}}, "cannot be read"),
        ({"parts": {"supplier_number": {"column": "x", "pattern": "(a)(b)"}}}, "exactly one group"),
        ({"columns": {"contract_number": "x"}}, "supplier_name is needed"),
        ({"name": ""}, "name is missing"),
    ],
)
def test_a_profile_is_strict(change, said):
    with pytest.raises(SettingsError) as refused:
        register_profile_of(PROFILE | change, where="ours.toml")
    assert said in "\n".join(refused.value.problems)


def test_the_shipped_profile_reads_a_register_with_its_source_row(tmp_path):
    raw = json.dumps({"Company Reg No": "12345678"})
    header = "contract_id,title,supplier_name_raw,value,start_date,end_date,raw\n"
    path = tmp_path / "register.csv"
    path.write_text(header + f'7,Paper,Papirhuset,5.5,2024-01-01,2025-01-01,"{raw.replace(chr(34), chr(34) * 2)}"\n')
    (row,), held = (lambda taken, held: (list(taken.values()), held))(
        *read_published_register(path, find_register_profile("published_register"))
    )
    assert (row["supplier_number"], row["contract_owner"], held) == ("12345678", "own", [])


def test_an_unknown_profile_is_answered_with_the_nearest(municipality):
    with pytest.raises(InputNotFoundError, match="published_register"):
        find_register_profile("published_registr", municipality)


def test_the_municipalitys_own_profile_comes_first(municipality):
    folder = municipality.folder / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / "published_register.toml").write_text("name = ", "utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        find_register_profile("published_register", municipality)
