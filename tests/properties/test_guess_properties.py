"""Whatever a file holds, a guess is a profile that reads back, questions, or a clear refusal; and it never decides alone."""

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurement_kit.errors import ProcurementError
from procurement_kit.intake.guess import guess_profile, guess_sentences, profile_text
from procurement_kit.intake.guess_values import count_marks
from procurement_kit.intake.profile_writing import profile_toml
from procurement_kit.intake.profiles import Profile, Source, read_profile
from procurement_kit.intake.spool_cells import SpoolFile
from procurement_kit.intake.spool_layout import printed_line, tell_cells

CALM = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
AMOUNTS = st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2)
HEADING = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=20)
CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
SPOOL_HEADINGS = "Bilagsnummer\tPeriode\tBogføringsdato\tVrd./CO-områdevaluta\tCOVal\tBetegnelse"


def written(amount: Decimal, mark: str) -> str:
    text = f"{amount:,.2f}"
    return text if mark == "." else text.translate(str.maketrans(",.", ".,"))


@CALM
@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=20), mark=st.sampled_from([",", "."]))
def test_a_decimal_mark_is_found_or_asked_never_mistaken(amounts, mark):
    assert count_marks([written(amount, mark) for amount in amounts]).decided in (mark, "")


@CALM
@given(amounts=st.lists(st.integers(1, 999).map(lambda n: f"{n}.{n:03}"), min_size=1, max_size=9))
def test_what_can_be_read_in_two_ways_never_decides(amounts):
    assert count_marks(amounts).decided == ""


@CALM
@given(
    content=st.binary(max_size=400) | st.lists(st.lists(CELL, max_size=5).map(";".join)).map("\n".join).map(str.encode)
)
def test_any_file_is_guessed_or_refused(tmp_path, content):
    path = tmp_path / "fil.csv"
    path.write_bytes(content)
    try:
        guess = guess_profile(path)
    except ProcurementError:
        return
    assert guess_sentences(guess)


@CALM
@given(rows=st.lists(st.lists(CELL, min_size=6, max_size=7).map("\t".join), max_size=6))
def test_any_printed_list_is_read_or_refused_and_no_record_is_lost(tmp_path, rows):
    path = tmp_path / "liste.txt"
    sound = [f"22000000{n}\t3\t31.03.2025\t{n},50\tDKK\tPapir" for n in range(5)]
    path.write_bytes("\n".join([SPOOL_HEADINGS, *sound, *rows]).encode("utf-8"))
    columns = {"document_amount": Source(("Vrd./CO-områdevaluta",)), "posting_date": Source(("Bogføringsdato",))}
    profile = Profile("p", "1", "ex", "positive_is_spend", columns, kind="sap_spool")
    try:
        file = SpoolFile(path, profile)
    except ProcurementError:
        return
    amounts = [cell.as_py() for batch in file.batches() for cell in batch.column(3)]
    assert {f"{n},50" for n in range(5)} <= {*amounts}


SHAPE = [
    "Bilagsnummer",
    "Tekst",
    "Periode",
    "Bogføringsdato",
    "Note",
    "Vrd./CO-områdevaluta",
    "COVal",
    "Omk.art",
    "Navn",
    "Rest",
]
BLANK_OR = st.sampled_from(["", "Papir", "7", "29000000", "12,5"])


@CALM
@given(
    texts=st.lists(BLANK_OR, min_size=5, max_size=5),
    gaps=st.lists(st.integers(0, 2), min_size=10, max_size=10),
    is_widened=st.booleans(),
)
def test_a_row_that_moved_one_way_is_told_rightly_or_not_at_all(texts, gaps, is_widened):
    """Blank cells are added, or taken away, between the columns: no cell ends up under another heading."""
    note, before, art, name, rest = texts
    truth = ["220000001", before, "3", "31.03.2025", note, "1.234,50", "DKK", art, name, rest]
    moved = []
    for cell, gap in zip(truth, gaps, strict=True):
        is_dropped = not is_widened and gap and not cell
        moved += [] if is_dropped else [cell, *[""] * (gap if is_widened else 0)]
    line = printed_line("\t".join(SHAPE), Profile("p", "1", "ex", "", {}))
    wanted = [*range(len(SHAPE))]
    for chosen in (wanted, [2, 3, 5, 6], [7], [8], [9]):
        told = tell_cells(line, moved, chosen)
        assert told is None or told == {place: truth[place] for place in chosen}


@CALM
@given(headings=st.lists(HEADING, min_size=3, max_size=3), name=st.text(max_size=30))
def test_every_heading_and_value_is_written_so_that_it_reads_back(tmp_path, headings, name):
    wanted = ("document_amount", "invoice_date", "supplier_name")
    columns = {column: Source((heading,)) for column, heading in zip(wanted, headings, strict=True)}
    profile = Profile(name, "1", "ex", "positive_is_spend", columns, constants={"document_currency": "DKK"})
    path = tmp_path / "p.toml"
    path.write_text(profile_toml(profile), encoding="utf-8", newline="")
    assert read_profile(path) == profile


@CALM
@given(amounts=st.lists(AMOUNTS.filter(bool), min_size=3, max_size=12), mark=st.sampled_from([",", "."]))
def test_a_complete_guess_reads_the_amounts_it_was_made_from(tmp_path, amounts, mark):
    path = tmp_path / "fil.csv"
    lines = [f"31-01-2025;Ærø;{written(amount, mark)}" for amount in amounts]
    path.write_text("\n".join(["Fakturadato;Leverandør;Beløb", *lines]), encoding="utf-8")
    answers = {"vat_basis": "ex", "currency": "DKK", "sign": "positive_is_spend"}
    guess = guess_profile(path, answers=answers)
    if guess.is_complete:
        shown = [Decimal(row["document_amount"].replace(".", "").replace(",", ".")) for row in guess.sample]
        assert shown == amounts[:10]
        assert profile_text(guess, "p")
