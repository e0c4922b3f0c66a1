"""Real quarters of an English council: the shipped profile is found, and a new one reads the same amounts."""

import pyarrow as pa
import pytest

from procurement_kit.intake.guess import guess_profile, profile_text
from procurement_kit.intake.guess_cells import look
from procurement_kit.intake.guess_columns import propose
from procurement_kit.intake.guess_new import new_profile
from procurement_kit.intake.guess_questions import Asking
from procurement_kit.intake.ledgers import LedgerFacts, ledger_batches, open_ledger
from procurement_kit.intake.money import Rates
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.profile_writing import profile_toml
from procurement_kit.intake.profiles import find_profile, read_profile

FILES = ("2014-Q1.csv", "2018-Q3.csv")


def lines_of(path, profile):
    provenance = {"municipality_name": "council", "source_name": path.name, "source_hash": "h"}
    file, masker, rates = open_ledger(path, profile), Masker(b"0" * 32), Rates("GBP", ())
    return pa.concat_tables(ledger_batches(file, profile, masker, rates, provenance=provenance, facts=LedgerFacts()))


@pytest.mark.parametrize("name", FILES)
def test_the_council_profile_is_found(shared_data, name):
    guess = guess_profile(shared_data / "wakefield" / "raw" / name)
    assert (guess.known_profile, guess.is_complete) == ("council_spend", True)
    assert len(guess.sample) == 10
    assert profile_text(guess, "copy")


@pytest.mark.parametrize("name", FILES)
def test_without_it_a_new_profile_reads_the_same(shared_data, tmp_path, name):
    path = shared_data / "wakefield" / "raw" / name
    seen = look(path)
    asking = Asking({"vat_basis": "ex", "currency": "GBP"})
    proposed = new_profile(seen, propose(seen.header, seen.columns), asking, None)
    assert not asking.questions
    written = tmp_path / "nyt.toml"
    written.write_text(profile_toml(proposed), encoding="utf-8")
    own, shipped = (lines_of(path, profile) for profile in (read_profile(written), find_profile("council_spend")))
    assert own.column("document_amount") == shipped.column("document_amount")
    assert own.num_rows > 5_000
    assert own.column("set_aside_status").null_count == own.num_rows
