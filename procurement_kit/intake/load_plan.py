"""Which files of an import are new, which were read before, and which replace older ones?

The same content is left alone, unless profile or exchange rates have changed. Other content under the last name that a
file stood under replaces exactly its lines; what else the older load held is carried over. A file that moves to another
name keeps its lines.
"""

from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, field

from procurement_kit import store
from procurement_kit.errors import ParameterError, ProcurementError
from procurement_kit.fingerprints import fingerprint
from procurement_kit.intake.archives import SourceFile
from procurement_kit.intake.headings import find_columns
from procurement_kit.intake.ledgers import open_ledger
from procurement_kit.intake.money import Rates, rates_path
from procurement_kit.intake.profiles import Profile
from procurement_kit.intake.report import SourceReport
from procurement_kit.settings import Municipality


@dataclass
class Plan:
    """What an import has to do: files to read, files read before, and which earlier files they replace."""

    profiles: dict[str, Profile]  # hash of a ledger file → the profile it is read with
    refused: dict[str, ProcurementError]  # hash of a ledger file → why it cannot be read
    rates: Rates
    rates_hash: str
    sequence: int
    loads: list[dict]  # what was imported before
    new: list[SourceFile] = field(default_factory=list)
    unchanged: list[SourceReport] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)  # old hash → hash of the file that replaces it
    names: dict[str, list[str]] = field(default_factory=dict)  # hash → names the file stands under by now

    @property
    def is_alone(self) -> bool:
        """Whether only one file was named."""
        return len(self.new) + len(self.unchanged) == 1

    @property
    def is_done(self) -> bool:
        """Whether everything stands as it shall already."""
        moved = (set(self.names[hash_]) != set(facts["names"]) for hash_, facts in recorded(self.loads).items())
        return not self.new and not self.replaced and not any(moved)

    def leave(self, unread: Set[str]) -> None:
        """Take account of files that could not be read: they replace nothing, and what was read of them before stays.

        Parameters
        ----------
        unread : set of str
            Hashes of files that could not be read.
        """
        left = unread & set(recorded(self.loads))
        self.unchanged += [
            _untouched(source, "unchanged", "cannot be read this time: left as it was")
            for source in self.new
            if source.hash in left
        ]
        self.new = [source for source in self.new if source.hash not in left]
        self.name_files(unread)

    def name_files(self, unread: Set[str] = frozenset()) -> None:
        """Say which names each file stands under by now, and which files have lost theirs to other content.

        A file stands under the names it was last delivered under. One that could not be read takes no name from others.
        """
        delivered = [(source.name, source.hash) for source in (*self.new, *self.unchanged)]
        takers = {name: hash_ for name, hash_ in delivered if hash_ not in unread}
        self.names, self.replaced = {}, {}
        for name, hash_ in delivered:
            self.names.setdefault(hash_, []).append(name)
        again = {source.hash for source in self.new}
        for hash_, facts in recorded(self.loads).items():
            if hash_ in again:
                self.replaced[hash_] = hash_
            elif hash_ not in self.names:
                if left := [name for name in facts["names"] if name not in takers]:
                    self.names[hash_] = left
                else:
                    self.replaced[hash_] = takers[facts["names"][0]]

    def profile_hash(self, source: SourceFile) -> str:
        """Changes with everything the profile says; empty for e-invoices."""
        profile = self.profiles.get(source.hash)
        return fingerprint(asdict(profile))[:16] if profile else ""

    @property
    def old_loads(self) -> list[dict]:
        """Earlier imports that hold a file which is replaced."""
        return [load for load in self.loads if any(facts["hash"] in self.replaced for facts in load["sources"])]

    def format_name(self, source: SourceFile) -> str:
        """Name and version of the profile a file is read with; empty for e-invoices."""
        profile = self.profiles.get(source.hash)
        return profile.format_name if profile else ""


def choose_profiles(
    sources: list[SourceFile], profiles: Sequence[Profile]
) -> tuple[dict[str, Profile], dict[str, ProcurementError]]:
    """Choose for each ledger file the one of the named profiles whose headings fit.

    Returns
    -------
    tuple of dict
        By the hash of the file: its profile; or why it cannot be read.
    """
    chosen, refused = {}, {}
    for source in sources:
        if source.kind == "ledger":
            try:
                chosen[source.hash] = _profile_of(source, profiles)
            except ProcurementError as error:
                refused[source.hash] = error
    return chosen, refused


def _profile_of(source: SourceFile, profiles: Sequence[Profile]) -> Profile:
    fitting, errors = [], []
    for profile in profiles:
        try:
            find_columns(open_ledger(source.path, profile).header, profile, where=source.name)
            fitting.append(profile)
        except ProcurementError as error:
            errors.append(error)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise errors[0]
    raise ParameterError(
        f"{source.name} fits several of the profiles named: {', '.join(profile.name for profile in fitting)}.",
        expected="one profile per file",
        todo="import the file by itself, with the profile that is meant",
    )


def make_plan(municipality: Municipality, sources: list[SourceFile], profiles: Sequence[Profile], rates: Rates) -> Plan:
    """Compare the files of an import with what was read before.

    Parameters
    ----------
    municipality : Municipality
        Whose loads are looked at.
    sources : list of SourceFile
        Files of this import.
    profiles : sequence of Profile
        Profiles the ledgers are read with.
    rates : Rates
        Exchange rates of the municipality.
    """
    loads = store.loads(municipality)
    sequence = max((int(load["load_key"].split("-")[0]) for load in loads), default=0) + 1
    chosen = choose_profiles(sources, profiles)
    plan = Plan(*chosen, rates, fingerprint(rates_path(municipality)), sequence, loads)
    old = recorded(loads)
    seen: set[str] = set()
    for source in sources:
        same = old.get(source.hash)
        if source.hash in seen:
            plan.unchanged.append(_untouched(source, "repeated", "the same file stands twice in this import"))
        elif same and _is_current(same, source, plan):
            plan.unchanged.append(_untouched(source, "unchanged", "read before"))
        else:
            plan.new.append(source)
        seen.add(source.hash)
    plan.name_files()
    return plan


def recorded(loads: list[dict]) -> dict[str, dict]:
    """All files of some imports: hash → what is known of the file."""
    return {facts["hash"]: facts for load in loads for facts in load["sources"]}


def _untouched(source: SourceFile, status: str, reason: str) -> SourceReport:
    return SourceReport(source.name, source.hash, source.kind, status, reason=reason)


def _is_current(facts: dict, source: SourceFile, plan: Plan) -> bool:
    """Read before, with the same profile, and with the same exchange rates where they matter."""
    if source.kind == "ledger" and not facts["by_currency"]:
        return False  # it could not be read: perhaps it can now
    is_foreign = set(facts["by_currency"]) - {plan.rates.currency, ""}
    same_rates = not is_foreign or facts["rates_hash"] == plan.rates_hash
    return facts["profile_hash"] == plan.profile_hash(source) and same_rates
