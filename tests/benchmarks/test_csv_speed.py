"""How long does a ledger as CSV take to become checked lines, and how much memory does it hold?

Beside DuckDB reading the same file as text in the same run, in turn, and compared by the best of each. A Danish ledger of
PROCUREMENT_CSV_MB megabytes (200 by default, 1000 for the whole claim) is made with invented contents; its peak memory
is that of a process of its own.
"""

import gzip
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

MEGABYTES = int(os.environ.get("PROCUREMENT_CSV_MB", "200"))
RATIO, MEMORY_MB, ROUNDS = 3, 1000, 3
HEADINGS = (
    "Bilagsnummer;Fakturanummer;Fakturadato;Bogføringsdato;CVR;Leverandør;Tekst;Konto;Kontotekst;Art;EAN;"
    "Omkostningssted;Enhed;Antal;Måleenhed;Beløb ekskl. moms;Valuta\r\n"
)
GOODS = ("Kopipapir A4 80 g", "Rugbrød, økologisk", "Blå kuglepen æske", "Åbning af dør", "Grønært 2,5 kg", "Håndsæbe")


@pytest.fixture(scope="module")
def danish(tmp_path_factory):
    """A Danish ledger: thousands of suppliers, texts with numbers, amounts of every size, some of them credited."""
    path = tmp_path_factory.mktemp("danish") / "poster.csv"
    chance = random.Random(7)
    firms = [f"Eksempel {chance.choice(GOODS).split()[0]} {n} A/S" for n in range(8_000)]
    row = 0
    with path.open("wb") as file:
        size = file.write(HEADINGS.encode())
        while size < MEGABYTES * 1_000_000:
            size += file.write("".join(danish_row(chance, firms, row + n) for n in range(10_000)).encode())
            row += 10_000
    yield path, row
    path.unlink()


def danish_row(chance, firms, number):
    firm, day, oere = chance.randrange(8_000), chance.randrange(1, 29), int(chance.expovariate(1 / 90_000)) + 1
    kroner = f"{oere // 100:,}".replace(",", ".") + f",{oere % 100:02d}" + ("-" if number % 37 == 0 else "")
    return (
        f"{5_100_000_000 + number // 3};F{number // 2:07d};{day:02d}-{number % 12 + 1:02d}-2025;28-{number % 12 + 1:02d}-2025;"
        f"{100_000 + firm:08d};{firms[firm]};{GOODS[number % 6]} ordre {chance.randrange(400_000)};{29_000 + firm % 400};"
        f"Kontorhold og øvrige varekøb;2.9;{5_799_990_000_000 + firm % 300};{4_000 + firm % 300};Skolen på Åsvej {firm % 300};"
        f"{firm % 9 + 1};stk;{kroner};DKK\r\n"
    )


@pytest.fixture(scope="module")
def council(shared_data, tmp_path_factory):
    """The council's joined file, as published and unpacked."""
    packed = shared_data / "wakefield" / "lines.csv.gz"
    plain = tmp_path_factory.mktemp("council") / "lines.csv"
    with gzip.open(packed) as source, plain.open("wb") as target:
        shutil.copyfileobj(source, target)
    return {"packed": packed, "plain": plain}


def checked_lines(path: Path, profile_name: str, currency: str) -> int:
    """Open a ledger and read it through; how many lines it holds."""
    from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
    from procurement_kit.intake.money import Rates
    from procurement_kit.intake.privacy import Masker
    from procurement_kit.intake.profiles import find_profile

    profile = find_profile(profile_name)
    provenance = {"municipality_name": "p", "source_name": path.name, "source_hash": "h"}
    file, masker, facts = open_ledger(path, profile), Masker(b"0" * 32), LedgerFacts()
    for _ in ledger_batches(file, profile, masker, Rates(currency), provenance=provenance, facts=facts):
        pass
    return facts.line_count


def all_text(path: Path) -> int:
    """DuckDB's own reading of the file, every cell as text."""
    import duckdb

    with duckdb.connect() as connection:
        connection.sql(f"create table t as select * from read_csv('{path}', all_varchar=true)")
        return connection.sql("select count(*) from t").fetchone()[0]


def seconds(read, *arguments) -> float:
    start = time.perf_counter()
    read(*arguments)
    return time.perf_counter() - start


def ratio(benchmark, path, profile_name, currency, rounds=ROUNDS) -> float:
    """Our best time over DuckDB's, read in turn."""
    peer, own = [], []

    def in_turn():
        peer.append(seconds(all_text, path))
        own.append(seconds(checked_lines, path, profile_name, currency))

    benchmark.pedantic(in_turn, rounds=rounds, iterations=1)
    found = min(own) / min(peer)
    benchmark.extra_info |= {"duckdb_seconds": min(peer), "seconds": min(own), "ratio": found}
    return found


@pytest.mark.parametrize("form", ["packed", "plain"])
def test_a_councils_file_is_read_within_three_times_duckdb(benchmark, council, form):
    assert checked_lines(council[form], "council_spend", "GBP") == all_text(council[form]) == 173_105
    assert ratio(benchmark, council[form], "council_spend", "GBP") < RATIO


def test_a_danish_ledger_is_read_within_three_times_duckdb(benchmark, danish):
    path, _ = danish
    assert ratio(benchmark, path, "ledger_dk", "DKK", rounds=2 if MEGABYTES <= 300 else 1) < RATIO


def test_a_large_file_is_read_in_bounded_memory(benchmark, danish):
    path, row_count = danish
    command = [sys.executable, __file__, str(path), "ledger_dk", "DKK"]
    done = benchmark.pedantic(
        subprocess.run, (command,), {"capture_output": True, "text": True, "check": True}, rounds=1, iterations=1
    )
    found = json.loads(done.stdout)
    benchmark.extra_info |= found
    assert found["lines"] == row_count
    assert found["peak_mb"] < MEMORY_MB


def peak_mb() -> int:
    """The most memory this process has held; Linux lets getrusage begin with what the parent process held."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    lines = checked_lines(Path(sys.argv[1]), *sys.argv[2:4])
    sys.stdout.write(json.dumps({"lines": lines, "peak_mb": peak_mb()}))
