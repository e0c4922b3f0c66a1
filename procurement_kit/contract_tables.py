"""Which columns do the tables around contracts have: register, participants, agreed prices, targets?"""

from procurement_kit.columns import DATE, FLAG, KRONER, TEXT, WHOLE, Column, Table

CONTRACTS = Table("contracts", "Aftaler", "One row per contract, or per lot and supplier of a contract.", (
    Column("contract_number", TEXT, "Aftalenummer", "Number of the contract.", required=True, example="A-2024-01"),
    Column("lot_number", TEXT, "Delaftale", "Lot, empty where there is one only.", example="1"),
    Column("contract_title", TEXT, "Titel", "Title.", required=True, example="Kontorartikler"),
    Column("category_codes", TEXT, "Kategorier", "Category codes covered, separated by spaces; a parent covers its children.", example="1801 1803"),
    Column("supplier_number", TEXT, "CVR-nummer", "Company number of the supplier.", example="01234567"),
    Column("supplier_name", TEXT, "Leverandør", "Name of the supplier.", required=True, example="Eksempel Kontor A/S"),
    Column("participant_names", TEXT, "Deltagere", "Municipalities that take part, separated by spaces; empty = the one whose register this is.", example=""),
    Column("valid_from_date", DATE, "Gælder fra", "First day.", required=True, example="01-01-2024"),
    Column("valid_to_date", DATE, "Gælder til", "Last day without options.", required=True, example="31-12-2026"),
    Column("option_to_date", DATE, "Option til", "Last day if options are used.", example="31-12-2028"),
    Column("is_option_used", FLAG, "Option udnyttet", "Options are in use.", example="nej"),
    Column("is_binding", FLAG, "Forpligtende", "Must be used; empty counts as binding.", example="ja"),
    Column("binding_from_date", DATE, "Forpligtende fra", "Binding from this day, where later than the start.", example=""),
    Column("is_e_tradable", FLAG, "E-handel mulig", "Can be ordered electronically.", example="ja"),
    Column("contract_owner", TEXT, "Aftaleejer", "Who made it.", allowed=("own", "community", "ski", "other"), example="own"),
    Column("contract_value_amount", KRONER, "Anslået værdi", "Estimated value over the whole term.", example="4.500.000,00"),
    Column("maximum_amount", KRONER, "Maksimum", "Maximum value of a framework agreement.", example="6.000.000,00"),
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
    Column("target_key", TEXT, "Nøgletal", "Key figure.", required=True, allowed=("contract_compliance", "contract_coverage", "e_trade", "supplier_count"), example="contract_compliance"),
    Column("period", TEXT, "Periode", "A period such as 2025 or 2025Q3.", required=True, example="2025"),
    Column("target_value", "decimal(18,4)", "Mål", "Share between 0 and 1, or a number.", required=True, example="0,90"),
), is_template=True)  # fmt: skip

CONTRACT_TABLES = (CONTRACTS, CONTRACT_PARTICIPANTS, CONTRACT_ITEMS, TARGETS)
