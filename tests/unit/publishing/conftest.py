"""Findings made by hand, small enough to check in one's head, as the analyses return them."""

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from procurement_kit.findings import Check, Definition, Finding, Number
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.sentences import Writer

KR = Decimal
DEFINITION = Definition("formula", "numerator", "denominator", "left out", KR("400000.00"))


def numbers(kr: dict, share: dict, count: dict, text: dict | None = None) -> dict[str, Number]:
    """Numbers by unit, written as plain values."""
    found = {name: Number(None if value is None else KR(value), "kr") for name, value in kr.items()}
    found |= {name: Number(None if value is None else KR(value), "share") for name, value in share.items()}
    found |= {name: Number(value, "count") for name, value in count.items()}
    return found | {name: Number(value, "text") for name, value in (text or {}).items()}


def table(columns: str, *rows: tuple) -> pd.DataFrame:
    """A table from space-separated column names; amounts and shares as texts become decimals."""
    names = columns.split()
    frame = pd.DataFrame(list(rows), columns=names, dtype=object)
    for name in names:
        if name.endswith(("_amount", "_share")):
            frame[name] = [None if value is None else KR(value) for value in frame[name]]
    return frame


AREA = (
    "category_code category_name_da category_name_en purchase_type line_count document_count supplier_count net_amount "
    "net_share area_only_amount previous_amount change_share"
)


@pytest.fixture
def spend() -> Finding:
    """1.400.000 received, 1.000.000 analysed, 900.000 addressable; three areas, one of them not categorised."""
    return Finding(
        key="spend",
        numbers=numbers(
            {
                "received_amount": "1400000.00",
                "analysed_amount": "1000000.00",
                "addressable_amount": "900000.00",
                "exempt_amount": "100000.00",
                "unclassified_amount": "50000.00",
                "area_only_amount": "0.00",
                "to_clarify_amount": "0.00",
                "previous_analysed_amount": "800000.00",
                "largest_area_amount": "600000.00",
            },
            {
                "goods_share": "0.35",
                "unclassified_share": "0.05",
                "change_share": "0.25",
                "fixed_change_share": None,
                "addressable_share": "0.9",
            },
            {
                "line_count": 40,
                "document_count": 20,
                "supplier_count": 6,
                "month_count": 12,
                "previous_month_count": 12,
                "series_break_count": 0,
                "grouped_supplier_count": 0,
            },
            {
                "largest_area_name_da": "Pleje og omsorg",
                "largest_area_name_en": "Elderly care",
                "series_break_da": None,
                "series_break_en": None,
            },
        ),
        tables={
            "by_area": table(
                AREA,
                (
                    "04",
                    "Pleje og omsorg",
                    "Elderly care",
                    "services",
                    20,
                    10,
                    3,
                    "600000.00",
                    "0.6",
                    "0.00",
                    "500000.00",
                    "0.2",
                ),
                ("09", "Fødevarer", "Food", "goods", 15, 8, 2, "350000.00", "0.35", "0.00", "300000.00", "0.166667"),
                (None, None, None, None, 5, 2, 1, "50000.00", "0.05", "0.00", "0.00", None),
            ),
            "by_group": table(
                AREA.replace(" area_only_amount", ""),
                ("0401", "Hjemmepleje", "Home care", "services", 20, 10, 3, "600000.00", "0.6", "500000.00", "0.2"),
                ("0901", "Frugt og grønt", "Fruit", "goods", 15, 8, 2, "350000.00", "0.35", "300000.00", "0.166667"),
                (None, None, None, None, 5, 2, 1, "50000.00", "0.05", "0.00", None),
            ),
            "by_scope": table(
                "scope_status line_count document_count net_amount net_share",
                ("in_scope", 40, 20, "1000000.00", "0.714286"),
                ("public_payment", 4, 4, "300000.00", "0.214286"),
                ("transfer", 2, 2, "100000.00", "0.071429"),
            ),
            "top_suppliers": table(
                "supplier_rank supplier_key supplier_label supplier_group supplier_count line_count document_count "
                "net_amount net_share area_count unit_count",
                (1, "n:01", "Åløkke Pleje A/S", "supplier", None, 20, 10, "600000.00", "0.6", 1, 4),
                (2, "n:02", "=Grønt & Frugt ApS", "supplier", None, 15, 8, "350000.00", "0.35", 2, 3),
                (None, "persons", "Privatpersoner", "persons", 2, 5, 2, "50000.00", "0.05", None, None),
            ),
        },
        checks=(Check("by_area sums to analysed", True, "1000000.00 = 1000000.00"),),
        caveats=("unclassified",),
        definition=DEFINITION,
        parameters={"period": "2025"},
    )


@pytest.fixture
def tail() -> Finding:
    """Six suppliers; two bring the kroner to 80 %, three are small."""
    counts = {
        f"{name}_{what}": n
        for name, n in (("tail", 4), ("small", 3), ("rare", 1))
        for what in ("supplier_count", "document_count")
    }
    shares = {
        f"{name}_{what}_share": "0.5"
        for name in ("tail", "small", "rare")
        for what in ("supplier", "amount", "document")
    }
    return Finding(
        key="tail",
        numbers=numbers(
            {
                "analysed_amount": "1000000.00",
                "k80_amount": "850000.00",
                "amount_limit": "50000",
                "unknown_amount": "0.00",
                "tail_amount": "150000.00",
                "small_amount": "60000.00",
                "rare_amount": "10000.00",
            },
            {"k80_share": "0.333333", "top_group_document_share": "0.4", **shares},
            {
                "supplier_count": 6,
                "k80_count": 2,
                "document_count": 20,
                "invoice_limit": 3,
                "top_group_count": 5,
                **counts,
            },
        ),
        tables={
            "pareto": table(
                "supplier_rank supplier_key supplier_label line_count document_count net_amount cumulative_amount "
                "cumulative_share tail_segment",
                (1, "n:01", "Åløkke Pleje A/S", 20, 10, "600000.00", "600000.00", "0.6", "head"),
                (2, "n:02", "Grønt & Frugt ApS", 15, 8, "250000.00", "850000.00", "0.85", "head"),
                (3, "n:03", "Tredje A/S", 2, 1, "90000.00", "940000.00", "0.94", "tail"),
                (4, "n:04", "Fjerde A/S", 1, 1, "30000.00", "970000.00", "0.97", "tail"),
                (5, "n:05", "Femte A/S", 1, 1, "20000.00", "990000.00", "0.99", "tail"),
                (6, "n:06", "Sjette A/S", 1, 1, "10000.00", "1000000.00", "1", "tail"),
            ),
            "by_group": table(
                "category_code category_name_da category_name_en net_amount supplier_count small_supplier_count "
                "small_amount small_document_count small_document_share tail_supplier_count tail_amount "
                "tail_document_count inner_tail_supplier_count inner_tail_amount covered_amount tail_proposal",
                (
                    "0901",
                    "Frugt og grønt",
                    "Fruit",
                    "350000.00",
                    4,
                    2,
                    "40000.00",
                    2,
                    "0.67",
                    3,
                    "100000.00",
                    3,
                    1,
                    "10000.00",
                    "0.00",
                    "gather",
                ),
                (None, None, None, "50000.00", 1, 1, "20000.00", 1, "0.33", 1, "50000.00", 1, 0, "0.00", "0.00", None),
            ),
            "definitions": table(
                "definition supplier_count supplier_share net_amount net_share document_count document_share",
                ("spend_share", 4, "0.666667", "150000.00", "0.15", 4, "0.2"),
                ("amount", 3, "0.5", "60000.00", "0.06", 3, "0.15"),
                ("invoice_count", 4, "0.666667", "150000.00", "0.15", 4, "0.2"),
            ),
        },
        checks=(Check("by_group sums to analysed", True, "ok"),),
        caveats=(),
        definition=DEFINITION,
        parameters={"period": "2025"},
    )


@pytest.fixture
def findings(spend, tail, compliance, quality, not_reconciled) -> list[Finding]:
    """All five."""
    return [spend, tail, compliance, quality, not_reconciled]


@pytest.fixture
def writer(findings) -> Writer:
    """A Danish writer who knows all five findings and the period."""
    from datetime import date

    context = {
        "municipality": Number("Prøveby Kommune", "text"),
        "period": Number("2025", "text"),
        "first_date": Number(date(2025, 1, 1), "date"),
        "last_date": Number(date(2025, 12, 31), "date"),
    }
    return Writer(Formats("da"), {finding.key: finding for finding in findings}, context)


@pytest.fixture
def failing():
    """Turn a finding's checks into one that does not hold."""

    def fail(finding: Finding) -> Finding:
        return replace(finding, checks=(Check("by_area sums to analysed", False, "1 ≠ 2"),))

    return fail


RATES = (
    "net_amount on_contract_amount wrong_supplier_amount no_known_contract_amount undecidable_amount coverage_share "
    "binding_on_contract_amount leak_amount loyalty_share"
)
RATED = ("900000.00", "300000.00", "100000.00", "450000.00", "50000.00", "0.444444", "300000.00", "100000.00", "0.75")


@pytest.fixture
def compliance() -> Finding:
    """900.000 addressable: 300.000 on contract, 100.000 wrong supplier, 450.000 without, 50.000 undecidable."""
    return Finding(
        key="compliance",
        numbers=numbers(
            {
                "addressable_amount": "900000.00",
                "covered_amount": "400000.00",
                "uncovered_amount": "450000.00",
                "binding_amount": "400000.00",
                "call_list_amount": "100000.00",
                "on_contract_amount": "300000.00",
                "wrong_supplier_amount": "100000.00",
                "no_known_contract_amount": "450000.00",
                "undecidable_amount": "50000.00",
                "binding_on_contract_amount": "300000.00",
                "leak_amount": "100000.00",
            },
            {
                "coverage_share": "0.444444",
                "uncovered_share": "0.5",
                "undecidable_share": "0.055556",
                "loyalty_share": "0.75",
            },
            {"contract_count": 2, "leak_count": 1, "mostly_undecided": 0},
        ),
        tables={
            "by_status": table(
                "contract_status line_count document_count net_amount net_share",
                ("no_known_contract", 18, 9, "450000.00", "0.5"),
                ("wrong_supplier", 5, 3, "100000.00", "0.111111"),
                ("on_contract", 12, 6, "300000.00", "0.333333"),
                ("undecidable", 3, 2, "50000.00", "0.055556"),
            ),
            "by_area": table(
                f"category_code category_name_da category_name_en {RATES}", ("09", "Fødevarer", "Food", *RATED)
            ),
            "by_division": table(f"unit_division_name {RATES}", ("Børn og Unge", *RATED)),
            "by_quarter": table(f"quarter_name {RATES}", ("2025Q1", *RATED)),
            "leaks": table(
                "unit_name category_code supplier_key supplier_label contract_number category_name_da "
                "category_name_en line_count document_count net_amount",
                (
                    "Skolevangen",
                    "0901",
                    "n:09",
                    "Niende A/S",
                    "A-2024-01",
                    "Frugt og grønt",
                    "Fruit",
                    5,
                    3,
                    "100000.00",
                ),
            ),
        },
        checks=(Check("by_status sums to addressable", True, "900000.00 = 900000.00"),),
        caveats=("undecidable",),
        definition=DEFINITION,
        parameters={"period": "2025"},
    )


@pytest.fixture
def without_contracts(compliance) -> Finding:
    """The same municipality before it has delivered its list of contracts."""
    changed = {
        "contract_count": Number(0, "count"),
        "leak_count": Number(0, "count"),
        "mostly_undecided": Number(0, "count"),
        "leak_amount": Number(KR("0.00"), "kr"),
        "coverage_share": Number(KR("0"), "share"),
        "loyalty_share": Number(None, "share"),
    }
    return replace(compliance, numbers={**compliance.numbers, **changed}, caveats=("no_contracts",))


@pytest.fixture
def quality() -> Finding:
    """95 % of the kroner are placed; 97 % of them are right."""
    return Finding(
        key="quality",
        numbers=numbers(
            {
                "analysed_amount": "1000000.00",
                "classified_amount": "950000.00",
                "unclassified_amount": "50000.00",
                "textless_amount": "20000.00",
                "vat_incl_amount": "0.00",
                "vat_unknown_amount": "0.00",
                "vat_unsure_amount": "0.00",
                "to_clarify_amount": "0.00",
            },
            {
                "classified_share": "0.95",
                "unclassified_share": "0.05",
                "review_share": "0.05",
                "rule_share": "0.3",
                "model_share": "0.6",
                "followed_share": "0",
                "textless_share": "0.02",
                "vat_incl_share": "0",
                "vat_unknown_share": "0",
                "vat_unsure_share": "0",
                "right_share": "0.97",
            },
            {
                "textless_line_count": 2,
                "vat_incl_line_count": 0,
                "vat_unknown_line_count": 0,
                "vat_unsure_line_count": 0,
                "vat_noted": 0,
                "masked_count": 1,
                "no_exchange_rate_line_count": 0,
                "to_clarify_line_count": 0,
            },
        ),
        tables={
            "by_source": table(
                "category_source line_count document_count net_amount net_share",
                ("review", 1, 1, "50000.00", "0.05"),
                ("rule", 9, 5, "300000.00", "0.3"),
                ("model", 25, 12, "600000.00", "0.6"),
                ("unclassified", 5, 2, "50000.00", "0.05"),
            ),
            "accuracy": table(
                "split_name category_level measure_name measured_share",
                ("unseen-suppliers", 1, "accuracy_lines", "0.91"),
                ("unseen-suppliers", 1, "macro_f1", "0.85"),
            ),
        },
        checks=(Check("by_source sums to analysed", True, "ok"),),
        caveats=("unclassified", "textless"),
        definition=DEFINITION,
        parameters={"period": "2025"},
    )


BY_ART = (
    "budget_part art_code art_name line_count accounts_amount data_amount difference_amount covered_share "
    "explained_amount unexplained_amount explanation"
)


@pytest.fixture
def reconciliation() -> Finding:
    """1.000.000 in the accounts, 970.000 in the data; 20.000 of the difference explained, 10.000 not."""
    return Finding(
        key="reconciliation",
        numbers=numbers(
            {
                "accounts_amount": "1000000.00",
                "data_amount": "970000.00",
                "difference_amount": "30000.00",
                "explained_amount": "20000.00",
                "unexplained_amount": "10000.00",
                "found_amount": "990000.00",
                "missing_amount": "10000.00",
                "surplus_amount": "0.00",
                "no_art_amount": "50000.00",
                "rounding_amount": "1500",
                "moved_in_amount": "7000.00",
                "moved_out_amount": "0.00",
            },
            {"found_share": "0.99", "surplus_share": "0"},
            {"account_row_count": 3, "no_art_line_count": 4},
            {"accounting_years": "2025"},
        ),
        tables={
            "by_art": table(
                BY_ART,
                (
                    "operations",
                    "29",
                    "29",
                    20,
                    "800000.00",
                    "720000.00",
                    "80000.00",
                    "0.9",
                    "70000.00",
                    "10000.00",
                    "Interne fakturaer",
                ),
                ("investment", None, None, 2, "200000.00", "200000.00", "0.00", "1", "0.00", "0.00", None),
                ("no_art", None, None, 4, "0.00", "50000.00", "-50000.00", None, "-50000.00", "0.00", "E-fakturaer"),
            ),
            "left_out": table(
                "scope_status art_code art_name line_count accounts_amount data_amount",
                ("payroll", "1", "1", 0, "900000.00", "0.00"),
            ),
        },
        checks=(Check("differences add up", True, "30000.00 = 30000.00"),),
        caveats=("unexplained", "lines_without_art"),
        definition=DEFINITION,
        parameters={"period": "2025"},
    )


@pytest.fixture
def not_reconciled(reconciliation) -> Finding:
    """The same municipality before it has delivered its accounts."""
    nothing = {
        name: Number(0 if number.unit == "count" else None, number.unit)
        for name, number in reconciliation.numbers.items()
    }
    empty = {name: rows.head(0) for name, rows in reconciliation.tables.items()}
    return replace(reconciliation, numbers=nothing, tables=empty, caveats=("no_accounts",))


@pytest.fixture
def small_recipe(tmp_path):
    """A recipe of its own: five numbers, a page with a figure, a page with a table, definitions."""
    pages = (
        'key = "summary"\nnumber = 1\nlayout = "summary"\nfindings = ["spend", "tail", "compliance", "quality"]',
        'key = "areas"\nnumber = 3\nfindings = ["spend"]\nfigure = "spend_by_area"',
        'key = "tail"\nnumber = 7\nfindings = ["tail"]\ntable = "tail.definitions"',
    )
    head = 'title = {da = "Rapport", en = "Report"}\nnotebook = "20_municipal_report"\noutputs = ["report.html"]\n'
    head += 'language = "setting"\nedition = "internal"\n'
    path = tmp_path / "small.toml"
    path.write_text(head + "".join(f"[[pages]]\n{page}\n" for page in pages), encoding="utf-8")
    return path
