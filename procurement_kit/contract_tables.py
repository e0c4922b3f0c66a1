"""Which columns do the tables around contracts have: register, participants, agreed prices, targets?"""

from procurement_kit.columns import DATE, FLAG, KRONER, QUANTITY, TEXT, WHOLE, Column, Table

SHARE = "decimal(18,4)"
FINDING_KINDS = ("requirement_not_met", "wrong_price", "missing_delivery", "extra_saving")
FINDING_STATUSES = ("open", "raised", "closed", "given_up")
LEVER_NAMES = ("use_contract", "tighten_contract", "tender", "consolidate")

CONTRACTS = Table("contracts", "Aftaler", "One row per contract, or per lot and supplier of a contract.", (
    Column("contract_number", TEXT, "Aftalenummer", "Number of the contract.", required=True, example="A-2024-01"),
    Column("lot_number", TEXT, "Delaftale", "Lot, empty where there is one only.", example="1"),
    Column("contract_title", TEXT, "Titel", "Title.", required=True, example="Kontorartikler"),
    Column("category_codes", TEXT, "Kategorier", "Category codes covered, separated by spaces; a parent covers its children.", example="1801 1803"),
    Column("supplier_number", TEXT, "CVR-nummer", "Company number of the supplier.", example="01234567"),
    Column("supplier_name", TEXT, "Leverandør", "Name of the supplier.", required=True, example="Eksempel Kontor A/S"),
    Column("participant_names", TEXT, "Deltagere", "Municipalities that take part, separated by spaces; empty = the one whose register this is.", example=""),
    Column("valid_from_date", DATE, "Gælder fra", "First day.", required=True, example="01-01-2024"),
    Column("valid_to_date", DATE, "Gælder til", "Last day without options; empty = until it is ended.", example="31-12-2026"),
    Column("option_to_date", DATE, "Option til", "Last day if options are used.", example="31-12-2028"),
    Column("is_option_used", FLAG, "Option udnyttet", "Options are in use.", example="nej"),
    Column("is_binding", FLAG, "Forpligtende", "Must be used; empty counts as binding.", example="ja"),
    Column("binding_from_date", DATE, "Forpligtende fra", "Binding from this day, where later than the start.", example=""),
    Column("is_e_tradable", FLAG, "E-handel mulig", "Can be ordered electronically.", example="ja"),
    Column("contract_owner", TEXT, "Aftaleejer", "Who made it.", allowed=("own", "community", "ski", "other"), example="own"),
    Column("contract_value_amount", KRONER, "Anslået værdi", "Estimated value over the whole term.", example="4.500.000,00"),
    Column("maximum_amount", KRONER, "Maksimum", "Maximum value of a framework agreement.", example="6.000.000,00"),
    Column("maximum_quantity", QUANTITY, "Maksimal mængde", "Maximum quantity of a framework agreement, where it is not given as a value.", example=""),
    Column("maximum_quantity_unit", TEXT, "Mængdeenhed", "Unit the maximum quantity is counted in.", example=""),
    Column("notice_month_count", WHOLE, "Opsigelse (mdr.)", "Months of notice.", example="6"),
), is_template=True)  # fmt: skip

CONTRACT_PARTICIPANTS = Table("contract_participants", "Aftaledeltagere", "Which municipalities take part in a contract, and from when.", (
    Column("contract_number", TEXT, "Aftalenummer", "Contract.", required=True, example="A-2024-01"),
    Column("municipality_name", TEXT, "Kommune", "Folder name of the municipality.", required=True, example="demo"),
    Column("joined_date", DATE, "Tiltrådt", "From when it takes part.", required=True, example="01-01-2024"),
    Column("is_binding", FLAG, "Forpligtende", "Binding for this participant.", example="ja"),
), is_template=True)  # fmt: skip

CONTRACT_ITEMS = Table("contract_items", "Aftalevarer", "Items and agreed prices of a contract.", (
    Column("contract_number", TEXT, "Aftalenummer", "Contract.", required=True, example="A-2024-01"),
    Column("item_number", TEXT, "Varenummer", "Seller's item number.", required=True, example="10045"),
    Column("item_name", TEXT, "Varenavn", "Name.", example="Kopipapir A4 80 g, 5x500"),
    Column("unit_code", TEXT, "Måleenhed", "Unit the price is for.", required=True, example="CT"),
    Column("agreed_price_amount", KRONER, "Aftalt pris", "Price excl. VAT per unit.", required=True, example="132,50"),
    Column("valid_from_date", DATE, "Gælder fra", "From this day; empty = as the contract.", example=""),
), is_template=True)  # fmt: skip

TARGETS = Table("targets", "Mål", "Targets the municipality has set.", (
    Column("target_key", TEXT, "Nøgletal", "Key figure.", required=True, allowed=("contract_compliance", "contract_coverage", "e_trade", "contract_follow_up", "supplier_count"), example="contract_compliance"),
    Column("period", TEXT, "Periode", "A period such as 2025 or 2025Q3.", required=True, example="2025"),
    Column("target_value", "decimal(18,4)", "Mål", "Share between 0 and 1, kroner, or a number.", required=True, example="0,90"),
    Column("baseline_value", "decimal(18,4)", "Udgangspunkt", "What it was before, in the same unit.", example="0,60"),
    Column("baseline_period", TEXT, "Udgangspunktets periode", "When that was.", example="2023"),
    Column("target_direction", TEXT, "Retning", "Whether higher or lower is better; empty = as the key figure's card says.", allowed=("higher", "lower"), example="higher"),
    Column("green_from_value", "decimal(18,4)", "Grøn fra", "Shown green from here; empty = no colour.", example="0,88"),
    Column("yellow_from_value", "decimal(18,4)", "Gul fra", "Shown yellow from here, red beyond it.", example="0,75"),
), is_template=True)  # fmt: skip

CONTRACT_FINDINGS = Table("contract_findings", "Kontraktfund", "What following a contract up has shown: one row per finding, with the kroner found and recovered.", (
    Column("contract_number", TEXT, "Aftalenummer", "Contract.", required=True, example="A-2024-01"),
    Column("found_date", DATE, "Dato", "When it was found.", required=True, example="15-02-2025"),
    Column("finding_kind", TEXT, "Art", "What was found.", required=True, allowed=FINDING_KINDS, example="wrong_price"),
    Column("finding_text", TEXT, "Fund", "What it is about, in one line; no persons.", example="Kopipapir faktureret over aftalt pris"),
    Column("found_amount", KRONER, "Kroner", "Kroner it is about; empty where it is about none.", example="12.400,00"),
    Column("recovered_amount", KRONER, "Hentet hjem", "Kroner the supplier has paid back or credited.", example="12.400,00"),
    Column("finding_status", TEXT, "Status", "How far it is.", required=True, allowed=FINDING_STATUSES, example="closed"),
    Column("found_by", TEXT, "Fundet af (funktion)", "Function, not a name.", required=True, example="kontraktstyring"),
), is_template=True)  # fmt: skip

SUCCESS_RATES = Table("success_rates", "Succesrater", "How many were started and how many succeeded, per supplier, contract and period, beside the rate the contract promises.", (
    Column("contract_number", TEXT, "Aftalenummer", "Contract.", required=True, example="A-2024-07"),
    Column("supplier_name", TEXT, "Leverandør", "Name of the supplier.", required=True, example="Eksempel Job A/S"),
    Column("period", TEXT, "Periode", "A period such as 2025 or 2025Q3: when they were started.", required=True, example="2025"),
    Column("started_count", WHOLE, "Startet", "How many were started and are finished: those still under way are not counted.", required=True, example="43"),
    Column("succeeded_count", WHOLE, "Lykkedes", "How many of them met the contract's goal.", required=True, example="32"),
    Column("contractual_share", SHARE, "Aftalt rate", "Share the contract promises, between 0 and 1.", required=True, example="0,75"),
    Column("success_text", TEXT, "Mål", "What counts as success.", example="I varigt job"),
), is_template=True)  # fmt: skip

LEVER_RANGES = Table("lever_ranges", "Greb med interval", "What a lever could save in a category and all below it, as a range the user answers for; without one no saving is shown.", (
    Column("category_code", TEXT, "Kategorikode", "Category; holds for all below it that have no range of their own.", required=True, example="1801"),
    Column("lever", TEXT, "Greb", "Use the contract there is, tighten it, put out to tender, or gather small suppliers.", required=True, allowed=LEVER_NAMES, example="tender"),
    Column("low_share", SHARE, "Lav andel", "Least share of the kroner saved, between 0 and 1.", required=True, example="0,01"),
    Column("high_share", SHARE, "Høj andel", "Largest share of the kroner saved, between 0 and 1.", required=True, example="0,03"),
    Column("source", TEXT, "Kilde", "Where the range is from: an offer, an own tender, a measured effect.", required=True, example="Eget udbud 2024"),
    Column("set_by", TEXT, "Fastsat af (funktion)", "Function, never a name.", required=True, example="kategoriansvarlig"),
    Column("set_date", DATE, "Dato", "When.", required=True, example="15-01-2026"),
), key=("category_code", "lever"), is_template=True)  # fmt: skip

CONTRACT_TABLES = (
    CONTRACTS,
    CONTRACT_PARTICIPANTS,
    CONTRACT_ITEMS,
    TARGETS,
    CONTRACT_FINDINGS,
    SUCCESS_RATES,
    LEVER_RANGES,
)
