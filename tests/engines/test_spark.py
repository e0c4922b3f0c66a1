"""Do DuckDB and Spark find the same, to the øre?

The same 200 lines as Parquet, the same steps with the same stored lookups, the same analyses; every number, table and
check is compared exactly.
"""

import json
import os
import shutil
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from procurement_kit import folders, store
from procurement_kit.analyses.compliance import analyse_compliance
from procurement_kit.analyses.concentration import analyse_concentration
from procurement_kit.analyses.e_trade import analyse_e_trade
from procurement_kit.analyses.framework_use import analyse_framework_use
from procurement_kit.analyses.joint_tenders import find_joint_tenders
from procurement_kit.analyses.kpis import analyse_kpis
from procurement_kit.analyses.kraljic import analyse_kraljic
from procurement_kit.analyses.overlap import analyse_overlap
from procurement_kit.analyses.prices import analyse_prices
from procurement_kit.analyses.quality import analyse_quality
from procurement_kit.analyses.small_purchases import analyse_small_purchases
from procurement_kit.analyses.spend import analyse_spend
from procurement_kit.analyses.supplier_changes import analyse_supplier_changes
from procurement_kit.analyses.supplier_identity import analyse_supplier_identity
from procurement_kit.analyses.supplier_profile import analyse_supplier_profile
from procurement_kit.analyses.tail import analyse_tail
from procurement_kit.analyses.tenders import screen_tenders
from procurement_kit.classifier.tree import standard_tree
from procurement_kit.e_trade_basis import ETradeBasis
from procurement_kit.kpi_basis import KpiBasis
from procurement_kit.steps.agreed_prices import read_agreed_prices
from procurement_kit.steps.categories import CATEGORY_LOOKUP_TYPES, LOOKUP_NAME
from procurement_kit.steps.spend_cube import build_cube, read_cube, read_record
from procurement_kit.steps.tender_inputs import read_light_ranges, read_thresholds
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES
from procurement_kit.tender_basis import KnownContract, TenderBasis
from tests.conftest import complete_lines

LINE_COUNT = 200
NAMES = ("Ærø Færge A/S", "Åens Øl", "Papirhuset", "Arkfirmaet ApS", None, "Rigshospitalet", "Aalborg Kommune")
ARTS = ("22", "29", "49", None, "47", "59", "45")
ITEMS = ("Kopipapir A4", "Kørestol", None, "jf. aftale", "El")
CATEGORIES = {"Kopipapir A4": ("18", "1801"), "Kørestol": ("05", "0501"), "El": ("14", None)}
THOROUGH = "PROCUREMENT_THOROUGH" in os.environ
FINDINGS = (
    "spend",
    "tail",
    "supplier_identity",
    "compliance",
    "quality",
    "concentration",
    "supplier_changes",
    "small_purchases",
    pytest.param("prices", marks=pytest.mark.skipif(not THOROUGH, reason="minutes on Spark: set PROCUREMENT_THOROUGH")),
    "kraljic",
    "supplier_profile",
    "overlap",
    "e_trade",
    "kpis",
    "tenders",
    "joint_tenders",
    "framework_use",
)
TRADED = ETradeBasis("order_number", (), frozenset({"1801"}), "contracts")
KPIS = KpiBasis("prøveby", {"prøveby": "Prøveby"}, {"prøveby": TRADED}, {})
CONTRACT = KnownContract(
    "prøveby", "K-1", "Papir", ("1801",), date(2024, 1, 1), date(2025, 12, 31), maximum=Decimal(90000)
)
TENDERS = TenderBasis((CONTRACT,), read_thresholds(), read_light_ranges(), {"prøveby": "Prøveby", "nabo": "Naboby"})
SCORES = (
    {
        "category_code": "1801",
        "supply_risk_score": 4,
        "reason": "prøve",
        "scored_by": "indkøb",
        "scored_date": date(2025, 1, 1),
    },
)
CARD = {"accuracy": {"new_supplier": {"2": {"claimed_right_share": 0.93}}}}


def a_line(n: int) -> dict:
    """Line number n: awkward amounts, empty cells, credits, persons and foreign money among them."""
    name, is_person, is_foreign = NAMES[n % 7], n % 23 == 0, n % 41 == 0
    amount = (Decimal(n * n * 37 + 11) / 100 - Decimal("0.07") * n).quantize(Decimal("0.01"))
    return {
        "line_id": f"L{n:04}",
        "document_id": f"D{n // 3:04}",
        "supplier_name": "Privatperson" if is_person else name,
        "supplier_number": None if n % 5 == 0 or is_person or not name else f"1000000{n % 7}",
        "supplier_kind": "person" if is_person else "company",
        "supplier_account_number": f"token-{n % 2}" if is_person else None,
        "item_name": ITEMS[n % 5],
        "line_kind": ("item", "item", "freight", "fee", "item", "item", "item")[n % 7],
        "art_code": ARTS[n % 7 - n % 3],
        "buyer_unit_number": "0815" if n % 4 else None,
        "item_seller_number": "10045" if n % 2 else None,
        "unit_code": "CT",
        "unit_price_amount": Decimal("13.250000") + n % 3,
        "invoice_date": date(2024, 7, 1) + timedelta(days=n * 2),
        "document_currency": "SEK" if is_foreign else "DKK",
        "net_amount": None if is_foreign else -amount if n % 11 == 0 else amount,
        "document_net_amount": amount,
        "privacy_hit_count": n % 2,
    }


FILES = {
    "contracts.csv": "Aftalenummer;Titel;Kategorier;CVR-nummer;Leverandør;Gælder fra;Gælder til;Forpligtende\n"
    "K-1;Papir;1801;10000002;Papirhuset;01-01-2024;31-12-2025;ja\n"
    "K-2;Kontor;18;10000003;Arkfirmaet;01-03-2025;31-12-2026;nej\n"
    "K-3;Kørestole;0501;;Åens Øl;01-01-2025;30-06-2025;ja\n",
    "contract_items.csv": "Aftalenummer;Varenummer;Måleenhed;Aftalt pris\nK-1;10045;CT;14,25\n",
    "supplier_links.csv": "Art;CVR-nummer fra;CVR-nummer til;Gælder fra;Kilde\ngroup;10000002;10000003;01-03-2025;aftalt\n",
    "company_register.csv": "CVR-nummer;Antal ansatte;Kommune\n10000002;20-49;Ærø\n10000003;250;Demo\n",
    "units.csv": "Omkostningssted;Enhed;Center;Forvaltning;Gælder til\n0815;Skolen på Ærø;;Børn og Ældre;30-06-2025\n",
}


def write_categories(municipality) -> None:
    """One row per distinct value of the features, as the classify command would write it."""
    schema = store.arrow_schema(CATEGORY_LOOKUP_TYPES)
    units = (None, "Skolen på Ærø")
    keys = {
        (line.get("supplier_number"), line["supplier_name"], line["item_name"])
        for line in map(a_line, range(LINE_COUNT))
    }
    rows = []
    for supplier_number, supplier_name, item_name in sorted(keys, key=str):
        if item_name not in CATEGORIES:
            continue
        area, group = CATEGORIES[item_name]
        row = dict.fromkeys((*CLASSIFIER_FEATURES, *schema.names)) | {
            "supplier_number": supplier_number,
            "supplier_name": supplier_name,
            "item_name": item_name,
            "unit_code": "CT",
            "category_code": group or area,
            "category_source": "model",
            "category_confidence": Decimal("0.912345"),
            "category_1_code": area,
            "category_2_code": group,
        }
        rows += [{**row, "unit_name": unit} for unit in units]
    table = pa.Table.from_pylist(rows, schema=schema)
    store.write_lookup(municipality, LOOKUP_NAME, CATEGORY_LOOKUP_TYPES, [table])


def fill(municipality) -> None:
    schema = store.arrow_schema(INVOICE_LINES.schema("intake"))
    lines = complete_lines([a_line(n) for n in range(LINE_COUNT)])
    rows = [{name: line.get(name) for name in schema.names} for line in lines]
    with store.new_load(municipality, "first") as folder:
        with store.parquet_parts(folder / "lines", schema, rows_per_part=90) as write:
            for start in range(0, LINE_COUNT, 50):
                write(pa.Table.from_pylist(rows[start : start + 50], schema=schema))
        folders.write_text(folder / "load.json", json.dumps({"load_key": "first", "sources": []}))
    write_categories(municipality)
    for name, text in FILES.items():
        (municipality.folder / name).write_text(text, "utf-8")


def doubts_of(cube) -> pd.DataFrame:
    """The first suppliers by key, each in doubt with the next."""
    found = cube.filter(cube.supplier_key.notnull(), cube.supplier_match != "person")
    keys = sorted(set(found.supplier_key.to_pyarrow().to_pylist()))[:4]
    sides = ("left_name", "left_number", "right_name", "right_number", "match_score")
    pairs = [{**dict.fromkeys(sides), "left_key": left, "right_key": right} for left, right in zip(keys, keys[1:])]
    return pd.DataFrame(pairs, dtype=object)


def with_prices(cube):
    """The lines with quantities that explain their amounts: credits, and the smaller lines in a pack of three."""
    pieces = (cube.net_amount.fill_null(0) < 0).ifelse(-2, 2)
    packs = (cube.net_amount.abs() < 6000).fill_null(False).ifelse(3, 1)
    price = (cube.unit_price_amount * packs).cast("decimal(18,6)")
    amount = (price * pieces).cast("decimal(18,2)")
    return cube.mutate(quantity=pieces.cast("decimal(18,3)"), unit_price_amount=price, document_amount=amount)


def of_two(cube):
    """The lines as if two municipalities had bought them."""
    return cube.mutate(municipality_name=(cube.document_id < "D0030").ifelse("prøveby", "nabo"))


def findings_of(municipality) -> dict:
    build_cube(municipality)
    cube, tree = read_cube(municipality), standard_tree()
    found = (
        analyse_spend(cube, period="2025", tree=tree),
        analyse_tail(cube, period="2025", tree=tree),
        analyse_compliance(cube, period="2025", tree=tree),
        analyse_supplier_identity(cube, period="2025", doubtful=doubts_of(cube)),
        analyse_concentration(cube, period="2025", tree=tree),
        analyse_supplier_changes(cube, period="2025"),
        analyse_small_purchases(cube, period="2025", tree=tree),
        analyse_quality(cube, period="2025", card=CARD),
        analyse_kraljic(cube, SCORES, period="2025", tree=tree),
        analyse_supplier_profile(cube, period="2025", tree=tree),
        analyse_overlap(cube, period="2025", between="unit", tree=tree),
        analyse_e_trade(cube, period="2025", tree=tree, basis=TRADED),
        analyse_kpis(cube, period="2025", basis=KPIS),
        screen_tenders(cube, period="2025", tree=tree, basis=TENDERS),
        find_joint_tenders(of_two(cube), period="2025", tree=tree, basis=TENDERS),
        analyse_framework_use(cube, period="2025", basis=TENDERS),
    )
    if THOROUGH or municipality.engine == "duckdb":
        agreed = read_agreed_prices(municipality)
        found += (analyse_prices(with_prices(cube), period="2025", agreed=agreed, by="supplier"),)
    rows = sorted(cube.to_pyarrow().to_pylist(), key=lambda row: row["line_id"])
    return {"findings": {finding.key: finding for finding in found}, "rows": rows, "record": read_record(municipality)}


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """What DuckDB and Spark find in two copies of the same folder."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: uv sync --group spark")
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        pytest.skip("Spark needs Java, and no Java was found")
    home = tmp_path_factory.mktemp("engines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCUREMENT_DATA", str(home / "data"))
        patch.setenv("PROCUREMENT_KEYS", str(home / "keys"))
        (home / "data").mkdir()
        duckdb = store.create_municipality("prøveby")
        fill(duckdb)
        shutil.copytree(duckdb.folder, home / "data" / "spark")
        spark = replace(duckdb, engine="spark", folder=home / "data" / "spark")
        found = {"duckdb": findings_of(duckdb), "spark": findings_of(spark)}
        store.connect(spark).disconnect()
        return found


def test_the_cube_is_the_same_line_by_line(engines):
    assert len(engines["duckdb"]["rows"]) == LINE_COUNT
    assert engines["spark"]["rows"] == engines["duckdb"]["rows"]


def test_lines_and_kroner_after_each_step_are_the_same(engines):
    assert engines["spark"]["record"]["steps"] == engines["duckdb"]["record"]["steps"]
    assert engines["spark"]["record"]["caveats"] == engines["duckdb"]["record"]["caveats"]


@pytest.mark.parametrize("key", FINDINGS)
def test_every_number_check_and_caveat_is_the_same(engines, key):
    ours, theirs = engines["duckdb"]["findings"][key], engines["spark"]["findings"][key]
    assert theirs.numbers == ours.numbers
    assert theirs.checks == ours.checks
    assert theirs.caveats == ours.caveats
    assert theirs.definition == ours.definition
    assert not ours.failed_checks


@pytest.mark.parametrize("key", FINDINGS)
def test_every_table_is_the_same_row_by_row(engines, key):
    ours, theirs = engines["duckdb"]["findings"][key], engines["spark"]["findings"][key]
    assert list(theirs.tables) == list(ours.tables)
    for name, table in ours.tables.items():
        assert list(theirs.tables[name].columns) == list(table.columns)
        assert theirs.tables[name].to_numpy().tolist() == table.to_numpy().tolist(), name


def test_the_lines_are_such_that_equality_means_something(engines):
    rows = engines["duckdb"]["rows"]
    assert {"model", "accessory", "scope", "unclassified"} == {row["category_source"] for row in rows}
    for column, least in (("scope_status", 5), ("contract_status", 5), ("supplier_match", 4), ("item_check", 4)):
        assert len({row[column] for row in rows}) >= least, column
    assert any((row["net_amount"] or 0) < 0 for row in rows)
    prices = engines["duckdb"]["findings"]["prices"].numbers
    assert all(prices[name].value for name in ("overpaid_amount", "other_pack_line_count", "credited_amount"))
    assert len({(row["supplier_group_key"], row["supplier_size_class"]) for row in rows}) >= 3
