"""Which columns does each table have, what do they mean, and which step adds them?

The one list of columns: it makes the templates, the column part of the glossary, the schemas of stored files and
the input checks. Types are Ibis types; amounts are decimals, identifiers are text and keep leading zeros.
"""

from procurement_kit.columns import (
    DATE,
    DOCUMENT_AMOUNT,
    DOCUMENT_SUM,
    FLAG,
    KRONER,
    QUANTITY,
    TEXT,
    WHOLE,
    Column,
    Table,
)
from procurement_kit.columns import column_of as _c
from procurement_kit.contract_tables import CONTRACT_TABLES
from procurement_kit.report_tables import REPORT_TABLES
from procurement_kit.supplier_tables import SUPPLIER_TABLES

STEPS = ("intake", "scope", "units", "suppliers", "categories", "contracts")

SCOPE_STATUSES = (
    "in_scope", "public_payment", "transfer", "payroll", "internal", "property", "finance", "calculated",
    "to_clarify", "no_exchange_rate",
)  # fmt: skip
CATEGORY_SOURCES = ("scope", "review", "rule", "accessory", "model", "unclassified")
CONTRACT_STATUSES = ("out_of_scope", "no_known_contract", "wrong_supplier", "on_contract", "undecidable")
ITEM_CHECKS = ("ok", "wrong_item", "wrong_price", "not_testable")
SUPPLIER_MATCHES = ("number", "name", "similar_name", "decided", "person", "none")
SIZE_CLASSES = ("micro", "small", "medium", "large")
SUPPLIER_KINDS = ("company", "person", "public", "foreign", "unknown")
LINE_KINDS = ("item", "freight", "fee", "rounding", "surcharge")
LABEL_LEVELS = (1, 2, 3)
DECISION_KINDS = (
    "vat_basis", "sign", "exchange_rate", "scope", "supplier", "category", "duplicate_taken_back", "held_back_accepted",
    "profile", "answer", "other",
)  # fmt: skip
QUESTION_KINDS = (
    "held_back", "scope", "account", "exchange_rate", "vat_basis", "supplier_number", "unit", "category", "same_number",
    "duplicate", "month",
)  # fmt: skip
COMPUTED_BY_INTAKE = frozenset((
    "line_id", "document_id", "municipality_name", "source_kind", "source_name", "source_hash", "source_row",
    "format_name", "line_position", "document_net_amount", "net_amount", "exchange_rate", "exchange_rate_source",
    "vat_basis", "privacy_level", "privacy_hit_count", "check_codes", "main_art_code",
    "line_kind", "has_usable_text",
))  # fmt: skip
CLASSIFIER_FEATURES = (
    "supplier_number", "supplier_name", "item_name", "line_text", "account_number", "account_name", "service_name",
    "unit_name", "unit_code", "item_unspsc_code", "item_cpv_code",
)  # fmt: skip


INVOICE_LINES = Table("invoice_lines", "Fakturalinjer", "One line of an invoice, credit note or posting; each step adds its columns.", (
    _c("line_id", TEXT, "Linje-id", "Identity of the line: for e-invoices a hash of kind, supplier, document number, date and position; for ledgers of the mapped content and its occurrence number."),
    _c("document_id", TEXT, "Bilags-id", "Identity of the document the line stands on: hash of kind, supplier, document number and date."),
    _c("municipality_name", TEXT, "Kommune", "Folder name of the municipality the line belongs to."),
    _c("source_kind", TEXT, "Kildetype", "Where the line was read from.", "source_kind", allowed=("einvoice", "ledger")),
    _c("source_name", TEXT, "Fil", "File name as delivered, CPR-like numbers masked. Provenance, never identity.", "source_sha256"),
    _c("source_hash", TEXT, "Filens hash", "SHA-256 of the file. Provenance.", "source_sha256"),
    _c("source_row", WHOLE, "Række i filen", "Physical row as Excel shows it; for e-invoices the position of the line in the document.", "source_row"),
    _c("format_name", TEXT, "Format", "CustomizationID of an e-invoice, or name and version of the import profile.", "format_id"),
    _c("document_type", TEXT, "Bilagstype", "Kind of document.", "doc_type", allowed=("invoice", "credit_note", "posting")),
    _c("document_number", TEXT, "Fakturanummer", "Number as printed on the document.", "doc_id", required=True, example="F-1001"),
    _c("document_uuid", TEXT, "UUID", "Universal identifier given by the sender.", "doc_uuid"),
    _c("is_copy", FLAG, "Kopi", "The document says it is a copy.", "is_copy"),
    _c("voucher_number", TEXT, "Bilagsnummer", "Number the municipality's ledger gave it.", "voucher_no"),
    _c("invoice_date", DATE, "Fakturadato", "Date of issue.", "invoice_date", required=True, example="31-01-2025"),
    _c("posting_date", DATE, "Bogføringsdato", "Date of posting in the ledger.", "posting_date"),
    _c("accounting_year", WHOLE, "Regnskabsår", "Year of the accounts the line is booked in: as the ledger says, else the year of posting, else of the invoice."),
    _c("delivery_from_date", DATE, "Levering fra", "First day of delivery.", "delivery_from"),
    _c("delivery_to_date", DATE, "Levering til", "Last day of delivery.", "delivery_to"),
    _c("supplier_number", TEXT, "CVR-nummer", "Company number without country prefix (CVR in Denmark), as text.", "supplier_cvr", example="01234567"),
    _c("supplier_account_number", TEXT, "Kreditornummer", "First identifier printed for the supplier; a keyed token where it was a person's number.", "supplier_id"),
    _c("supplier_account_scheme", TEXT, "Nummertype", "Scheme of that identifier, for instance DK:CVR, 0088, GLN.", "supplier_scheme"),
    _c("supplier_kind", TEXT, "Leverandørtype", "What the supplier is, as far as the document shows.", "supplier_kind", allowed=SUPPLIER_KINDS),
    _c("supplier_name", TEXT, "Leverandør", "Name as printed; «Privatperson» for persons.", "supplier_name", required=True, example="Eksempel Byg ApS"),
    _c("supplier_country", TEXT, "Land", "ISO 3166 country code of the supplier's address."),
    _c("payee_number", TEXT, "Betalingsmodtager", "Number of a payee other than the supplier; a keyed token where it was a person's.", "payee_id"),
    _c("buyer_number", TEXT, "Køber CVR", "Company number of the buyer."),
    _c("buyer_name", TEXT, "Køber", "Name of the buyer as printed."),
    _c("buyer_gln_number", TEXT, "GLN/EAN", "Global location number of the receiving unit, 13 digits.", "buyer_gln", example="5798000000000"),
    _c("buyer_unit_number", TEXT, "Omkostningssted", "Cost centre, PSP element or department code of the ordering unit.", "buyer_unit"),
    _c("buyer_unit_name", TEXT, "Enhed i kilden", "Ordering unit as named in the source."),
    _c("buyer_reference", TEXT, "Personreference", "Reference of the person who ordered. Personal: never in a report.", "buyer_ref"),
    _c("line_position", WHOLE, "Linje i bilag", "Position of the line in its document, from 1."),
    _c("line_number", TEXT, "Linjenummer", "Line identifier as printed; not unique.", "line_id"),
    _c("parent_line_number", TEXT, "Overlinje", "Line identifier of the line this is a part of.", "parent_line_id"),
    _c("item_name", TEXT, "Varenavn", "Name of the item, masked.", "item_name"),
    _c("line_text", TEXT, "Linjetekst", "Description, notes and posting text, masked.", "item_text", example="Kopipapir A4 80 g"),
    _c("item_seller_number", TEXT, "Sælgers varenummer", "Seller's item number.", "item_seller_id"),
    _c("item_gtin_number", TEXT, "GTIN", "Global trade item number.", "item_gtin"),
    _c("item_buyer_number", TEXT, "Købers varenummer", "Buyer's item number.", "item_buyer_id"),
    _c("quantity", QUANTITY, "Mængde", "Quantity in `unit_code`; the sign follows the document's effect on spend.", "quantity"),
    _c("unit_code", TEXT, "Måleenhed", "Unit of measure, UN/ECE recommendation 20 or as printed.", "unit_code"),
    _c("unit_price_amount", QUANTITY, "Enhedspris", "Price for `price_base_quantity` units, in the document's currency.", "unit_price"),
    _c("price_base_quantity", QUANTITY, "Prisbasis", "Number of units the price is for.", "price_base_qty"),
    _c("price_unit_factor", QUANTITY, "Enhedsfaktor", "Orderable unit factor rate (OIOUBL).", "price_factor"),
    _c("line_allowance_amount", DOCUMENT_AMOUNT, "Linjerabat", "Allowances on the line, for information.", "line_allowance"),
    _c("line_charge_amount", DOCUMENT_AMOUNT, "Linjegebyr", "Charges on the line, for information.", "line_charge"),
    _c("is_free_of_charge", FLAG, "Uden beregning", "Free of charge: not in the document's sum (OIOUBL).", "free_of_charge"),
    _c("document_amount", DOCUMENT_AMOUNT, "Linjebeløb i valuta", "Line amount excl. VAT in the document's currency, signed: positive = spend, negative = credited.", "net_amount", required=True, example="1.234,50"),
    _c("document_net_amount", DOCUMENT_AMOUNT, "Linjebeløb efter rabat i valuta", "`document_amount` plus its share of document-level charges less allowances, shared by largest remainder.", "net_after_doc_ac"),
    _c("document_currency", TEXT, "Valuta", "ISO 4217 code of the document.", "currency", example="DKK"),
    _c("net_amount", KRONER, "Beløb ekskl. moms", "`document_net_amount` in the municipality's currency, rounded by largest remainder per document; empty where no exchange rate is known.", "net_dkk"),
    _c("exchange_rate", "decimal(18,8)", "Kurs", "Municipality's currency per unit of the document's currency.", "fx_rate"),
    _c("exchange_rate_source", TEXT, "Kurskilde", "document, table, or empty.", "fx_source"),
    _c("vat_basis", TEXT, "Momsgrundlag", "Whether the source's amounts are without VAT.", "vat_basis", allowed=("ex", "incl", "unknown")),
    _c("vat_category", TEXT, "Momskategori", "EN 16931 VAT category code (OIOUBL's names mapped).", "vat_category"),
    _c("vat_rate", "decimal(9,4)", "Momssats", "VAT rate in percent.", "vat_rate"),
    _c("item_unspsc_code", TEXT, "UNSPSC", "Supplier's UNSPSC code: a hint, never truth.", "unspsc"),
    _c("item_unspsc_version", TEXT, "UNSPSC-version", "Version of that code list.", "unspsc_version"),
    _c("item_cpv_code", TEXT, "CPV", "Supplier's CPV code: a hint, never truth.", "cpv"),
    _c("account_number", TEXT, "Konto", "Account string as printed or posted, masked.", "accounting_raw"),
    _c("account_name", TEXT, "Kontotekst", "Text of the account."),
    _c("service_name", TEXT, "Funktion/service", "Service or function text of the ledger."),
    _c("art_code", TEXT, "Art", "Two-digit art of the municipal chart of accounts.", "art", example="29"),
    _c("main_art_code", TEXT, "Hovedart", "First digit of the art.", "hovedart"),
    _c("function_number", TEXT, "Funktion", "Main account and function.", "hovedkonto_funktion"),
    _c("dranst_code", TEXT, "Dranst", "Drift, anlæg, statsrefusion … (1 drift, 3 anlæg).", "dranst"),
    _c("order_number", TEXT, "Ordrenummer", "Order reference; fillers such as «n/a» are empty.", "order_ref"),
    _c("order_line_number", TEXT, "Ordrelinje", "Line of the order.", "order_line"),
    _c("contract_reference_number", TEXT, "Kontraktreference", "Contract named on the document.", "contract_ref"),
    _c("project_number", TEXT, "Projekt", "Project named on the document.", "project_ref"),
    _c("credited_document_number", TEXT, "Krediterer faktura", "Number of the invoice a credit note corrects.", "credits_doc_id"),
    _c("privacy_level", WHOLE, "Fortrolighed", "0 none, 1 ordinary, 2 sensitive, 3 other private: the higher of the document's own mark and the scan.", "pii_level"),
    _c("privacy_hit_count", WHOLE, "Maskerede numre", "Number of CPR-like numbers masked on the line.", "pii_hits"),
    _c("line_kind", TEXT, "Linjeart", "An item that was bought, or an accessory of the invoice.", allowed=LINE_KINDS),
    _c("has_usable_text", FLAG, "Brugbar tekst", "Whether item name or line text says what was bought."),
    _c("check_codes", TEXT, "Kontrolkoder", "Codes of checks that did not hold, separated by spaces; for information.", "checks"),
    *(_c(f"labelled_category_{n}", TEXT, f"Kendt kategori niveau {n}", f"Category given in the source at level {n}, as printed; empty where the source says it is not categorised.") for n in LABEL_LEVELS),
    _c("scope_status", TEXT, "Omfang", "Whether the line is procurement, and if not, what it is.", "scope", allowed=SCOPE_STATUSES, added_by="scope"),
    _c("scope_reason", TEXT, "Omfangsregel", "Rule and version that decided.", "scope_rule", added_by="scope"),
    _c("unit_name", TEXT, "Enhed", "Ordering unit (bestillende enhed).", added_by="units"),
    _c("unit_center_name", TEXT, "Center", "Center the unit belongs to on that date.", added_by="units"),
    _c("unit_division_name", TEXT, "Forvaltning", "Forvaltning the center belongs to on that date.", added_by="units"),
    _c("supplier_key", TEXT, "Leverandørnøgle", "Identity of who was really paid.", added_by="suppliers"),
    _c("supplier_label", TEXT, "Leverandør (samlet)", "One readable name per supplier key.", added_by="suppliers"),
    _c("supplier_match", TEXT, "Leverandørgenkendelse", "How the identity was found.", allowed=SUPPLIER_MATCHES, added_by="suppliers"),
    _c("supplier_match_score", "decimal(7,6)", "Genkendelsens sikkerhed", "How alike the joined names are, 0 to 1; 1 where nothing had to be judged, empty where no supplier is known.", added_by="suppliers"),
    _c("supplier_group_key", TEXT, "Koncernnøgle", "Supplier key of its group or successor on the invoice date; empty where nobody has said.", added_by="suppliers"),
    _c("supplier_group_label", TEXT, "Koncern", "Name of that group or successor.", added_by="suppliers"),
    _c("supplier_size_class", TEXT, "Leverandørens størrelse", "By employees in the company register: micro under 10, small under 50, medium under 250, large from 250; empty where it is not known.", allowed=SIZE_CLASSES, added_by="suppliers"),
    _c("supplier_municipality_name", TEXT, "Leverandørens kommune", "Municipality the supplier lies in, from the company register.", added_by="suppliers"),
    _c("supplier_industry_code", TEXT, "Branchekode", "Industry of the supplier, from the company register.", added_by="suppliers"),
    _c("category_code", TEXT, "Kategorikode", "Deepest category claimed; empty where none is.", added_by="categories"),
    _c("category_source", TEXT, "Kategorikilde", "What decided the category.", allowed=CATEGORY_SOURCES, added_by="categories"),
    _c("category_reason", TEXT, "Kategoribegrundelse", "Rule id, model version, decision, or the line an accessory follows.", added_by="categories"),
    _c("category_confidence", "decimal(7,6)", "Sikkerhed", "Calibrated probability of the claimed category (1 for rules and reviews; an accessory has that of the line it follows).", added_by="categories"),
    *(_c(f"category_{n}_code", TEXT, f"Kategorikode niveau {n}", f"Category at level {n}, empty where not claimed.", added_by="categories") for n in LABEL_LEVELS),
    _c("category_proposed_code", TEXT, "Foreslået kategori", "Most probable deepest category, claimed or not.", added_by="categories"),
    _c("category_proposed_confidence", "decimal(7,6)", "Forslagets sikkerhed", "Its calibrated probability.", added_by="categories"),
    *(_c(f"category_{n}_{rank}_code", TEXT, f"{heading} forslag niveau {n}", f"The classifier's {rank} category at level {n}, claimed or not.", added_by="categories") for n in LABEL_LEVELS for rank, heading in (("best", "Bedste"), ("second", "Næstbedste"))),
    *(_c(f"category_{n}_{rank}_confidence", "decimal(7,6)", f"{heading} forslags sikkerhed niveau {n}", "Its calibrated probability.", added_by="categories") for n in LABEL_LEVELS for rank, heading in (("best", "Bedste"), ("second", "Næstbedste"))),
    _c("is_addressable", FLAG, "Påvirkeligt", "In scope and not in a monopoly, statutory or exempt category.", added_by="categories"),
    _c("contract_number", TEXT, "Aftalenummer", "Contract the line was bought on, or should have been.", added_by="contracts"),
    _c("contract_status", TEXT, "Aftalestatus", "Exactly one status per line.", allowed=CONTRACT_STATUSES, added_by="contracts"),
    _c("item_check", TEXT, "Varekontrol", "Item and price against the contract's list, for lines on contract.", allowed=ITEM_CHECKS, added_by="contracts"),
    _c("contract_reason", TEXT, "Aftalebegrundelse", "Why the status is what it is.", added_by="contracts"),
), key=("line_id",), is_template=True, computed=COMPUTED_BY_INTAKE)  # fmt: skip

SET_ASIDE_COLUMNS = (
    Column(
        "set_aside_status", TEXT, "Sat til side", "Why the line does not count.", allowed=("held_back", "duplicate")
    ),
    Column("set_aside_reason", TEXT, "Årsag", "Check that failed, or the line it repeats."),
)
SET_ASIDE_LINES = Table("set_aside_lines", "Linjer sat til side", "Lines that were read but do not count: held back, or duplicates.", tuple(c for c in INVOICE_LINES.columns if c.added_by == "intake") + SET_ASIDE_COLUMNS)  # fmt: skip

DOCUMENTS = Table("documents", "Bilagskontrol", "One control row per document or ledger file: header totals against lines.", (
    Column("document_id", TEXT, "Bilags-id", "Identity of the document; empty where the file could not be read."),
    Column("source_name", TEXT, "Fil", "File name as delivered, masked."),
    Column("source_hash", TEXT, "Filens hash", "SHA-256 of the file."),
    Column("source_kind", TEXT, "Kildetype", "Where it was read from.", allowed=("einvoice", "ledger")),
    Column("read_order", WHOLE, "Læst som nummer", "Place in the order of reading, over all imports."),
    Column("document_number", TEXT, "Fakturanummer", "As printed."),
    Column("document_uuid", TEXT, "UUID", "Universal identifier given by the sender."),
    Column("is_copy", FLAG, "Kopi", "The document says it is a copy."),
    Column("supplier_number", TEXT, "CVR-nummer", "Company number of the supplier."),
    Column("supplier_name", TEXT, "Leverandør", "Name of the supplier, masked."),
    Column("invoice_date", DATE, "Fakturadato", "Date of issue."),
    Column("document_type", TEXT, "Bilagstype", "invoice, credit_note or posting."),
    Column("format_name", TEXT, "Format", "CustomizationID or profile."),
    Column("document_currency", TEXT, "Valuta", "ISO 4217 code."),
    Column("line_count", WHOLE, "Linjer", "Lines read."),
    Column("line_sum_amount", DOCUMENT_SUM, "Sum af linjer", "Sum of line amounts in the document's currency, signed."),
    Column("header_line_amount", DOCUMENT_SUM, "Linjesum i hoved", "LegalMonetaryTotal/LineExtensionAmount, signed."),
    Column("document_net_amount", DOCUMENT_SUM, "Sum efter rabat og gebyr", "Sum of lines with charges and allowances of the whole document, signed."),
    Column("header_allowance_amount", DOCUMENT_SUM, "Rabat i alt", "AllowanceTotalAmount, signed."),
    Column("header_charge_amount", DOCUMENT_SUM, "Gebyr i alt", "ChargeTotalAmount, signed."),
    Column("header_tax_amount", DOCUMENT_SUM, "Moms i alt", "Sum of TaxTotal/TaxAmount, signed."),
    Column("header_payable_amount", DOCUMENT_SUM, "At betale", "PayableAmount, signed."),
    Column("difference_amount", DOCUMENT_SUM, "Difference", "Header sum of lines less sum of lines."),
    Column("document_status", TEXT, "Status", "What became of it.", allowed=("taken_in", "held_back", "duplicate", "mixed")),
    Column("document_reason", TEXT, "Årsag", "Why, where it was not taken in."),
))  # fmt: skip

CATEGORY_TREE = Table("category_tree", "Kategoritræ", "The categories a line can be placed in.", (
    Column("category_code", TEXT, "Kode", "Stable code, two digits per level.", required=True, example="1801"),
    Column("parent_category_code", TEXT, "Overkategori", "Code of the parent, empty at the top level.", example="18"),
    Column("category_name_da", TEXT, "Navn", "Danish name.", required=True, example="Kontorartikler og papir"),
    Column("category_name_en", TEXT, "Engelsk navn", "English name.", example="Office supplies and paper"),
    Column("purchase_type", TEXT, "Type", "What is bought.", allowed=("goods", "services", "works"), example="goods"),
    Column("cpv_codes", TEXT, "CPV-koder", "CPV codes, 8 digits, separated by spaces.", example="30190000 30197600"),
    Column("light_cpv_codes", TEXT, "Heraf light", "Those CPV codes that are under the light regime.", example=""),
    Column("is_e_tradable", FLAG, "E-handel mulig", "Can be bought through a catalogue.", example="ja"),
    Column("is_granted_to_citizen", FLAG, "Bevilget til borger", "Granted to a single citizen: never on a call list.", example="nej"),
    Column("is_public_tariff", FLAG, "Offentlig/takst", "Often paid to a public body or under a public tariff.", example="nej"),
    Column("is_exempt", FLAG, "Undtaget/monopol", "Monopoly or exempt: analysed but not addressable.", example="nej"),
    Column("is_possibly_grant", FLAG, "Ofte tilskud", "Often a grant: ask before counting.", example="nej"),
    Column("is_capital", FLAG, "Anlæg", "Construction, shown apart from operations.", example="nej"),
    Column("belongs_da", TEXT, "Hører til", "What belongs here, one sentence.", example="Papir, skriveredskaber og arkivering."),
    Column("belongs_not_da", TEXT, "Hører ikke til", "What does not, and where it belongs.", example="Møbler (1802)."),
), key=("category_code",), is_template=True)  # fmt: skip

CATEGORY_PHRASES = Table("category_phrases", "Kategoriord", "Words and phrases as they stand on invoice lines, per category.", (
    Column("category_code", TEXT, "Kode", "Category.", required=True, example="180101"),
    Column("phrase_kind", TEXT, "Art", "Kind of phrase.", required=True, allowed=("word", "abbreviation", "size", "settlement", "tender", "supplier", "account"), example="word"),
    Column("phrase", TEXT, "Ord", "As written on the line.", required=True, example="kopipapir A4 80 g"),
    Column("phrase_language", TEXT, "Sprog", "Language it is written in.", allowed=("da", "no", "sv", "fi", "en"), example="da"),
), is_template=True)  # fmt: skip

CATEGORY_SPELLINGS = Table("category_spellings", "Stavemåder", "Which category a printed label means, for a tree made of labels.", (
    *(Column(f"labelled_category_{n}", TEXT, f"Kendt kategori niveau {n}", f"Label as printed at level {n}.", required=n == 1) for n in LABEL_LEVELS),
    Column("category_code", TEXT, "Kode", "Category it means.", required=True),
), key=tuple(f"labelled_category_{n}" for n in LABEL_LEVELS))  # fmt: skip

_PRINTED = (
    Column("supplier_number", TEXT, "CVR-nummer", "As printed; empty matches any.", example="01234567"),
    Column("supplier_name", TEXT, "Leverandør", "As printed; empty matches any.", example="Eksempel Kontor A/S"),
    Column(
        "text", TEXT, "Tekst", "Item name and line text as printed; empty matches any.", example="Kopipapir A4 80 g"
    ),
    Column("account_number", TEXT, "Konto", "As printed; empty matches any.", example="29100"),
    Column("account_name", TEXT, "Kontotekst", "As printed; empty matches any.", example="Kontorhold"),
    Column("unit", TEXT, "Enhed", "Ordering unit; empty matches any.", example="Skolevangen"),
)
_DECIDED = (
    Column("category_code", TEXT, "Kategorikode", "Category that holds.", required=True, example="1801"),
    Column("decided_by", TEXT, "Besluttet af", "Initials or role, not a full name.", example="indkøb"),
    Column("decided_date", DATE, "Dato", "When.", example="15-01-2026"),
)
LABELLED_LINES = Table("labelled_lines", "Kendte linjer", "Lines whose category is known; the classifier learns from them.", (*_PRINTED, Column("category_code", TEXT, "Kategorikode", "Known category.", required=True, example="1801")), is_template=True)  # fmt: skip
DECISIONS = Table("decisions", "Beslutninger", "Reviewed decisions, keyed by what was printed; they win over everything else.", (*_PRINTED, *_DECIDED), is_template=True)  # fmt: skip
RULES = Table("rules", "Regler", "Category rules; every filled cell must match. The text cell is a phrase that occurs in the text.", (Column("rule_id", TEXT, "Regel", "Identity of the rule.", required=True, example="R-001"), *_PRINTED, *_DECIDED, Column("holds_for", TEXT, "Gælder for", "What the rule is meant for, in words: for the next reader, nothing is matched on it.", example="Kun kontorhold på skolerne")), key=("rule_id",), is_template=True)  # fmt: skip

UNITS = Table("units", "Enheder", "Which ordering unit a GLN, cost centre or PSP element is, dated.", (
    Column("buyer_gln_number", TEXT, "GLN/EAN", "13 digits; this or the cost centre.", example="5798000000001"),
    Column("buyer_unit_number", TEXT, "Omkostningssted", "Cost centre, PSP element or department code.", example="4711"),
    Column("unit_name", TEXT, "Enhed", "Ordering unit.", required=True, example="Skolevangen"),
    Column("unit_center_name", TEXT, "Center", "Center.", example="Skolecenter"),
    Column("unit_division_name", TEXT, "Forvaltning", "Forvaltning.", example="Børn og Unge"),
    Column("valid_from_date", DATE, "Gælder fra", "Empty = always.", example=""),
    Column("valid_to_date", DATE, "Gælder til", "Empty = still.", example=""),
), is_template=True)  # fmt: skip

CONTROL_TOTALS = Table("control_totals", "Kontroltal", "What the municipality says each delivered file holds.", (
    Column("source_name", TEXT, "Fil", "File name as delivered.", required=True, example="fakturaer_2025_01.zip"),
    Column("line_count", WHOLE, "Linjer", "Lines in the file.", example="12345"),
    Column("document_count", WHOLE, "Bilag", "Documents in the file.", example="2345"),
    Column("amount", DOCUMENT_AMOUNT, "Beløb", "Sum of the amounts in the file, in its own currency and sign.", example="1.234.567,50"),
), key=("source_name",), is_template=True)  # fmt: skip

TAKEN_BACK = Table("taken_back", "Dubletter taget tilbage", "Documents that were set aside as duplicates and count all the same.", (
    Column("document_id", TEXT, "Bilags-id", "Identity of the document.", required=True),
    Column("source_name", TEXT, "Fil", "File it stands in.", required=True),
    Column("decided_by", TEXT, "Besluttet af", "Function of whoever decided.", required=True),
    Column("decided_date", DATE, "Dato", "When.", required=True),
), key=("document_id", "source_name"))  # fmt: skip

EXCHANGE_RATES = Table("exchange_rates", "Valutakurser", "Rates the municipality supplies, dated.", (
    Column("document_currency", TEXT, "Valuta", "ISO 4217 code.", required=True, example="EUR"),
    Column("valid_from_date", DATE, "Gælder fra", "From this day, until the next row of the same currency.", required=True, example="01-01-2025"),
    Column("exchange_rate", "decimal(18,8)", "Kurs", "Municipality's currency per unit.", required=True, example="7,46"),
    Column("rate_source", TEXT, "Kilde", "Where the rate is from.", required=True, example="Nationalbanken"),
), is_template=True)  # fmt: skip

ACCOUNTS = Table("accounts", "Regnskab", "The municipality's accounts, laid out as Statistics Denmark's REGK31; one of the two amounts in every row.", (
    Column("accounting_year", WHOLE, "Regnskabsår", "Year of the accounts.", required=True, example="2025", also=("TID",)),
    Column("area_name", TEXT, "Kommune", "As the statistics bank names it; one municipality only.", example="", also=("OMRÅDE",)),
    Column("function_number", TEXT, "Funktion", "Main account and function; empty where the accounts are not divided by it.", example="0.28.20"),
    Column("dranst_code", TEXT, "Dranst", "With or without its text.", required=True, example="1 Drift"),
    Column("art_code", TEXT, "Art", "With or without dot and text.", required=True, example="2.9 Øvrige varekøb"),
    Column("price_unit", TEXT, "Prisenhed", "As the statistics bank prints it; not per inhabitant.", example=""),
    Column("accounts_amount", KRONER, "Beløb i kr.", "Kroner; expenses positive. This or thousands.", example=""),
    Column("accounts_thousand_amount", KRONER, "Beløb i 1.000 kr.", "Thousands of kroner, as the statistics bank prints them. This or kroner.", example="1.250", also=("INDHOLD",)),
), is_template=True)  # fmt: skip

RECONCILIATION_NOTES = Table("reconciliation_notes", "Forklaringer til afstemningen", "Why accounts and invoice lines differ, with the kroner each reason explains.", (
    Column("accounting_year", WHOLE, "Regnskabsår", "Year of the accounts.", required=True, example="2025"),
    Column("dranst_code", TEXT, "Dranst", "3 for investment; anything else, or empty, for operations.", example="1 Drift"),
    Column("art_code", TEXT, "Art", "Empty for lines that bear no art.", example="2.9"),
    Column("explanation", TEXT, "Forklaring", "Why.", required=True, example="Interne fakturaer er ikke leveret"),
    Column("explained_amount", KRONER, "Beløb", "Kroner explained: positive where the lines lack them, negative where the accounts do.", required=True, example="125.000,00"),
    Column("explained_by", TEXT, "Forklaret af", "Role, not a name.", required=True, example="økonomichefen"),
    Column("explained_date", DATE, "Dato", "When.", required=True, example="15-03-2026"),
), is_template=True)  # fmt: skip

SCOPE_RULES = Table("scope_rules", "Omfangsregler", "Which arts are procurement.", (
    Column("version", TEXT, "Version", "Version of the rule set.", required=True),
    Column("rule_id", TEXT, "Regel", "Identity of the rule.", required=True),
    Column("art_pattern", TEXT, "Art", "Art code or its first digit; the longest wins.", required=True),
    Column("scope_status", TEXT, "Omfang", "What lines of that art are.", required=True, allowed=SCOPE_STATUSES),
    Column("when_supplier_number", TEXT, "Omfang med CVR", "What they are when the supplier has a company number.", allowed=SCOPE_STATUSES),
    Column("is_mixed", FLAG, "Blandet", "Holds other things too: shown separately."),
    Column("heading_da", TEXT, "Navn", "Danish name of the art.", required=True),
    Column("reason_da", TEXT, "Begrundelse", "Why."),
    Column("source", TEXT, "Kilde", "Source."),
), key=("rule_id",))  # fmt: skip

PUBLIC_BODIES = Table("public_bodies", "Offentlige myndigheder", "Public bodies: payments to them are not procurement.", (
    Column("name", TEXT, "Navn", "Official name.", required=True),
    Column("aliases", TEXT, "Andre navne", "Other names, separated by |."),
    Column("body_type", TEXT, "Type", "Kind of body.", required=True),
    Column("scope_status", TEXT, "Omfang", "What payments to it are.", required=True, allowed=SCOPE_STATUSES),
    Column("valid_from", DATE, "Fra", "Exists from."),
    Column("valid_to", DATE, "Til", "Exists to."),
    Column("cvr_number", TEXT, "CVR-nummer", "Only where a source is cited."),
    Column("source", TEXT, "Kilde", "Source.", required=True),
), key=("name",))  # fmt: skip

SCOPE_DECISIONS = Table("scope_decisions", "Omfangsbeslutninger", "What the municipality has said about suppliers, accounts or arts; wins over rules and public bodies.", (
    Column("supplier_number", TEXT, "CVR-nummer", "As printed; empty matches any.", example="01234567"),
    Column("supplier_name", TEXT, "Leverandør", "As printed; empty matches any.", example="Eksempel Bosted"),
    Column("account_number", TEXT, "Konto", "As printed; empty matches any.", example=""),
    Column("art_code", TEXT, "Art", "Two-digit art; empty matches any.", example="59"),
    Column("scope_status", TEXT, "Omfang", "What the lines are.", required=True, allowed=SCOPE_STATUSES[:8], example="in_scope"),
    Column("decided_by", TEXT, "Besluttet af", "Function, not a name.", example="økonomi"),
    Column("decided_date", DATE, "Dato", "When.", example="15-01-2026"),
), is_template=True)  # fmt: skip

QUESTIONS = Table("questions", "Spørgsmål", "Open points, put to the municipality by kroner and answered by it.", (
    Column("question_id", TEXT, "Spørgsmål-id", "Identity of the question, made from what it is about; never changed.", required=True),
    Column("question_kind", TEXT, "Emne", "What kind of point it is, in words."),
    Column("question", TEXT, "Spørgsmål", "The question in plain words."),
    Column("concerns", TEXT, "Vedrører", "Supplier, file, account or unit it is about, masked."),
    Column("line_count", WHOLE, "Linjer", "Invoice lines it is about."),
    Column("net_amount", KRONER, "Beløb ekskl. moms", "Kroner it is about; empty where they cannot be counted."),
    Column("answer_options", TEXT, "Svarmuligheder", "Answers to choose between, or what to write."),
    Column("answer", TEXT, "Svar", "The municipality's answer."),
    Column("answered_by", TEXT, "Besvaret af (funktion)", "Function, not a name."),
    Column("answered_date", DATE, "Dato", "When it was answered."),
    Column("remark", TEXT, "Bemærkning", "Anything else."),
), key=("question_id",))  # fmt: skip

DECISION_LOG = Table("decision_log", "Beslutningslog", "Every assumption and decision that was taken: what, who by function, date, kroner.", (
    Column("decision_number", WHOLE, "Nr.", "Number in the log, from 1.", required=True),
    Column("decided_date", DATE, "Dato", "When.", required=True),
    Column("decision_kind", TEXT, "Emne", "What kind of decision it is.", required=True, allowed=DECISION_KINDS),
    Column("decision", TEXT, "Beslutning", "What was decided.", required=True),
    Column("decided_by", TEXT, "Besluttet af (funktion)", "Function, never a name.", required=True),
    Column("net_amount", KRONER, "Beløb ekskl. moms", "Kroner it concerns, where they are known."),
    Column("line_count", WHOLE, "Linjer", "Invoice lines it concerns, where they are known."),
    Column("question_id", TEXT, "Spørgsmål-id", "Question it answers, if any."),
), key=("decision_number",))  # fmt: skip

TABLES = (
    *REPORT_TABLES, INVOICE_LINES, SET_ASIDE_LINES, DOCUMENTS, CATEGORY_TREE, CATEGORY_PHRASES, CATEGORY_SPELLINGS, *CONTRACT_TABLES, *SUPPLIER_TABLES,
    LABELLED_LINES, DECISIONS, RULES, UNITS, CONTROL_TOTALS, TAKEN_BACK, EXCHANGE_RATES, SCOPE_RULES, PUBLIC_BODIES,
    SCOPE_DECISIONS, QUESTIONS, DECISION_LOG, ACCOUNTS, RECONCILIATION_NOTES,
)  # fmt: skip
