"""What stands in the report of a community, and how is it made?

The same analyses as for a municipality, on the lines of all members; overlap and joint tenders beside. The market list
is that of the group the members buy most of together. Nothing is computed here.
"""

from typing import TYPE_CHECKING

from procurement_kit.community import Community, open_community, read_kpi_basis
from procurement_kit.errors import NoDataError, ParameterError
from procurement_kit.findings import Finding, Outcome
from procurement_kit.periods import parse_period
from procurement_kit.steering import Subject, known_of_suppliers, open_subject
from procurement_kit.tendering import tender_findings

if TYPE_CHECKING:
    import ibis

RECIPE = "community_report"


def community_findings(community: Community, *, period: str) -> list[Finding]:
    """All findings of a community's report.

    Parameters
    ----------
    community : Community
        As `open_community` gives it.
    period : str
        For instance "2025" or "2025Q3".

    Returns
    -------
    list of Finding
        `community`, `kpis`, `overlap`, `expiries`, `tenders`, `framework_use`, `joint_tenders`, and `market` where
        several members buy of a group.

    Raises
    ------
    NoDataError
        If no line lies in the period.
    """
    from procurement_kit.analyses.community import analyse_community
    from procurement_kit.analyses.kpis import analyse_kpis
    from procurement_kit.analyses.overlap import analyse_overlap
    from procurement_kit.classifier.tree import tree_of

    subject, basis = open_subject(community=community.name), read_kpi_basis(community)
    tree = tree_of(community.members[0])
    kpis = analyse_kpis(subject.cube, period=period, basis=basis)
    compliance = _compliance_of_each(subject, period)
    whole = analyse_community(subject.cube, period=period, basis=basis, kpis=kpis, compliance=compliance)
    overlap = analyse_overlap(_by_title(subject), period=period, tree=tree)
    tenders = tender_findings(subject, period, None)
    return [whole, kpis, overlap, *tenders, *_market(subject, period, tenders)]


def make_community_report(name: str, period: str = "", *, recipe: str = RECIPE, force: bool = False) -> Outcome:
    """Render a community's report; what is unchanged since it was made is skipped, unless `force`.

    Parameters
    ----------
    name : str
        Folder name of the community.
    period : str
        By default the last full year that every member's lines reach into.
    recipe : str
        Name of a recipe about a community, or a TOML file.
    force : bool
        Make it also where nothing has changed.
    """
    from procurement_kit.publishing.recipes import read_recipe
    from procurement_kit.publishing.report import is_current, last_full_year, render_report

    asked, chosen = parse_period(period) if period else None, read_recipe(recipe).about("", community=name)
    community = open_community(name)
    open_subject(community=name)  # spend cubes brought up to date, before their marks are compared
    label = (asked or parse_period(min(last_full_year(member) for member in community.members))).label
    place, members = community.place, community.members
    unchanged = not force and is_current(place, label, recipe=recipe, members=members)
    folder = place.folder / "reports" / chosen.folder_name(label)
    if not unchanged:
        folder = render_report(place, label, recipe=recipe, members=members)
    paths = {path.name: str(path) for path in sorted(folder.iterdir())}
    facts = {"community": name, "period": label, "unchanged": unchanged, "paths": paths}
    skipped = " Unchanged, skipped." if unchanged else ""
    return Outcome(facts, (f"The report lies in {paths['report.html']}.{skipped}",))


def refuse_other_choices(name: str, category: str, *, is_batch: bool) -> None:
    """Refuse a command line that asks for a community and for something else.

    Raises
    ------
    ParameterError
        If a municipality, a category, --all or --batch is named beside the community.
    """
    if name or category or is_batch:
        raise ParameterError(
            "A community was asked for together with a municipality, a category, --all or --batch.",
            expected="one of them",
            todo="procurement-kit report --community NAME --period 2025Q3",
        )


def _compliance_of_each(subject: Subject, period: str) -> dict[str, Finding]:
    """Contract compliance by folder name; a municipality without lines in the period is left out and named later."""
    from procurement_kit.analyses.compliance import analyse_compliance
    from procurement_kit.classifier.tree import tree_of

    found = {}
    for member in subject.members:
        lines = subject.cube.filter(subject.cube.municipality_name == member.name)
        try:
            found[member.name] = analyse_compliance(lines, period=period, tree=tree_of(member))
        except NoDataError:
            continue
    return found


def _by_title(subject: Subject) -> "ibis.Table":
    """The lines with the title of their municipality instead of its folder's name."""
    pairs = [(member.name, member.title) for member in subject.members]
    return subject.cube.mutate(municipality_name=subject.cube.municipality_name.cases(*pairs))


def _market(subject: Subject, period: str, tenders: list[Finding]) -> list[Finding]:
    """The suppliers of the group that is bought most of together; none where no group is bought by several."""
    from procurement_kit.analyses.market import market_list
    from procurement_kit.classifier.tree import tree_of

    joint = next((f.tables["joint"].to_dict("records") for f in tenders if f.key == "joint_tenders"), [])
    if not joint:
        return []
    tree, known = tree_of(subject.members[0]), known_of_suppliers(subject.members)
    try:
        return [market_list(subject.cube, category=joint[0]["category_code"], period=period, tree=tree, known=known)]
    except NoDataError:
        return []
