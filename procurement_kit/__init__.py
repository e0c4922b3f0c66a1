"""A Jupyter workbench for procurement analysis in the Nordic public sector.

`import procurement_kit as pk` resolves each public name when it is first used, so that the import itself costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "open_municipality": "store",
    "create_municipality": "store",
    "Municipality": "settings",
    "Finding": "findings",
    "Check": "findings",
    "Number": "findings",
    "ProcurementError": "errors",
    "parse_period": "periods",
    "import_files": "intake.load",
    "load_reports": "intake.report",
    "read_lines": "store",
    "read_cube": "steps.spend_cube",
    "trace_line": "steps.trace",
    "tree_of": "classifier.tree",
    "train_classifier": "learning",
    "labelled_lines": "steps.labelled",
    "evaluate_classifier": "classifier.accuracy_finding",
    "classify_lines": "workbench",
    "compare_classifiers": "adoption",
    "analyse_intake": "analyses.intake",
    "analyse_spend": "analyses.spend",
    "match_suppliers": "suppliers.matching",
    "analyse_supplier_identity": "analyses.supplier_identity",
    "doubtful_suppliers": "review.supplier_decisions",
    "read_price_levels": "steps.report_inputs",
    "analyse_buyers": "analyses.buyers",
    "analyse_groups": "analyses.groups",
    "analyse_opportunities": "analyses.opportunities",
    "read_opportunity_steps": "steps.report_inputs",
    "analyse_tail": "analyses.tail",
    "TailRules": "analyses.tail",
    "analyse_small_purchases": "analyses.small_purchases",
    "analyse_supplier_changes": "analyses.supplier_changes",
    "analyse_changes": "analyses.changes",
    "changes_since_last_report": "publishing.snapshots",
    "analyse_concentration": "analyses.concentration",
    "analyse_overlap": "analyses.overlap",
    "analyse_category": "analyses.category",
    "lines_of_category": "analyses.category_parts",
    "read_category_basis": "steps.category_inputs",
    "estimate_consolidation": "analyses.consolidation",
    "Lever": "analyses.levers",
    "analyse_compliance": "analyses.compliance",
    "analyse_prices": "analyses.prices",
    "analyse_supplier_profile": "analyses.supplier_profile",
    "analyse_kraljic": "analyses.kraljic",
    "analyse_contract_followup": "analyses.contract_followup",
    "analyse_success_rates": "analyses.success_rates",
    "read_contracts": "steps.contract_register",
    "read_contract_ledger": "steps.contract_ledger",
    "propose_contract_details": "steps.contract_details",
    "analyse_quality": "analyses.quality",
    "read_accounts": "steps.accounts",
    "read_agreed_prices": "steps.agreed_prices",
    "read_supply_risk_scores": "steps.risk_scores",
    "analyse_reconciliation": "analyses.reconciliation",
    "draw_load_account": "publishing.intake_figures",
    "draw_months": "publishing.intake_figures",
    "draw_filled_fields": "publishing.intake_figures",
    "draw_spend_by_area": "publishing.figures",
    "draw_scope_waterfall": "publishing.figures",
    "draw_pareto": "publishing.figures",
    "draw_compliance": "publishing.figures",
    "draw_prices": "publishing.price_figures",
    "draw_kraljic": "publishing.price_figures",
    "draw_supplier_profile": "publishing.price_figures",
    "draw_suppliers": "publishing.supplier_figures",
    "open_community": "community",
    "community_findings": "community_report",
    "read_community_cube": "community",
    "read_kpi_basis": "community",
    "analyse_e_trade": "analyses.e_trade",
    "analyse_kpis": "analyses.kpis",
    "draw_kpis": "publishing.kpi_figures",
    "read_tender_basis": "tendering",
    "screen_tenders": "analyses.tenders",
    "analyse_framework_use": "analyses.framework_use",
    "analyse_expiries": "analyses.expiries",
    "find_joint_tenders": "analyses.joint_tenders",
    "draw_expiries": "publishing.tender_figures",
    "draw_joint_tenders": "publishing.joint_figures",
    "draw_framework_use": "publishing.tender_figures",
    "share_by_key": "sharing",
    "draw_calibration": "publishing.evaluation_figures",
    "draw_audit_sample": "review.audit_sample",
    "read_audit_sample": "review.audit_sample",
    "estimate_accuracy": "review.accuracy_estimate",
    "compare_labellers": "review.labellers",
    "explain_line": "review.explained",
    "lines_to_review": "review.queue",
    "review_effect": "review.queue",
    "review_page": "review.page",
    "start_page": "lab.start",
    "explore": "lab.drill",
    "browse": "lab.tables",
    "show": "publishing.sentences",
    "read_card": "publishing.report",
    "write_report": "publishing.report",
    "render_report": "workbench",
    "write_templates": "templates",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        from procurement_kit.errors import nearest

        raise AttributeError(f"procurement_kit has no «{name}».{nearest(name, _PUBLIC)}")
    return getattr(import_module(f"procurement_kit.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
