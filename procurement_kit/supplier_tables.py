"""Which columns do the tables around suppliers have: decisions, links, register?"""

from procurement_kit.columns import DATE, FLAG, TEXT, WHOLE, Column, Table

LINK_KINDS = ("succession", "group")

SUPPLIER_DECISIONS = Table("supplier_decisions", "Leverandørbeslutninger", "Whether two suppliers as printed are the same; the latest on a pair holds and wins over the matcher.", (
    Column("left_number", TEXT, "CVR-nummer A", "Company number of one, as printed; empty where none is.", example="01234567"),
    Column("left_name", TEXT, "Leverandør A", "Name of one, as printed.", example="Eksempel Kontor A/S"),
    Column("right_number", TEXT, "CVR-nummer B", "Company number of the other, as printed; empty where none is.", example=""),
    Column("right_name", TEXT, "Leverandør B", "Name of the other, as printed.", example="Eksempel Kontorartikler"),
    Column("is_same", FLAG, "Samme leverandør", "Whether they are one supplier.", required=True, example="ja"),
    Column("decided_by", TEXT, "Besluttet af (funktion)", "Function, never a name.", required=True, example="indkøb"),
    Column("decided_date", DATE, "Dato", "When.", required=True, example="15-01-2026"),
), is_template=True)  # fmt: skip

SUPPLIER_LINKS = Table("supplier_links", "Leverandørforbindelser", "Who carries a supplier's business on, and which group it belongs to; beside identity, never changing it.", (
    Column("link_kind", TEXT, "Art", "Succession: from the one before to the one that carries on. Group: from a member to its parent.", required=True, allowed=LINK_KINDS, example="group"),
    Column("from_number", TEXT, "CVR-nummer fra", "Company number; where it is empty the name is looked for.", example="01234567"),
    Column("from_name", TEXT, "Leverandør fra", "Name.", example="Eksempel Kontor A/S"),
    Column("to_number", TEXT, "CVR-nummer til", "Company number of successor or parent; where it is empty the name is looked for.", example="00100001"),
    Column("to_name", TEXT, "Leverandør til", "Name of successor or parent.", example="Eksempel Koncern A/S"),
    Column("valid_from_date", DATE, "Gælder fra", "Group: first day, empty = always. Succession: the day it was taken over; lines before it count too.", example="01-01-2025"),
    Column("valid_to_date", DATE, "Gælder til", "Last day the link holds; empty = still.", example=""),
    Column("source", TEXT, "Kilde", "Where it is known from.", required=True, example="CVR-registeret"),
), is_template=True)  # fmt: skip

COMPANY_REGISTER = Table("company_register", "Virksomhedsregister", "What a company register says about suppliers, as in an extract of CVR; optional.", (
    Column("company_number", TEXT, "CVR-nummer", "Company number.", required=True, example="01234567", also=("CVR-nr.", "CVR-nr", "CVR nr.", "CVR", "cvrNummer", "cvr_nummer", "vat")),
    Column("company_name", TEXT, "Navn", "Name.", example="Eksempel Kontor A/S", also=("Virksomhedsnavn", "Navn, virksomhed", "virksomhedsnavn", "name")),
    Column("legal_form", TEXT, "Virksomhedsform", "Legal form.", example="Aktieselskab", also=("virksomhedsformKode", "Selskabsform", "companydesc")),
    Column("industry_code", TEXT, "Branchekode", "Industry (DB07 or DB25), with or without its text.", example="466500", also=("Hovedbranche", "branchekode", "Branche", "industrycode")),
    Column("employee_count", TEXT, "Antal ansatte", "Employees: a number, or an interval such as 10-19 or 1000+.", example="10-19", also=("Ansatte", "antalAnsatte", "intervalKodeAntalAnsatte", "Antal ansatte (interval)", "employees")),
    Column("company_municipality_name", TEXT, "Kommune", "Municipality it lies in, with or without its code.", example="Eksempel", also=("kommuneNavn", "kommunenavn", "Beliggenhedskommune")),
    Column("owner_number", TEXT, "Ejer CVR-nummer", "Company number of the owner with the majority.", example="", also=("Ejer CVR", "ejer_cvr")),
    Column("owner_name", TEXT, "Ejer", "Name of that owner; shown only where it has a company number.", example=""),
    Column("ultimate_owner_number", TEXT, "Øverste ejer CVR-nummer", "Company number at the top of the group.", example="", also=("Koncern CVR", "Øverste moderselskab CVR")),
    Column("ultimate_owner_name", TEXT, "Øverste ejer", "Name at the top of the group; shown only where it has a company number.", example="", also=("Koncern", "Øverste moderselskab")),
    Column("started_date", DATE, "Startdato", "When it was started.", example="01-03-2010", also=("Stiftelsesdato", "startdate")),
    Column("ceased_date", DATE, "Ophørsdato", "When it ceased; empty = it has not.", example="", also=("enddate",)),
), key=("company_number",), is_template=True)  # fmt: skip

SUPPLY_RISK_SCORES = Table("supply_risk_scores", "Forsyningsrisiko", "How risky the supply of a category group is, scored by people; the latest score of a group holds.", (
    Column("category_code", TEXT, "Kategorikode", "Category group.", required=True, example="1801"),
    Column("supply_risk_score", WHOLE, "Risiko (1-5)", "1: many can supply it tomorrow; 5: one supplier, and citizens notice at once.", required=True, example="2"),
    Column("reason", TEXT, "Begrundelse", "Why, in one sentence; no persons.", required=True, example="Mange leverandører, lagervarer"),
    Column("scored_by", TEXT, "Vurderet af (funktion)", "Function, never a name.", required=True, example="kategoriansvarlig"),
    Column("scored_date", DATE, "Dato", "When.", required=True, example="15-01-2026"),
), key=("category_code", "scored_date"), is_template=True)  # fmt: skip

SUPPLIER_TABLES = (SUPPLIER_DECISIONS, SUPPLIER_LINKS, COMPANY_REGISTER, SUPPLY_RISK_SCORES)
