"""Which municipalities buy together, and how are they looked at as one?

`community.toml` in a folder of its own names the members; their lines stay where they are. The community has targets
and cards like a municipality; its figures are the sums of its members', never means of their rates.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from procurement_kit import folders, store
from procurement_kit.classifier.tree import tree_of
from procurement_kit.errors import MunicipalityNotFoundError, SettingsError, nearest
from procurement_kit.kpi_basis import KpiBasis
from procurement_kit.settings import Municipality, check_name
from procurement_kit.steps import kpi_inputs
from procurement_kit.steps.spend_cube import CUBE, read_record
from procurement_kit.tables import INVOICE_LINES

if TYPE_CHECKING:
    import ibis

COMMUNITY_FILE = "community.toml"
KEYS = ("title", "members", "language", "peer_groups")


@dataclass(frozen=True)
class Community:
    """Municipalities that buy together.

    Parameters
    ----------
    name : str
        Folder name.
    folder : Path
        Where its own files lie: `community.toml`, `targets.csv`, `kpis.toml`, reports.
    title : str
        Name as it stands in reports.
    members : tuple of Municipality
        In the order of the file.
    language : {"da", "en"}
        Language of reports.
    peer_groups : dict of str to tuple of str
        Name of a group → members that are compared with each other.
    """

    name: str
    folder: Path
    title: str
    members: tuple[Municipality, ...]
    language: str = "da"
    peer_groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def place(self) -> Municipality:
        """The community as readers and writers of one folder know it."""
        first = self.members[0]
        return Municipality(
            self.name, self.folder, self.title, "", currency=first.currency, language=self.language, engine=first.engine
        )


def community_names() -> list[str]:
    """Folder names of the communities there are, in alphabetical order."""
    return sorted(found.parent.name for found in store.data_folder().glob(f"*/{COMMUNITY_FILE}"))


def open_community(name: str) -> Community:
    """Open a community: its settings, and the folders of its members.

    Parameters
    ----------
    name : str
        Folder name.

    Raises
    ------
    ParameterError
        If the name cannot be a folder name.
    MunicipalityNotFoundError
        If there is no such community, or no such member.
    SettingsError
        If `community.toml` cannot be used, or the members keep their accounts in different currencies.
    """
    folder = store.data_folder() / check_name(name)
    path = folder / COMMUNITY_FILE
    if not path.is_file():
        known = community_names()
        raise MunicipalityNotFoundError(
            f"There is no community «{name}» in {store.data_folder()}.{nearest(name, known)}",
            expected=f"one of: {', '.join(known) or 'none yet'}",
            todo=f"run: procurement-kit new-community {name} <municipalities>",
        )
    content = _content(path)
    members = tuple(store.open_municipality(member) for member in content["members"])
    currencies = sorted({member.currency for member in members})
    if len(currencies) > 1:
        raise SettingsError(
            f"{path}: the members keep their accounts in {' and '.join(currencies)}.",
            expected="members with one currency",
            todo="make a community for each currency",
        )
    groups = {group: tuple(names) for group, names in content.get("peer_groups", {}).items()}
    return Community(name, folder, content["title"], members, content.get("language", "da"), groups)


def create_community(name: str, members: Sequence[str], *, title: str = "", language: str = "da") -> Community:
    """Make a community's folder and settings; an existing one is opened and left as it is.

    Parameters
    ----------
    name : str
        Folder name.
    members : sequence of str
        Folder names of municipalities that are there.
    title : str
        Name as it stands in reports; by default made from the name.
    language : {"da", "en"}
        Language of reports.

    Raises
    ------
    MunicipalityNotFoundError
        If a member is not there.
    SettingsError
        If there are no members, or one stands twice.
    """
    folder = store.data_folder() / check_name(name)
    if not (folder / COMMUNITY_FILE).is_file():
        for member in members:
            store.open_municipality(member)
        values = {"title": title or name.replace("_", " ").replace("-", " ").title(), "language": language}
        problems = _problems({**values, "members": list(members)})
        if problems:
            raise SettingsError("The community cannot be made.", problems=problems, todo="name its members, each once")
        names = ", ".join(f'"{member}"' for member in members)
        lines = [*(f'{key} = "{_escaped(value)}"' for key, value in values.items()), f"members = [{names}]"]
        folders.write_text(folder / COMMUNITY_FILE, "\n".join(lines) + "\n")
    return open_community(name)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _content(path: Path) -> dict:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}", todo="correct the line named") from None
    if problems := _problems(content):
        raise SettingsError(
            f"{path}: the community cannot be used.",
            problems=problems,
            expected='title = "…", members = ["…", "…"], and if wanted language and [peer_groups]',
            todo="correct the file",
        )
    return content


def _problems(content: dict) -> list[str]:
    problems = [f"{key} is not known.{nearest(key, KEYS)}" for key in content if key not in KEYS]
    members, groups = content.get("members"), content.get("peer_groups", {})
    if not isinstance(content.get("title"), str):
        problems.append("title is missing, or no text.")
    if content.get("language", "da") not in ("da", "en"):
        problems.append(f"language is «{content['language']}», allowed are da, en.")
    if not _is_names(members) or not members:
        return [*problems, "members is missing, or no list of names."]
    problems += [f"«{name}» is a member twice." for name in sorted({m for m in members if members.count(m) > 1})]
    for group, names in groups.items() if isinstance(groups, dict) else [("peer_groups", None)]:
        if not _is_names(names):
            problems.append(f"peer group «{group}» is no list of names.")
        else:
            strangers = [name for name in names if name not in members]
            problems += [f"peer group «{group}»: «{n}» is not a member.{nearest(n, members)}" for n in strangers]
    return problems


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


# --- what the members have together ---------------------------------------------------------------------------------


def read_community_cube(community: Community) -> "ibis.Table":
    """The lines of all members, as their spend cubes were last built.

    Parameters
    ----------
    community : Community
        As `open_community` gives it.

    Raises
    ------
    NoDataError
        If the cube of a member has not been built.
    """
    tables = []
    for member in community.members:
        read_record(member)
        pattern = member.folder / CUBE / "lines" / "*.parquet"
        tables.append(store.read_parquet(community.place, pattern, INVOICE_LINES.schema()).select(*INVOICE_LINES.names))
    return reduce(lambda one, other: one.union(other), tables)


def read_kpi_basis(of: Municipality | Community) -> KpiBasis:
    """Everything the key figures of a municipality or community need besides its lines.

    Parameters
    ----------
    of : Municipality or Community
        As `open_municipality` or `open_community` gives it.

    Raises
    ------
    TableError, SettingsError
        If targets, cards, contracts or findings cannot be used.
    """
    is_community = isinstance(of, Community)
    members, place = (of.members, of.place) if is_community else ((of,), of)
    trees = {member.name: tree_of(member) for member in members}
    e_trade = {member.name: kpi_inputs.read_e_trade(member, trees[member.name]) for member in members}
    ledgers = [kpi_inputs.read_follow_ups(member) for member in members]
    return KpiBasis(
        name=of.name,
        titles={member.name: member.title for member in members},
        e_trade=e_trade,
        targets={owner.name: kpi_inputs.read_targets(owner) for owner in {place, *members}},
        cards=kpi_inputs.read_cards(place),
        follow_ups={name: ledger for name, ledger in zip(trees, ledgers, strict=True) if ledger is not None},
        peer_groups=of.peer_groups if is_community else {},
        marks={name: kpi_inputs.counted_by(member, trees[name], e_trade[name]) for name, member in
               zip(trees, members, strict=True)},
    )  # fmt: skip
