"""Which reports does a batch ask for, and is everything wrong with it said at once?"""

import pytest

from procurement_kit import store
from procurement_kit.batch_files import Job, chosen_jobs, jobs_of, read_batch
from procurement_kit.community import create_community
from procurement_kit.errors import FileFormatError, InputNotFoundError, ParameterError

RECIPE = "municipal_report"


@pytest.fixture
def towns(data_home):
    """Three municipalities without a line."""
    for name in ("aaby", "øby", "zby"):
        store.create_municipality(name, title=name)
    return data_home


@pytest.fixture
def community(towns):
    """Two of them buy together."""
    return create_community("faelles", ["aaby", "zby"])


@pytest.fixture
def batch(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_all_stands_for_every_municipality(towns):
    jobs = jobs_of(["all"], [RECIPE], ["2025q3", "2025Q3", "2024"])
    assert [(job.municipality, job.period) for job in jobs] == [
        (name, period) for name in ("aaby", "zby", "øby") for period in ("2025Q3", "2024")
    ]


def test_everything_wrong_is_said_at_once(towns):
    with pytest.raises(ParameterError) as caught:
        jobs_of(["aabi", "zby"], ["municipal_repport"], ["2025K3"])
    assert [problem.split(".")[0] for problem in caught.value.problems] == [
        "There is no municipality «aabi»", "«2025K3» is not a period", "There is no recipe «municipal_repport»",
    ]  # fmt: skip
    assert "Did you mean «aaby»?" in caught.value.problems[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.csv", "\ufeffsep=;\r\nmunicipality;recipe;period\r\nøby;;2025\r\naaby;municipal_report;2024\r\n"),
        ("b.csv", "period,municipality\n2025,øby\n2024,aaby\n"),
    ],
)
def test_a_csv_as_excel_writes_it_is_read(towns, tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_batch(tmp_path / name) == [Job("øby", RECIPE, "2025"), Job("aaby", RECIPE, "2024")]


def test_a_fact_pack_names_its_category_and_other_recipes_none(towns, tmp_path):
    path = tmp_path / "b.csv"
    head = "municipality;recipe;period;category\n"
    path.write_text(f"{head}aaby;category_staff;2025;18\naaby;;2025;\n", encoding="utf-8")
    assert read_batch(path) == [Job("aaby", "category_staff", "2025", "18"), Job("aaby", RECIPE, "2025")]
    path.write_text(f"{head}aaby;category_staff;2025;\naaby;;2025;18\n", encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        read_batch(path)
    assert ["none was named" in problem for problem in caught.value.problems] == [True, False]
    assert "is not about a category" in caught.value.problems[1]


def test_a_toml_is_municipalities_times_recipes_times_periods(towns, tmp_path):
    path = tmp_path / "kvartal.toml"
    path.write_text('municipalities = ["all"]\nperiods = ["2025Q1", "2025Q2"]\n', encoding="utf-8")
    assert len(read_batch(path)) == 6


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("b.csv", "municipalty;period\naaby;2025\n", "Did you mean «municipality»"),
        ("b.toml", 'munis = ["aaby"]\n', "periods is not a list"),
        ("b.toml", "= 3", "cannot be read"),
    ],
)
def test_a_file_that_is_no_batch_is_refused(towns, tmp_path, name, text, words):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match=words):
        read_batch(tmp_path / name)
    with pytest.raises(InputNotFoundError):
        read_batch(tmp_path / "ingen.csv")


def test_one_thing_is_asked_for(towns):
    with pytest.raises(ParameterError, match="together"):
        chosen_jobs("aaby", every=True, batch=None, recipe=RECIPE, period="2025")
    with pytest.raises(ParameterError, match="without a period"):
        chosen_jobs("", every=True, batch=None, recipe=RECIPE, period="")


def test_a_row_about_a_community_has_the_community_report_as_its_recipe(community, batch):
    path = batch("b.csv", "municipality;community;recipe;period\naaby;;;2025\n;faelles;;2025q3\n")
    assert read_batch(path) == [Job("aaby", RECIPE, "2025"), Job("", "community_report", "2025Q3", community="faelles")]
    assert read_batch(batch("c.csv", "community,period\nfaelles,2025\n")) == [
        Job("", "community_report", "2025", community="faelles")
    ]


def test_each_recipe_of_a_toml_goes_with_those_it_is_about(community, batch):
    lists = 'municipalities = ["aaby"]\ncommunities = ["all"]\nperiods = ["2024", "2025"]\n'
    expected = [Job("aaby", RECIPE, period) for period in ("2024", "2025")]
    expected += [Job("", "community_report", period, community="faelles") for period in ("2024", "2025")]
    assert read_batch(batch("b.toml", lists)) == expected
    assert read_batch(batch("c.toml", f'{lists}recipes = ["community_report", "{RECIPE}"]\n')) == expected
    alone = 'communities = ["faelles"]\nperiods = ["2025"]\n'
    assert read_batch(batch("d.toml", alone)) == [expected[-1]]
    with pytest.raises(FileFormatError, match="no municipalities are named"):
        read_batch(batch("e.toml", f'{alone}recipes = ["{RECIPE}"]\n'))
    with pytest.raises(FileFormatError, match="one of them is needed"):
        read_batch(batch("f.toml", 'periods = ["2025"]\n'))


def test_wrong_communities_are_named_with_everything_else_that_is_wrong(community, batch):
    rows = (
        "aaby;faelles;;2025",
        ";faeles;;2025",
        ";faelles;municipal_report;2025",
        "aaby;;community_report;2025",
        ";;;2K",
    )
    with pytest.raises(ParameterError) as caught:
        read_batch(batch("b.csv", "municipality;community;recipe;period\n" + "\n".join(rows) + "\n"))
    assert [problem.split(".")[0] for problem in caught.value.problems] == [
        "«aaby» and «faelles» stand in one row: name one of the two",
        "There is no municipality «»",
        "There is no community «faeles»",
        "«2K» is not a period",
        "The recipe «municipal_report» is about one municipality",
        "The recipe «community_report» is about a community",
    ]
    assert "Did you mean «faelles»?" in caught.value.problems[2]
