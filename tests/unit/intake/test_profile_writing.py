"""A profile that is written reads back as it was."""

import pytest

from procurement_kit.intake.profile_writing import profile_toml
from procurement_kit.intake.profiles import PartRule, Profile, Source, find_profile, profile_names, read_profile


@pytest.fixture
def reread(tmp_path):
    def writing(profile):
        path = tmp_path / "skrevet.toml"
        path.write_text(profile_toml(profile, title="To linjer\nog en til"), encoding="utf-8")
        return read_profile(path)

    return writing


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_reads_back(reread, name):
    assert reread(find_profile(name)) == find_profile(name)


def test_odd_headings_read_back(reread):
    odd = 'A "quoted" \\ heading\twith\x7f tab æøå'
    profile = Profile(
        "odd",
        "1",
        "ex",
        "positive_is_spend",
        {
            "document_amount": Source((odd,)),
            "invoice_date": Source(("Dato#2",)),
            "line_text": Source(("A", "B"), is_joined=True),
        },
        optional=("line_text",),
        quote="",
        sheet="Ark «1»",
        constants={"document_currency": "DKK", "supplier_name": odd},
        parts={
            "art_code": PartRule((odd,), pattern=r"^\d+-(\d\d)\.$"),
            "dranst_code": PartRule(("K",), start=3, length=1),
        },
        credit=(Source(("D/K",)), frozenset(["k"])),
    )
    assert reread(profile) == profile
