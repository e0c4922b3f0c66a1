"""Which columns does an answer need, so that the engine is asked for no others?

A line has some hundred columns and an analysis reads ten of them. Ibis carries all of them through every filter and
step until the SQL is written, which takes longer than the query does on a municipality's lines. Here the columns nobody
asks for are left out of the expression first; the answer is the same. What is not known to be safe keeps all columns.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.operations as ops
from ibis.common.graph import Graph

_PASSED_ON = (ops.Filter, ops.Sort, ops.Limit, ops.JoinReference, ops.DropColumns)  # have columns of the one below
_CHOSEN = (ops.Project, ops.JoinChain)  # name each of their columns
Needs = dict[ops.Relation, set[str]]


def narrowed(table: ibis.Table) -> ibis.Table:
    """The same table, computed from the columns it needs only.

    Parameters
    ----------
    table : ibis.Table
        Any expression.

    Returns
    -------
    ibis.Table
        Same columns, types and rows.

    Examples
    --------
    >>> lines = ibis.table({"unit": "string", "net": "int64", "text": "string"}, name="lines")
    >>> "text" in ibis.to_sql(narrowed(lines.filter(lines.net > 0).mutate(twice=lines.net * 2).select("twice")))
    False
    """
    root = table.op()
    needs = _needs(root)

    def narrow(node: ops.Node, rewritten: Mapping | None) -> ops.Node:
        if isinstance(node, ops.Field) and rewritten and node.name not in rewritten["rel"].schema:
            return node  # of a column that is left out: whoever named it is left out too
        if isinstance(node, _CHOSEN) and node in needs:
            given = rewritten or dict(zip(node.__argnames__, node.__args__, strict=True))
            kept = {name: value for name, value in given["values"].items() if name in needs[node]}
            return type(node)(**{**given, "values": kept})
        if isinstance(node, ops.DropColumns) and node in needs:
            return _only(rewritten["parent"] if rewritten else node.parent, needs[node])
        if isinstance(node, ops.PhysicalTable) and len(needs.get(node, node.schema)) < len(node.schema):
            return _only(node, needs[node])
        return node.__recreate__(rewritten) if rewritten else node

    return root.replace(narrow).to_expr()


def _only(table: ops.Relation, names: set[str]) -> ops.Project:
    return ops.Project(table, {name: ops.Field(table, name) for name in table.schema if name in names})


def _needs(root: ops.Relation) -> Needs:
    """Which columns of each table somebody asks for; at least one, since rows are counted too."""
    needs: Needs = defaultdict(set)
    needs[root].update(root.schema.names)
    order, _ = Graph.from_bfs(root).toposort()
    for node in reversed(list(order)):
        if node in needs and isinstance(node, ops.Relation):
            if not needs[node]:
                needs[node].add(node.schema.names[0])
            _ask(node, needs)
    return needs


def _ask(node: ops.Relation, needs: Needs) -> None:
    """Note what a table asks of those it stands on."""
    if isinstance(node, _CHOSEN):
        links = getattr(node, "rest", ())
        _stand_on((node.parent,) if isinstance(node, ops.Project) else node.tables, needs)
        _ask_values((value for name, value in node.values.items() if name in needs[node]), needs)
        _ask_values((test for link in links for test in link.predicates), needs)
    elif isinstance(node, (*_PASSED_ON, ops.Aggregate)):
        _stand_on((node.parent,), needs, needs[node] if isinstance(node, _PASSED_ON) else ())
        _ask_values((value for value in node.__children__ if isinstance(value, ops.Value)), needs)
    else:
        _ask_values(node.__children__, needs)


def _stand_on(tables: Iterable[ops.Relation], needs: Needs, names: Iterable[str] = ()) -> None:
    for table in tables:
        needs[table].update(names)


def _ask_values(values: Iterable[ops.Node], needs: Needs) -> None:
    """Note the columns that values are made of; a table that stands in a value is needed as it is."""
    waiting, seen = list(values), set()
    while waiting:
        value = waiting.pop()
        if value in seen:
            continue
        seen.add(value)
        if isinstance(value, ops.Field):
            needs[value.rel].add(value.name)
        elif isinstance(value, ops.Relation):
            needs[value].update(value.schema.names)
        elif isinstance(value, ops.CountStar):
            _stand_on((value.arg,), needs)
            waiting += [value.where] if value.where is not None else []
        else:
            waiting += value.__children__
