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
    "analyse_tail": "analyses.tail",
    "analyse_compliance": "analyses.compliance",
    "analyse_quality": "analyses.quality",
    "read_accounts": "steps.accounts",
    "analyse_reconciliation": "analyses.reconciliation",
    "draw_load_account": "publishing.intake_figures",
    "draw_months": "publishing.intake_figures",
    "draw_filled_fields": "publishing.intake_figures",
    "draw_spend_by_area": "publishing.figures",
    "draw_scope_waterfall": "publishing.figures",
    "draw_pareto": "publishing.figures",
    "draw_compliance": "publishing.figures",
    "draw_calibration": "publishing.evaluation_figures",
    "draw_audit_sample": "review.audit_sample",
    "read_audit_sample": "review.audit_sample",
    "estimate_accuracy": "review.accuracy_estimate",
    "compare_labellers": "review.labellers",
    "explain_line": "review.explained",
    "lines_to_review": "review.queue",
    "review_effect": "review.queue",
    "review_page": "review.page",
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
