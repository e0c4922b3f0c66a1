"""Which columns do the tables around suppliers have: decisions, links, register?"""

from procurement_kit.columns import DATE, KRONER, TEXT, WHOLE, Column, Table  # noqa: F401

SUPPLIER_TABLES = ()
