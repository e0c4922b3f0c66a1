"""What kind of purchase is a line?

Categories are found once per distinct printed value by the classify command and lie in a lookup; here they are joined.
A line out of scope gets its place in the small tree 90, so that every krone has one. A line without a row stays
unclassified and is never left out.
"""

from decimal import Decimal

import ibis

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.exact import add_lookup, without
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES, LABEL_LEVELS

LOOKUP_NAME = "categories"
ADDED = tuple(INVOICE_LINES.schema("categories"))
CLAIMED = tuple(name for name in ADDED if name != "is_addressable")
CATEGORY_LOOKUP_TYPES = {name: INVOICE_LINES[name].type for name in (*CLASSIFIER_FEATURES, *CLAIMED)}
NOT_PROCUREMENT = "90"
SCOPE_CATEGORIES = {
    "public_payment": "9001",
    "transfer": "9002",
    "internal": "9004",
    "finance": "9005",
    "property": "9006",
    "payroll": "9007",
    "calculated": "9008",
    "to_clarify": "9009",
    "no_exchange_rate": "9009",
}
PERSON_TRANSFER = "9003"
_CODES = ("category_code", *(f"category_{level}_code" for level in LABEL_LEVELS))


def add_categories(lines: ibis.Table, lookup: ibis.Table, tree: CategoryTree) -> ibis.Table:
    """Place each line in the category tree.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* the columns of `CLASSIFIER_FEATURES`, `scope_status`, `scope_reason`, `supplier_kind`.
    lookup : ibis.Table
        Columns of `CATEGORY_LOOKUP_TYPES`, one row per distinct value of the features; may be empty.
    tree : CategoryTree
        The tree the municipality uses.

    Returns
    -------
    ibis.Table
        *Adds* the category columns and `is_addressable`.
    """
    lines = without(lines, ADDED)
    renamed = lookup.rename({f"found_{name}": name for name in CLAIMED})
    joined = add_lookup(lines, renamed, CLASSIFIER_FEATURES)
    in_scope = joined.scope_status == "in_scope"
    placed = {name: in_scope.ifelse(joined[f"found_{name}"], code) for name, code in _scope_codes(joined, tree).items()}
    found_source = joined.found_category_source.fill_null("unclassified")
    placed["category_source"] = in_scope.ifelse(found_source, "scope")
    placed["category_reason"] = in_scope.ifelse(joined.found_category_reason, joined.scope_reason)
    certain = ibis.literal(Decimal(1)).cast(INVOICE_LINES["category_confidence"].type)
    placed["category_confidence"] = in_scope.ifelse(joined.found_category_confidence, certain)
    for name in ("category_proposed_code", "category_proposed_confidence"):
        placed[name] = joined[f"found_{name}"]
    is_left_out = placed["category_code"].isin(sorted(not_addressable(tree))).fill_null(False)
    placed["is_addressable"] = in_scope & ~is_left_out
    return joined.select(lines, **{name: placed[name] for name in ADDED})


def not_addressable(tree: CategoryTree) -> frozenset[str]:
    """Categories that are analysed but cannot be influenced: exempt, monopoly, public tariff; and tree 90."""
    outside = {NOT_PROCUREMENT, *tree.descendants(NOT_PROCUREMENT)} if NOT_PROCUREMENT in tree else set()
    return tree.codes_where("is_exempt") | tree.codes_where("is_public_tariff") | outside


def _scope_codes(lines: ibis.Table, tree: CategoryTree) -> dict[str, ibis.Value]:
    """Codes of the place in tree 90 for each status out of scope, per column; null where the tree has no such place."""
    to_person = (lines.scope_status == "transfer") & lines.supplier_kind.identical_to("person")
    places = [
        (to_person, PERSON_TRANSFER),
        *((lines.scope_status == key, code) for key, code in SCOPE_CATEGORIES.items()),
    ]
    known = [(when, tree.path(code)) for when, code in places if code in tree]
    codes = {}
    for name, depth in zip(_CODES, (-1, 0, 1, 2), strict=True):
        there = [(when, path[depth]) for when, path in known if depth < len(path)]
        codes[name] = ibis.cases(*there) if there else ibis.null("string")
    return codes
