"""Does the figure of joint tenders say what the finding says, in both languages?"""

from datetime import date

import pytest
from lxml import etree

from procurement_kit.analyses.joint_tenders import find_joint_tenders
from procurement_kit.errors import NoDataError
from procurement_kit.publishing.joint_figures import GROUPS_SHOWN, draw_joint_tenders
from procurement_kit.publishing.sentences import texts
from tests.unit.analyses.tender_cases import TREE, basis_of, bought, contract, year_of


def joint(*rows, contracts=()):
    basis = basis_of(*contracts, names=("a", "b"))
    return find_joint_tenders(year_of(*rows), period="2025", tree=TREE, basis=basis)


@pytest.fixture(scope="module")
def finding():
    """Two municipalities buy the same; the contract of one ends in March 2027."""
    return joint(
        bought("300000.00"), bought("200000.00", municipality_name="b"),
        contracts=(contract("K-1", last=date(2027, 3, 31)),),
    )  # fmt: skip


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_figure_is_whole_and_explained(finding, language):
    drawing = draw_joint_tenders(finding, language=language)
    etree.fromstring(drawing.svg)
    assert drawing.title in drawing.svg and drawing.alt and "2027" in drawing.title
    words = texts(language)["figures"]["joint_tenders"]
    assert {"what", "how", "do"} <= set(words)
    for name in ("bound", "bridging", "start", "together"):
        assert words[name] in drawing.svg, name


def test_kroner_and_quarters_stand_in_the_figure(finding):
    svg = draw_joint_tenders(finding).svg.replace("\u00a0", " ")
    assert "500" in svg and "2.kv." in svg
    assert len(finding.tables["joint"]) <= GROUPS_SHOWN


def test_an_amount_is_written_as_the_language_writes_it(finding):
    assert "500 t.kr." in draw_joint_tenders(finding).svg.replace("\u00a0", " ")
    assert "DKK 500k" in draw_joint_tenders(finding, language="en").svg.replace("\u00a0", " ")


def test_where_nothing_is_bought_by_several_there_is_no_figure():
    with pytest.raises(NoDataError, match="several"):
        draw_joint_tenders(joint(bought("10.00")))
