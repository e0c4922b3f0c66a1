"""How does a large spend cube look, for measuring analyses on more lines than any municipality has sent?

The engine makes the lines out of their numbers, so that ten million take seconds and the same seed gives the same file.
A tenth of the suppliers get most of the kroner; one document in twenty is a credit note; prices of an item spread.
"""

import hashlib
import tempfile
from pathlib import Path

LINES_PER_PART = 500_000
LINES_PER_DOCUMENT = 3
MUNICIPALITIES = ("ådal", "byrum", "ellested", "fjordby")
ENGINE_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "boolean": "BOOLEAN", "date": "DATE"}
# Of each line: its document, then what is drawn from the document (chance_…) and from the line (luck_…), 0 to 1.
_DRAWN = """
SELECT i, d, i % {per_document} + 1 AS position,
  chance(d, 1) AS chance_supplier, chance(d, 2) AS chance_day, chance(d, 3) AS chance_unit, chance(d, 4) AS chance_kind,
  chance(d, 5) AS chance_contract, chance(i, 6) AS luck_item, chance(i, 7) AS luck_price, chance(i, 8) AS luck_quantity,
  chance(d, 9) AS chance_place
FROM (SELECT range AS i, range // {per_document} AS d FROM range({first}, {after}))
"""
_PLACED = """
SELECT *, CAST(floor(power(chance_supplier, 3) * {suppliers}) AS BIGINT) AS s,
  CAST(floor(chance_place * {municipalities}) AS BIGINT) AS m, CAST(floor(chance_unit * 250) AS BIGINT) AS u,
  CAST(floor(luck_item * luck_item * 40) AS BIGINT) AS item,
  DATE '2024-01-01' + CAST(floor(chance_day * 731) AS INTEGER) AS day, chance_kind < 0.05 AS is_credit
FROM ({drawn})
"""
_PRICED = """
SELECT *, CAST(floor(chance(s * 40 + item, 10) * {codes}) AS BIGINT) AS c,
  CAST(round((5 + power(chance(s * 40 + item, 11), 4) * 4000) * (0.8 + 0.4 * luck_price), 2) AS DECIMAL(18,2)) AS price,
  CASE WHEN is_credit THEN -1 ELSE 1 END * CAST(1 + floor(luck_quantity * luck_quantity * 20) AS BIGINT) AS pieces
FROM ({placed})
"""
_AMOUNT = "CAST(price * pieces AS DECIMAL(18,2))"
_CODE = "list_extract([{codes}], CAST(c + 1 AS INTEGER))"
_CELLS = {
    "line_id": "'L' || i",
    "document_id": "md5('D' || d)",
    "document_number": "'F-' || d",
    "municipality_name": "list_extract([{municipalities}], CAST(m + 1 AS INTEGER))",
    "source_kind": "'ledger'",
    "source_name": "'posteringer.csv'",
    "document_type": "CASE WHEN is_credit THEN 'credit_note' ELSE 'invoice' END",
    "is_copy": "false",
    "invoice_date": "day",
    "posting_date": "day",
    "accounting_year": "year(day)",
    "supplier_number": "lpad(CAST(100000 + s AS VARCHAR), 8, '0')",
    "supplier_kind": "'company'",
    "supplier_name": "'Firma ' || s",
    "supplier_country": "'DK'",
    "supplier_key": "CASE WHEN s % 997 = 0 THEN NULL WHEN s % 101 = 0 THEN 'p:' || s ELSE 'n:' || s END",
    "supplier_label": "CASE WHEN s % 997 = 0 THEN NULL WHEN s % 101 = 0 THEN 'Privatperson' ELSE 'Firma ' || s END",
    "supplier_match": "CASE WHEN s % 997 = 0 THEN 'none' WHEN s % 101 = 0 THEN 'person' ELSE 'number' END",
    "supplier_match_score": "CASE WHEN s % 997 > 0 THEN 1 END",
    "supplier_group_key": "CASE WHEN s % 5 = 0 AND s % 101 > 0 THEN 'n:' || (s // 20 * 20 + 1) END",
    "supplier_group_label": "CASE WHEN s % 5 = 0 AND s % 101 > 0 THEN 'Firma ' || (s // 20 * 20 + 1) END",
    "supplier_size_class": "CASE WHEN s % 7 > 0 THEN list_extract(['micro', 'small', 'medium', 'large'], "
    "CAST(s % 4 + 1 AS INTEGER)) END",
    "supplier_municipality_name": "CASE WHEN s % 7 > 0 THEN "
    "list_extract([{municipalities}], CAST(s % 4 + 1 AS INTEGER)) END",
    "supplier_industry_code": "CASE WHEN s % 7 > 0 THEN '47' || lpad(CAST(s % 90 AS VARCHAR), 4, '0') END",
    "line_position": "position",
    "line_number": "CAST(position AS VARCHAR)",
    "item_name": "'Vare ' || s || '-' || item",
    "line_text": "'Vare nr. ' || item",
    "item_seller_number": "CASE WHEN item % 4 > 0 THEN s || '-' || item END",
    "item_gtin_number": "CASE WHEN item % 4 = 1 THEN '57' || lpad(CAST(s * 40 + item AS VARCHAR), 11, '0') END",
    "quantity": "pieces",
    "unit_code": "CASE WHEN item % 10 = 0 AND luck_quantity < 0.1 THEN 'PK' ELSE 'EA' END",
    "unit_price_amount": "price",
    "price_base_quantity": "1",
    "is_free_of_charge": "false",
    "document_amount": _AMOUNT,
    "document_net_amount": _AMOUNT,
    "document_currency": "'DKK'",
    "net_amount": _AMOUNT,
    "vat_basis": "'ex'",
    "account_number": "'40' || (c % 90)",
    "art_code": "CASE WHEN c % 3 = 0 THEN '49' ELSE '29' END",
    "main_art_code": "CASE WHEN c % 3 = 0 THEN '4' ELSE '2' END",
    "order_number": "CASE WHEN chance_contract < 0.5 THEN 'O' || d END",
    "privacy_level": "0",
    "privacy_hit_count": "0",
    "line_kind": "CASE WHEN position = 3 AND luck_item < 0.2 THEN 'freight' ELSE 'item' END",
    "has_usable_text": "true",
    "scope_status": "CASE WHEN chance_contract > 0.97 THEN 'transfer' ELSE 'in_scope' END",
    "unit_name": "'Enhed ' || m || '-' || u",
    "unit_center_name": "'Center ' || m || '-' || (u // 10)",
    "unit_division_name": "'Forvaltning ' || (u // 50)",
    "category_code": _CODE,
    "category_source": "CASE WHEN c % 9 = 0 THEN 'rule' ELSE 'model' END",
    "category_confidence": "0.95",
    "category_1_code": f"left({_CODE}, 2)",
    "category_2_code": f"left({_CODE}, 4)",
    "is_addressable": "chance_contract <= 0.9",
    "contract_number": "CASE WHEN chance_contract < 0.6 THEN 'K-' || (c % 80) END",
    "contract_status": "CASE WHEN chance_contract < 0.4 THEN 'on_contract' WHEN chance_contract < 0.5 "
    "THEN 'wrong_supplier' WHEN chance_contract <= 0.9 THEN 'no_known_contract' ELSE 'out_of_scope' END",
    "item_check": "CASE WHEN chance_contract < 0.4 THEN 'not_testable' END",
}  # fmt: skip


def supplier_count(lines: int) -> int:
    """How many suppliers a cube of that many lines has; never more than 60,000."""
    return min(60_000, max(20, lines // 50))


def write_cube(folder: Path, lines: int, seed: int) -> Path:
    """Write a spend cube of that many lines as Parquet parts, with all columns of the spend cube.

    Parameters
    ----------
    folder : Path
        Made where it is missing; `part-00000.parquet` and so on.
    lines : int
        Number of lines: two years, four municipalities, three lines a document.
    seed : int
        Another seed gives other lines.

    Returns
    -------
    Path
        The folder.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 2}) as engine:
        engine.execute(f"CREATE MACRO chance(n, k) AS (hash(n * 64 + k + {seed} * 1000003) % 1000003) / 1000003.0")
        for part, first in enumerate(range(0, lines, LINES_PER_PART)):
            query = _query(first, min(lines, first + LINES_PER_PART), lines)
            path = folder / f"part-{part:05d}.parquet"
            engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return folder


def kept_cube(lines: int, seed: int = 1) -> Path:
    """The folder of a cube under the system's temporary files, written on first use; other columns, another folder."""
    made_by = hashlib.sha256(_query(0, lines, lines).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"procurement_cube_{lines}_{seed}_{made_by}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            write_cube(Path(scratch) / "cube", lines, seed).rename(folder)
    return folder


def read_written(folder: Path):
    """The cube as an Ibis table of DuckDB with two threads."""
    import ibis

    return ibis.duckdb.connect(threads=2, memory_limit="3GB", temp_directory=str(folder / "spill")).read_parquet(
        str(folder / "*.parquet")
    )


def _query(first: int, after: int, lines: int) -> str:
    from procurement_kit.classifier.tree import standard_tree
    from procurement_kit.tables import INVOICE_LINES

    codes = [code for code in standard_tree().codes if len(code) == 4]
    drawn = _DRAWN.format(first=first, after=after, per_document=LINES_PER_DOCUMENT)
    placed = _PLACED.format(drawn=drawn, suppliers=supplier_count(lines), municipalities=len(MUNICIPALITIES))
    priced = _PRICED.format(placed=placed, codes=len(codes))
    names = {"codes": ", ".join(map(repr, codes)), "municipalities": ", ".join(map(repr, MUNICIPALITIES))}
    types = {name: ENGINE_TYPES.get(kind, kind) for name, kind in INVOICE_LINES.schema().items()}
    cells = ", ".join(
        f"CAST({_CELLS.get(name, 'NULL').format(**names)} AS {kind}) AS {name}" for name, kind in types.items()
    )
    return f"SELECT {cells} FROM ({priced})"
