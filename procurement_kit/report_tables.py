"""Which columns do the tables have that only a report needs: price indices, and what comes next?"""

from procurement_kit.columns import DATE, TEXT, WHOLE, Column, Table

INDEX_KINDS = ("art", "area", "all")
LEVERS = ("use_contract", "tender", "consolidate")
EFFORTS = ("S", "M", "L")

PRICE_INDICES = Table("price_indices", "Prisindeks", "How prices and wages have moved from year to year, so that growth can be shown in fixed prices; only confirmed rows count.", (
    Column("index_kind", TEXT, "Gælder", "What it holds for: an art, an area of the category tree, or all; the first that fits is used, in that order.", required=True, allowed=INDEX_KINDS, example="art"),
    Column("index_code", TEXT, "Kode", "Art (one or two digits) or area code; empty for all.", example="29"),
    Column("index_year", WHOLE, "År", "Calendar year.", required=True, example="2025"),
    Column("index_value", "decimal(18,4)", "Indeks", "Level of prices in that year; any base, the same in all rows of a code.", required=True, example="103,2"),
    Column("source", TEXT, "Kilde", "Where it is from.", required=True, example="KL's skøn, marts 2026"),
    Column("confirmed_by", TEXT, "Bekræftet af (funktion)", "Function, never a name; empty = not used.", example="økonomichefen"),
    Column("confirmed_date", DATE, "Dato", "When.", example="15-03-2026"),
), key=("index_kind", "index_code", "index_year"), is_template=True)  # fmt: skip

OPPORTUNITY_STEPS = Table("opportunity_steps", "Næste skridt", "Who owns a lever in a category group, how much work it is and what comes next; what it may bring stands in lever_ranges.", (
    Column("lever", TEXT, "Greb", "What is done.", required=True, allowed=LEVERS, example="use_contract"),
    Column("category_code", TEXT, "Kategorikode", "Category group; empty = every group without a row of its own.", example="1801"),
    Column("effort", TEXT, "Indsats", "S, M or L.", allowed=EFFORTS, example="M"),
    Column("owner_function", TEXT, "Ejer (funktion)", "Function, never a name.", example="indkøbschefen"),
    Column("next_step", TEXT, "Næste skridt", "Begins with a verb.", example="Afklar sortimentet med skolerne"),
    Column("due_date", DATE, "Dato", "When the next step is done.", example="30-06-2026"),
), key=("lever", "category_code"), is_template=True)  # fmt: skip

REPORT_TABLES = (PRICE_INDICES, OPPORTUNITY_STEPS)
