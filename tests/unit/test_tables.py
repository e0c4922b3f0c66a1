"""Is the list of columns sound?"""

import re

import ibis
import pytest

from procurement_kit.columns import require
from procurement_kit.errors import TableError
from procurement_kit.review.audit_tables import DRAWN
from procurement_kit.tables import INVOICE_LINES, SCOPE_STATUSES, STEPS, TABLES

CANONICAL_FIELDS = [
    "source_kind",
    "source_sha256",
    "source_row",
    "format_id",
    "doc_type",
    "doc_id",
    "doc_uuid",
    "is_copy",
    "voucher_no",
    "invoice_date",
    "posting_date",
    "delivery_from",
    "delivery_to",
    "supplier_cvr",
    "supplier_id",
    "supplier_scheme",
    "supplier_kind",
    "supplier_name",
    "payee_id",
    "buyer_gln",
    "buyer_unit",
    "buyer_ref",
    "line_id",
    "parent_line_id",
    "item_name",
    "item_text",
    "item_seller_id",
    "item_gtin",
    "item_buyer_id",
    "quantity",
    "unit_code",
    "unit_price",
    "price_base_qty",
    "price_factor",
    "line_allowance",
    "line_charge",
    "free_of_charge",
    "net_amount",
    "net_after_doc_ac",
    "currency",
    "net_dkk",
    "fx_rate",
    "fx_source",
    "vat_basis",
    "vat_category",
    "vat_rate",
    "unspsc",
    "unspsc_version",
    "cpv",
    "accounting_raw",
    "art",
    "hovedart",
    "hovedkonto_funktion",
    "dranst",
    "order_ref",
    "order_line",
    "contract_ref",
    "project_ref",
    "credits_doc_id",
    "scope",
    "scope_rule",
    "pii_level",
    "pii_hits",
    "checks",
]


def test_every_field_of_the_canonical_invoice_line_has_a_column():
    carried = {column.intake_field for column in INVOICE_LINES.columns}
    assert set(CANONICAL_FIELDS) - carried == set()


def test_types_are_ibis_types_and_no_amount_is_a_float():
    for table in (*TABLES, *DRAWN):
        schema = ibis.schema(table.schema())
        assert len(schema) == len(table.columns)
        assert not any(dtype.is_floating() for dtype in schema.types)
        assert all(schema[c].is_decimal() for c in schema if c.endswith("_amount"))


def test_names_are_lower_case_and_unique_and_every_column_is_explained():
    for table in (*TABLES, *DRAWN):
        assert len(set(table.names)) == len(table.names)
        for column in table.columns:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
            assert column.heading and column.meaning.endswith((".", ")")), column.name


def test_headings_are_unique_within_a_table_so_that_a_template_can_be_read_back():
    for table in (*TABLES, *DRAWN):
        headings = [c.heading.casefold() for c in table.columns]
        assert len(set(headings)) == len(headings), table.name


def test_each_step_adds_columns_in_the_order_of_the_way():
    order = [STEPS.index(column.added_by) for column in INVOICE_LINES.columns]
    assert order == sorted(order)
    assert set(order) == set(range(len(STEPS)))


def test_every_status_has_its_words():
    assert "in_scope" in SCOPE_STATUSES and "no_exchange_rate" in SCOPE_STATUSES
    assert INVOICE_LINES["contract_status"].allowed == (
        "out_of_scope",
        "no_known_contract",
        "wrong_supplier",
        "on_contract",
        "undecidable",
    )


def test_missing_columns_are_named_all_at_once_with_a_hint():
    with pytest.raises(TableError) as caught:
        require(["suplier_name", "amount"], ["supplier_name", "invoice_date"], where="x.csv")
    assert len(caught.value.problems) == 2
    assert "«suplier_name»" in caught.value.problems[0]
