"""How much faster are the reports of many small municipalities made by two processes than by one?

Invented municipalities of 60 lines each, in one run: first with one process, then with two; every report is made anew.
PROCUREMENT_BATCH_TOWNS says how many (98). Two cores must be free: what else runs on them is taken from the second.
"""

import os

import pytest

from procurement_kit import batch_files, batches, deliveries, store
from procurement_kit.publishing.recipes import recipe_folders

TOWNS = int(os.environ.get("PROCUREMENT_BATCH_TOWNS", "98"))
RATIO = 1.7
HEADINGS = "Bilagsnr;Fakturanr;Bilagsdato;Leverandørnavn;CVR;Tekst;Beløb ekskl. moms\r\n"


@pytest.fixture
def towns(data_home, tmp_path):
    """So many municipalities, each with an export that has been imported."""
    rows = [
        f"B{n};F{n};{n % 27 + 1:02d}.{n % 12 + 1:02d}.2025;Firma {n % 9};0010000{n % 9};Papir og rør;{n * 37},50\r\n"
        for n in range(60)
    ]
    path = tmp_path / "udtræk.csv"
    path.write_bytes((HEADINGS + "".join(rows)).encode("cp1252"))
    for number in range(TOWNS):
        name = f"by{number:02d}"
        store.create_municipality(name, title=f"By {number}")
        deliveries.guess_profile(name, path, answers=["sign=positive_is_spend"], save_as="eget")
        deliveries.import_into(name, [path], profiles=["eget"])
    return data_home


@pytest.fixture
def recipe(tmp_path):
    """The standard report as page and workbook: what each batch makes."""
    standard = next(found for folder in recipe_folders() if (found := folder / "municipal_report.toml").is_file())
    text = standard.read_text(encoding="utf-8")
    outputs = next(line for line in text.splitlines() if line.startswith("outputs"))
    path = tmp_path / "kort.toml"
    path.write_text(text.replace(outputs, 'outputs = ["report.html", "report.xlsx"]'), encoding="utf-8")
    return path


def test_two_processes_against_one(benchmark, towns, recipe):
    jobs = batch_files.jobs_of(["all"], [str(recipe)], ["2025"])

    def both():
        return [batches.make_reports(jobs, processes=count, force=True).facts for count in (1, 2)]

    one, two = benchmark.pedantic(both, rounds=1, iterations=1)
    ratio = one["seconds"] / two["seconds"]
    benchmark.extra_info |= {"one": one["seconds"], "two": two["seconds"], "ratio": round(ratio, 2)}
    print(benchmark.extra_info, {row["message"] for row in two["reports"]}, two["memory_peak"] / 2**30)  # noqa: T201
    assert (one["made"], two["made"]) == (TOWNS, TOWNS)
    again = batches.make_reports(jobs, processes=2)
    assert again.facts["unchanged"] == TOWNS
    assert ratio >= RATIO
