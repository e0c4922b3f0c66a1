"""A list printed from SAP is read record by record, and refused where its columns cannot be told."""

import pytest

from procurement_kit.errors import FileFormatError, InputNotFoundError, TableError
from procurement_kit.intake.profiles import Profile, Source, find_profile
from procurement_kit.intake.spool_cells import SpoolFile
from procurement_kit.intake.spool_layout import cells_of, is_heading_line, is_rule, printed_line, tell_cells

HEADINGS = (
    "Bilagsnummer", "BoL", "PSP-element", "Betegnelse", "Periode", "Bogføringsdato", "Bilagsdato",
    "Vrd./CO-områdevaluta", "COVal", "Omk.art", "OmkArtsbetegnelse", "Modkonto", "Modkontobetegnelse", "OAr",
    "Samlet mængde", "BoL", "OAr", "År",
)  # fmt: skip
BELOW = ("TilbF-Ref.", "TbF", "TFB", "User Name", "Valørdato")
WIDTHS = (12, 4, 20, 26, 7, 14, 12, 20, 5, 9, 20, 9, 24, 4, 13, 4, 4, 5)


def cells(number=0, **changed):
    """The cells of one invented record."""
    values = dict(  # noqa: C408
        bilag=str(220000001 + number), bol="1", psp="XG-0000000204-00001", tekst="Rør til Søndergård", periode="3",
        bogført="31.03.2025", bilagsdato="28.03.2025", beløb="1.234,50", val="DKK", art="29000000",
        artsnavn="Øvrige varer", modkonto="113", modnavn="Ærø Færge A/S", oar="PSP", mængde="2,000", bol2="7",
        oar2="KST", år="2025",
    )  # fmt: skip
    return [*(values | changed).values()]


def second_line(number=0):
    return ["", "", "0", f"BRUGER{number}", "31.03.2025"]


def tabbed(lines):
    return ["\t".join(line) for line in lines]


@pytest.fixture
def spool(tmp_path):
    """Write a spool file from lines."""

    def write(lines, *, encoding="cp1252", end="\r\n"):
        path = tmp_path / "liste.txt"
        path.write_bytes((end.join(lines) + end).encode(encoding))
        return path

    return write


@pytest.fixture
def profile():
    return find_profile("sap_cji3")


def read(path, profile):
    file = SpoolFile(path, profile)
    places = {heading: place for place, heading in reversed([*enumerate(file.header)])}
    rows = []
    for batch in file.batches():
        for n in range(batch.row_count):
            row = {heading: batch.column(place)[n].as_py() for heading, place in places.items()}
            rows.append(row | {"row": batch.numbers[n].as_py(), "problem": batch.problems.get(n)})
    return rows


def strokes(line, widths):
    return "|" + "|".join(cell.ljust(width)[:width] for cell, width in zip(line, widths, strict=True)) + "|"


def printed(records, *, below=True):
    """A list with upright strokes, as «Eksporter som tekst» writes it."""
    rule = "-" * (sum(WIDTHS) + len(WIDTHS) + 1)
    lines = ["Faktiske poster, projekter        Side 1", rule, strokes(HEADINGS, WIDTHS)]
    lines += ["TilbF-Ref.|TbF |TFB |User Name   |Valørdato"] if below else []
    lines += [rule]
    for number, record in enumerate(records):
        lines.append(strokes(record, WIDTHS))
        if below:
            lines.append(f"          |    |0   |BRUGER{number:<6}|31.03.2025")
    return [*lines, rule]


# --- tabs -----------------------------------------------------------------------------------------------------------


def test_a_clean_list(spool, profile):
    (row,) = read(spool(tabbed([HEADINGS, cells()])), profile)
    assert row["Bilagsnummer"] == "220000001"
    assert (row["Periode"], row["Bogføringsdato"]) == ("", "31.03.2025")  # Periode is not mapped, so not handed on
    assert (row["Vrd./CO-områdevaluta"], row["COVal"]) == ("1.234,50", "DKK")
    assert (row["Betegnelse"], row["Modkontobetegnelse"]) == ("Rør til Søndergård", "Ærø Færge A/S")
    assert (row["BoL"], row["row"], row["problem"]) == ("1", 2, None)


def test_pages_rules_and_totals_are_passed_over_and_rows_keep_their_number(spool, profile):
    page = ["\x0cFaktiske poster\tSide 2", "-" * 40, *tabbed([HEADINGS, BELOW]), "-" * 40]
    first = tabbed([HEADINGS, BELOW, cells(0), second_line(0), cells(1), second_line(1)])
    lines = ["Faktiske poster\tSide 1", *first, *page, *tabbed([cells(2), second_line(2)]), "*\t\t\t3.703,50\tDKK"]
    rows = read(spool(lines), profile)
    assert [(row["Bilagsnummer"][-1], row["row"]) for row in rows] == [("1", 4), ("2", 6), ("3", 13)]
    assert not any(row["problem"] for row in rows)


def test_a_page_break_inside_a_record(spool, profile):
    page = ["", "-" * 40, *tabbed([HEADINGS, BELOW])]
    lines = [*tabbed([HEADINGS, BELOW, cells(0)]), *page, *tabbed([second_line(0), cells(1), second_line(1)])]
    wanted = Profile(**{**profile.__dict__, "columns": profile.columns | {"buyer_reference": Source(("User Name",))}})
    rows = read(spool(lines), wanted)
    assert [(row["User Name"], row["row"]) for row in rows] == [("BRUGER0", 3), ("BRUGER1", 9)]


def test_a_mapped_column_of_the_second_line_must_be_there(spool, profile):
    records = [line for n in range(40) for line in (cells(n), second_line(n))]
    lines = tabbed([HEADINGS, BELOW, *records[:-1]])
    wanted = Profile(**{**profile.__dict__, "columns": profile.columns | {"delivery_to_date": Source(("Valørdato",))}})
    rows = read(spool(lines), wanted)
    assert [row["Valørdato"] for row in rows] == ["31.03.2025"] * 39 + [""]
    assert rows[-1]["problem"] == "row 81: the columns of this record cannot be told from its content"


def test_a_record_that_moved_as_a_whole_is_told_from_its_content(spool, profile):
    rows = read(spool(tabbed([HEADINGS, cells(), ["", *cells(1)]])), profile)
    told = [{key: value for key, value in row.items() if key not in ("row", "Bilagsnummer")} for row in rows]
    assert told[0] == told[1]
    assert rows[1]["Bilagsnummer"] == "220000002"


def test_what_moved_between_two_points_is_told_where_none_of_it_is_wanted(spool, profile):
    texts = ("line_text", "account_name", "project_number", "line_number")
    wanted = {key: source for key, source in profile.columns.items() if key not in texts}
    moved = cells()
    moved[2:3] = ["XG-0000000204-00001", "", ""]  # all that follows stands two places further right
    (row,) = read(spool(tabbed([HEADINGS, moved])), Profile(**{**profile.__dict__, "columns": wanted}))
    assert (row["Bogføringsdato"], row["Bilagsdato"]) == ("31.03.2025", "28.03.2025")
    assert (row["Vrd./CO-områdevaluta"], row["COVal"], row["År"]) == ("1.234,50", "DKK", "2025")
    assert row["Modkontobetegnelse"] == "Ærø Færge A/S"


def test_a_text_between_two_points_that_moved_unequally_holds_the_record_back(spool, profile):
    records = [cells(n) for n in range(30)]
    records[7].insert(9, "")  # between the currency and the end: Omk.art or its name, nobody can tell
    rows = read(spool(tabbed([HEADINGS, *records])), profile)
    assert [row["row"] for row in rows if row["problem"]] == [9]
    assert rows[7]["Vrd./CO-områdevaluta"] == ""


def test_a_file_with_many_records_that_moved_is_refused(spool, profile):
    records = [cells(n) for n in range(30)]
    for record in records[:8]:
        record.insert(9, "")
    with pytest.raises(FileFormatError, match="cannot be told with certainty: 8 of 30 records") as error:
        SpoolFile(spool(tabbed([HEADINGS, *records])), profile)
    assert "Eksporter som tekst" in error.value.todo


@pytest.mark.parametrize("kept", [2, 5, 8, 12, 17])
def test_a_record_that_is_cut_off_is_held_back(spool, profile, kept):
    records = [cells(n) for n in range(25)]
    records[24] = records[24][:kept]
    rows = read(spool(tabbed([HEADINGS, *records])), profile)
    assert len(rows) == 25
    assert [row["row"] for row in rows if row["problem"]] == [26]


def test_a_cut_off_record_after_a_whole_one_is_not_taken_for_its_second_line(spool, profile):
    records = [line for n in range(25) for line in (cells(n), second_line(n))]
    lines = tabbed([HEADINGS, BELOW, *records[:-1], cells(25)[:5]])
    rows = read(spool(lines), profile)
    assert [row["row"] for row in rows if row["problem"]] == [52]


@pytest.mark.parametrize("place", [3, 4, 8, 11])
def test_a_record_broken_in_the_middle_is_joined(spool, profile, place):
    record = cells()
    broken = ["\t".join(record[:place]), "\t".join(record[place:])]
    rows = read(spool([*tabbed([HEADINGS]), *broken, *tabbed([cells(1)])]), profile)
    assert [(row["Vrd./CO-områdevaluta"], row["row"], row["problem"]) for row in rows] == [
        ("1.234,50", 2, None),
        ("1.234,50", 4, None),
    ]
    assert rows[0]["Modkontobetegnelse"] == "Ærø Færge A/S"


def test_an_amount_outside_every_record_is_a_problem(spool, profile):
    stray = ["", "", "", "", "3", "31.03.2025", "", "99,00", "DKK"]
    rows = read(spool(tabbed([HEADINGS, *(cells(n) for n in range(25)), stray])), profile)
    assert [row["problem"] for row in rows if row["problem"]] == [
        "row 27: there is an amount, but it is part of no record"
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"periode": "17"},
        {"bogført": "31 marts"},
        {"beløb": "1234.50"},
        {"beløb": ""},
        {"val": "kroner"},
        {"bilagsdato": "papir"},
    ],
)
def test_a_cell_of_the_wrong_kind_holds_the_record_back(spool, profile, changed):
    records = [*(cells(n) for n in range(25)), cells(25, **changed)]
    rows = read(spool(tabbed([HEADINGS, *records])), profile)
    assert [row["row"] for row in rows if row["problem"]] == [27]


@pytest.mark.parametrize("amount", ["1.234,50-", "-12,00", "0,00", "1234567,89"])
def test_amounts_as_sap_prints_them(spool, profile, amount):
    (row,) = read(spool(tabbed([HEADINGS, cells(beløb=amount)])), profile)
    assert row["Vrd./CO-områdevaluta"] == amount


def test_words_in_a_column_of_numbers_hold_the_record_back(spool, profile):
    records = [cells(n, oar="") for n in range(40)]
    moved = records[7]
    moved.insert(9, "")  # Omk.art and what follows stand one place further right ...
    del moved[14]  # ... as far as an empty cell, so that the row is as long as it should be
    rows = read(spool(tabbed([HEADINGS, *records])), profile)
    assert [row["row"] for row in rows if row["problem"]] == [9]


# --- upright strokes ------------------------------------------------------------------------------------------------


def test_a_list_between_strokes(spool, profile):
    rows = read(spool(printed([cells(0), cells(1, tekst="Rør | 20 mm")])), profile)
    assert [row["Betegnelse"] for row in rows] == ["Rør til Søndergård", "Rør | 20 mm"]
    assert [(row["Vrd./CO-områdevaluta"], row["row"], row["problem"]) for row in rows] == [
        ("1.234,50", 6, None),
        ("1.234,50", 8, None),
    ]


def test_a_line_between_strokes_that_is_cut_off_is_held_back(spool, profile):
    lines = printed([cells(n) for n in range(25)], below=False)
    lines[-2] = lines[-2][:110]
    rows = read(spool(lines), profile)
    assert [row["row"] for row in rows if row["problem"]] == [len(lines) - 1]


def test_strokes_with_the_wrong_kind_in_place_are_refused(spool, profile):
    with pytest.raises(FileFormatError, match="2 of 2 records"):
        SpoolFile(spool(printed([cells(0, periode="31.03.2025"), cells(1, periode="x")])), profile)


# --- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_letters_survive(spool, profile, encoding):
    (row,) = read(spool(tabbed([HEADINGS, cells()]), encoding=encoding), profile)
    assert row["Modkontobetegnelse"] == "Ærø Færge A/S"


def test_batches_are_bounded(spool, profile):
    file = SpoolFile(spool(tabbed([HEADINGS, *(cells(n) for n in range(25))])), profile)
    batches = [*file.batches(size=10)]
    assert [batch.row_count for batch in batches] == [10, 10, 5]
    assert batches[-1].byte_count == file.path.stat().st_size


def test_what_is_no_such_list_is_refused(spool, profile, tmp_path):
    with pytest.raises(InputNotFoundError):
        SpoolFile(tmp_path / "ingen.txt", profile)
    with pytest.raises(FileFormatError, match="no line of headings"):
        SpoolFile(spool(["Bilagsnummer\tBeløb", "1\t2"]), profile)
    with pytest.raises(FileFormatError, match="no record"):
        SpoolFile(spool(tabbed([HEADINGS])), profile)
    with pytest.raises(TableError, match="Vrd./CO-områdevaluta"):
        SpoolFile(spool(tabbed([HEADINGS[:7], cells()[:7]])), profile)
    broken = tmp_path / "liste.txt"
    broken.write_bytes(b"a\x00b\x00")
    with pytest.raises(FileFormatError, match="not a text file"):
        SpoolFile(broken, profile)


def test_no_cell_is_quoted_in_a_problem(spool, profile):
    records = [*(cells(n) for n in range(25)), cells(25, modnavn="010190-1234", periode="99")]
    rows = read(spool(tabbed([HEADINGS, *records])), profile)
    assert "010190" not in rows[-1]["problem"]


# --- the layout -----------------------------------------------------------------------------------------------------


def test_rules_and_headings_are_known():
    assert is_rule("|----|====|") and is_rule("\t---\t") and not is_rule("| 5- |") and not is_rule("")
    assert is_heading_line(HEADINGS) and not is_heading_line(cells()) and not is_heading_line(["Periode", "Beløb"])
    assert cells_of("|a | b|c|") == ["a", "b", "c"] and cells_of("a|b") == ["a", "b"]


def test_two_candidates_that_moved_differently_are_not_chosen_between(profile):
    line = printed_line("\t".join(HEADINGS), profile)
    doubtful = cells()
    doubtful[2:4] = ["5", "01.01.2025", ""]  # a second period beside a second date, and everything one further right
    assert tell_cells(line, doubtful, [5]) is None
    assert tell_cells(line, cells(), [5]) == {5: "31.03.2025"}
