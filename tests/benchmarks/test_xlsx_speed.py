"""How long does an XLSX ledger of 200,000 rows by 15 columns take, and how much memory, beside bare calamine?

Run with `--benchmark-only -s`. Both readers run in turn in the same run, since the machine is noisy; what counts is the
ratio of the best times. Ours looks through the file first, and hands text over from another process.
"""

import datetime
import sys
import time

import pytest

from procurement_kit.intake import xlsx_cells
from procurement_kit.intake.profiles import Profile

resource = pytest.importorskip("resource", reason="memory is measured with a module that Windows does not have")
ROWS, ROUNDS, RATIO = 200_000, 3, 2.0
HEADINGS = ["Bilagsnummer", "Fakturadato", "CVR", "Leverandør", "Tekst", "Konto", "Omkostningssted", "Beløb"]
HEADINGS += ["Antal", "EAN", "Ordre", "Projekt", "Enhed", "Moms", "Note"]
PROFILE = Profile("speed", "1", "ex", "positive_is_spend", {})


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    import xlsxwriter

    path = tmp_path_factory.mktemp("xlsx") / "ledger.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": False, "default_date_format": "dd-mm-yyyy"}) as book:
        sheet = book.add_worksheet("Poster")
        sheet.write_row(0, 0, HEADINGS)
        for row in range(1, ROWS + 1):
            sheet.write_string(row, 0, f"B{row:07d}")
            sheet.write_datetime(row, 1, datetime.datetime(2025, 1, 1) + datetime.timedelta(days=row % 365))
            texts = [f"Leverandør {row % 5000} A/S", f"Ærø {row % 40_000}", "40290000", f"00{row % 700:05d}"]
            for place, text in enumerate(texts, start=3):
                sheet.write_string(row, place, text)
            for place, number in ((2, 99999993), (7, row * 37 % 999_983 / 100), (8, row % 17), (13, row % 9973 / 4)):
                sheet.write_number(row, place, number)
            texts = ["5799990000019", str(row % 9000), "XG-0000000204-00001", "Skole"]
            for place, text in zip((9, 10, 11, 12), texts, strict=True):
                sheet.write_string(row, place, text)
            sheet.write_string(row, 14, f"note {row}" if row % 2 else "")
    return path


def seconds(function, *arguments):
    start = time.perf_counter()
    assert function(*arguments) == ROWS
    return time.perf_counter() - start


def bare(path):
    from python_calamine import CalamineWorkbook

    return len(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()) - 1


def ours(path):
    xlsx_cells._inspected.cache_clear()
    return sum(rows.row_count for rows in xlsx_cells.XlsxFile(path, PROFILE).batches())


def test_reading_takes_at_most_twice_as_long_as_bare_calamine(benchmark, workbook):
    parent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = [seconds(ours, workbook)]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - parent
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    pairs = [(seconds(bare, workbook), seconds(ours, workbook)) for _ in range(ROUNDS)]
    benchmark.pedantic(ours, (workbook,), rounds=1, iterations=1)
    best = min(b for b, _ in pairs), min([*first, *(o for _, o in pairs)])
    sys.stdout.write(
        f"\nbare calamine {best[0]:.2f} s, ours {best[1]:.2f} s, ratio {best[1] / best[0]:.2f}; "
        f"our process grew by {grown // 1024} MB, the child took {child // 1024} MB\n"
    )
    benchmark.extra_info["ratio"] = round(best[1] / best[0], 2)
    assert best[1] / best[0] <= RATIO
    assert grown < 200 * 1024 and child < 600 * 1024
