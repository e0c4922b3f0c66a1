"""What kind of purchase is a line?

Categories are found once per distinct printed value by the classify command and lie in a lookup; here they are joined.
Freight, fees, rounding and surcharges follow the largest item of their document, unless a decision or rule is about
them. A line out of scope gets its place in the small tree 90; a line without a row stays unclassified, never left out.
"""

from decimal import Decimal

import ibis

from procurement_kit.classifier.tree import CategoryTree
from procurement_kit.columns import TEXT
from procurement_kit.exact import add_lookup, without
from procurement_kit.tables import CLASSIFIER_FEATURES, INVOICE_LINES, LABEL_LEVELS, LINE_KINDS

LOOKUP_NAME = "categories"
LEADERS_NAME = "accessories"
ITEM, *ACCESSORIES = LINE_KINDS
LEADER_TYPES = dict.fromkeys(("line_id", "leading_line_id", *(f"leading_{n}" for n in CLASSIFIER_FEATURES)), TEXT)
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
_FOLLOWED = (*_CODES, "category_confidence")


def leading_lines(lines: ibis.Table) -> ibis.Table:
    """Find which line each accessory line follows: the largest item in scope on its document, the first of equals.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* `line_id`, `document_id`, `line_kind`, `net_amount`, `scope_status`, `CLASSIFIER_FEATURES`.

    Returns
    -------
    ibis.Table
        Columns of `LEADER_TYPES`: each accessory line in scope whose document has an item, and what is printed on that
        item. Documents without accessory lines are not looked at further.
    """
    lines = lines.filter(lines.scope_status == "in_scope")
    lines = lines.select("line_id", "document_id", "line_kind", "net_amount", *CLASSIFIER_FEATURES)
    accessories = lines.filter(lines.line_kind.isin(ACCESSORIES)).select("line_id", accessory_document="document_id")
    documents = accessories.select("accessory_document").distinct()
    items = lines.filter(lines.line_kind == ITEM)
    items = items.semi_join(documents, items.document_id == documents.accessory_document)
    size = items.net_amount.abs().fill_null(Decimal(0))
    place = ibis.row_number().over(group_by=items.document_id, order_by=[size.desc(), items.line_id])
    ranked = items.mutate(place=place)
    largest = ranked.filter(ranked.place == 0).rename(
        {f"leading_{name}": name for name in ("line_id", *CLASSIFIER_FEATURES)}
    )
    joined = accessories.inner_join(largest, accessories.accessory_document == largest.document_id)
    return joined.select(*LEADER_TYPES)


def add_categories(
    lines: ibis.Table, lookup: ibis.Table, tree: CategoryTree, leaders: ibis.Table | None = None
) -> ibis.Table:
    """Place each line in the category tree.

    Parameters
    ----------
    lines : ibis.Table
        *Reads* the columns of `CLASSIFIER_FEATURES`, `scope_status`, `scope_reason`, `supplier_kind`.
    lookup : ibis.Table
        Columns of `CATEGORY_LOOKUP_TYPES`, one row per distinct value of the features; may be empty.
    tree : CategoryTree
        The tree the municipality uses.
    leaders : ibis.Table, optional
        Columns of `LEADER_TYPES`, one row per accessory line; without it every line stands for itself.

    Returns
    -------
    ibis.Table
        *Adds* the category columns and `is_addressable`.
    """
    lines = without(lines, ADDED)
    renamed = lookup.rename({f"found_{name}": name for name in CLAIMED})
    joined = add_lookup(lines, renamed, CLASSIFIER_FEATURES)
    joined = joined if leaders is None else _following(joined, lookup, leaders)
    in_scope = joined.scope_status == "in_scope"
    placed = {name: in_scope.ifelse(joined[f"found_{name}"], code) for name, code in _scope_codes(joined, tree).items()}
    found_source = joined.found_category_source.fill_null("unclassified")
    placed["category_source"] = in_scope.ifelse(found_source, "scope")
    placed["category_reason"] = in_scope.ifelse(joined.found_category_reason, joined.scope_reason)
    certain = ibis.literal(Decimal(1)).cast(INVOICE_LINES["category_confidence"].type)
    placed["category_confidence"] = in_scope.ifelse(joined.found_category_confidence, certain)
    views = (name for name in CLAIMED if name not in placed)
    placed |= {name: joined[f"found_{name}"] for name in views}
    is_left_out = placed["category_code"].isin(sorted(not_addressable(tree))).fill_null(False)
    placed["is_addressable"] = in_scope & ~is_left_out
    return joined.select(lines, **{name: placed[name] for name in ADDED})


def _following(lines: ibis.Table, lookup: ibis.Table, leaders: ibis.Table) -> ibis.Table:
    """Let accessory lines take what was found for the line they follow, where something was."""
    found = lookup.filter(lookup.category_code.notnull())
    found = found.select(*CLASSIFIER_FEATURES, **{f"leading_{name}": name for name in _FOLLOWED})
    led = add_lookup(leaders, found, {f"leading_{name}": name for name in CLASSIFIER_FEATURES})
    led = led.filter(led.leading_category_code.notnull())
    led = led.select("leading_line_id", *(f"leading_{name}" for name in _FOLLOWED), following_line_id="line_id")
    joined = add_lookup(lines, led, {"line_id": "following_line_id"})
    is_decided = joined.found_category_source.isin(("review", "rule")).fill_null(False)
    follows = joined.leading_line_id.notnull() & ~is_decided
    taken = {f"found_{name}": follows.ifelse(joined[f"leading_{name}"], joined[f"found_{name}"]) for name in _FOLLOWED}
    taken["found_category_source"] = follows.ifelse("accessory", joined.found_category_source)
    taken["found_category_reason"] = follows.ifelse(joined.leading_line_id, joined.found_category_reason)
    return joined.mutate(**taken)


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
