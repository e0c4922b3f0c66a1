"""Which files of an import are new, which were read before, and which replace older ones?

The same content is left alone, unless profile or exchange rates have changed. The same name with other content
replaces exactly the lines of the older file; what else the older load held is carried over.
"""

from dataclasses import dataclass, field

from procurement_kit import store
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.archives import SourceFile
from procurement_kit.intake.money import Rates, rates_path
from procurement_kit.intake.profiles import Profile
from procurement_kit.intake.report import SourceReport
from procurement_kit.settings import Municipality


@dataclass
class Plan:
    """What an import has to do: files to read, files read before, and which earlier files they replace."""

    profile: Profile | None
    rates: Rates
    rates_hash: str
    sequence: int
    new: list[SourceFile] = field(default_factory=list)
    unchanged: list[SourceReport] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)  # old hash → hash of the file that replaces it
    old_loads: list[dict] = field(default_factory=list)  # loads that hold a replaced file

    def format_name(self, source: SourceFile) -> str:
        """Name and version of the profile a file is read with; empty for e-invoices."""
        return self.profile.format_name if source.kind == "ledger" and self.profile else ""


def make_plan(municipality: Municipality, sources: list[SourceFile], profile: Profile | None, rates: Rates) -> Plan:
    """Compare the files of an import with what was read before.

    Parameters
    ----------
    municipality : Municipality
        Whose loads are looked at.
    sources : list of SourceFile
        Files of this import.
    profile : Profile or None
        Profile the ledgers are read with.
    rates : Rates
        Exchange rates of the municipality.
    """
    loads = store.loads(municipality)
    sequence = max((int(load["load_key"].split("-")[0]) for load in loads), default=0) + 1
    plan = Plan(profile, rates, fingerprint(rates_path(municipality)), sequence)
    old = [facts for load in loads for facts in load["sources"]]
    seen: set[str] = set()
    delivered = {source.hash for source in sources}
    for source in sources:
        same = next((facts for facts in old if facts["hash"] == source.hash), None)
        if source.hash in seen:
            plan.unchanged.append(_untouched(source, "repeated", "the same file stands twice in this import"))
        elif same and _is_current(same, source, plan):
            plan.unchanged.append(_untouched(source, "unchanged", "read before"))
        else:
            plan.new.append(source)
            of_that_name = {facts["hash"] for facts in old if facts["name"] == source.name} - delivered
            replaced = of_that_name | {facts["hash"] for facts in old if facts["hash"] == source.hash}
            plan.replaced |= dict.fromkeys(replaced, source.hash)
        seen.add(source.hash)
    plan.old_loads = [load for load in loads if any(facts["hash"] in plan.replaced for facts in load["sources"])]
    return plan


def _untouched(source: SourceFile, status: str, reason: str) -> SourceReport:
    return SourceReport(source.name, source.hash, source.kind, status, reason=reason)


def _is_current(facts: dict, source: SourceFile, plan: Plan) -> bool:
    """Read before, with the same profile, and with the same exchange rates where they matter."""
    is_foreign = set(facts["by_currency"]) - {plan.rates.currency, ""}
    same_rates = not is_foreign or facts["rates_hash"] == plan.rates_hash
    return facts["format_name"] == plan.format_name(source) and same_rates
