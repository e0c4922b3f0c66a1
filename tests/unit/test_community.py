"""Does a list of municipalities become a community, and is a wrong list refused with all that is wrong?"""

from decimal import Decimal

import pytest

from procurement_kit.community import (
    COMMUNITY_FILE,
    create_community,
    open_community,
    read_community_cube,
    read_kpi_basis,
)
from procurement_kit.errors import MunicipalityNotFoundError, NoDataError, SettingsError
from procurement_kit.store import create_municipality


@pytest.fixture
def members(data_home):
    return [create_municipality(name) for name in ("ærø", "bøgeby")]


def write(data_home, text):
    (data_home / "fælles").mkdir(exist_ok=True)
    (data_home / "fælles" / COMMUNITY_FILE).write_text(text, encoding="utf-8")


def test_a_list_of_municipalities_becomes_a_community(members):
    community = create_community("fælles", ["ærø", "bøgeby"], title='Fælles "Indkøb"')
    assert [member.name for member in community.members] == ["ærø", "bøgeby"]
    assert community.title == 'Fælles "Indkøb"'
    assert (community.place.name, community.place.currency, community.place.folder) == (
        "fælles",
        "DKK",
        community.folder,
    )
    again = create_community("fælles", ["ærø"])
    assert len(again.members) == 2, "an existing community is left as it is"


def test_peer_groups_are_read_and_strangers_refused(members, data_home):
    write(data_home, 'title = "F"\nmembers = ["ærø", "bøgeby"]\n[peer_groups]\nkyst = ["ærø"]\n')
    assert open_community("fælles").peer_groups == {"kyst": ("ærø",)}
    write(
        data_home,
        'title = "F"\nmembers = ["ærø", "ærø"]\nmedlem = 1\nlanguage = "no"\n[peer_groups]\nkyst = ["ærøø"]\nx = 2\n',
    )
    with pytest.raises(SettingsError) as caught:
        open_community("fælles")
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize("text", ["title = ", 'title = "F"\n', 'title = "F"\nmembers = []\n', 'members = ["ærø"]\n'])
def test_a_file_that_cannot_be_used_is_refused(members, data_home, text):
    write(data_home, text)
    with pytest.raises(SettingsError):
        open_community("fælles")


def test_what_is_not_there_is_named_with_the_nearest(members):
    create_community("fælles", ["ærø"])
    with pytest.raises(MunicipalityNotFoundError, match="Did you mean «fælles»"):
        open_community("fælle")
    with pytest.raises(MunicipalityNotFoundError, match="Did you mean «ærø»"):
        create_community("nyt", ["ærøø"])
    with pytest.raises(SettingsError, match="cannot be made"):
        create_community("tomt", [])


def test_two_currencies_are_refused(members):
    create_municipality("malmby", currency="SEK")
    with pytest.raises(SettingsError, match="DKK and SEK"):
        create_community("fælles", ["ærø", "malmby"])


def test_a_member_that_was_never_classified_stops_the_community(members):
    with pytest.raises(NoDataError, match="ærø"):
        read_community_cube(create_community("fælles", ["ærø", "bøgeby"]))


def test_the_basis_has_targets_of_members_and_community(members):
    community = create_community("fælles", ["ærø", "bøgeby"])
    (community.folder / "targets.csv").write_text("Nøgletal;Periode;Mål\ne_trade;2025;0,90\n", encoding="utf-8")
    (members[0].folder / "targets.csv").write_text("Nøgletal;Periode;Mål\ne_trade;2025;0,80\n", encoding="utf-8")
    basis = read_kpi_basis(community)
    targets = {owner: [target.target for target in found] for owner, found in basis.targets.items()}
    assert targets == {"fælles": [Decimal("0.90")], "ærø": [Decimal("0.80")], "bøgeby": []}
    assert basis.titles == {member.name: member.title for member in members} and basis.follow_ups == {}
    alone = read_kpi_basis(members[0])
    assert (alone.name, list(alone.titles), alone.peer_groups) == ("ærø", ["ærø"], {})
