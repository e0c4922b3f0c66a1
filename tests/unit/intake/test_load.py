"""An import is whole or not at all, closes to the øre, and never counts a thing twice."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.errors import CheckFailedError, FileFormatError, InputNotFoundError, ParameterError
from procurement_kit.intake import load, reading
from procurement_kit.intake.load import import_files
from procurement_kit.intake.report import held_back_reasons, sentences


def taken(municipality):
    return store.read_lines(municipality).to_pandas()


def set_aside(municipality):
    return store.read_load_dataset(municipality, "set_aside").to_pandas()


@pytest.fixture
def inbox(tmp_path, ubl):
    """A folder to put invoices in."""
    folder = tmp_path / "inbox"
    folder.mkdir()

    def put(name, *lines, **words):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ubl(*lines, **words))
        return path

    put.folder = folder
    return put


def test_an_import_closes_and_is_written(municipality, inbox, ledger, row):
    inbox("a.xml")
    inbox("b.xml", number="F-2", header="90.00")  # does not add up
    report = import_files(municipality, [inbox.folder, ledger(row(Fakturanummer="F-3"))], profile="ledger_dk")
    facts = report.as_dict()
    assert report.closes
    assert (facts["lines_read"], facts["lines_taken"], facts["lines_held_back"], facts["lines_duplicate"]) == (
        3,
        2,
        1,
        0,
    )
    assert facts["amount_read"] == "1434.50"
    assert facts["amount_taken"] == "1334.50"
    assert facts["amount_held_back"] == "100.00"
    assert facts["documents_read"] == 3
    assert sorted(taken(municipality)["net_amount"]) == [Decimal("100.00"), Decimal("1234.50")]
    stored = json.loads((municipality.folder / "lines" / report.load_key / "load.json").read_text(encoding="utf-8"))
    assert report.load_key.startswith("0001-")
    assert [source["name"] for source in stored["sources"]] == ["a.xml", "b.xml", "poster.csv"]


def test_a_ledger_may_add_up_to_more_than_one_amount_can_be(municipality, ledger, row):
    most, count = Decimal("9999999999999.00"), 11
    rows = [row(Tekst=f"rate {n}", **{"Beløb_ekskl._moms": f"{most}".replace(".", ",")}) for n in range(count)]
    report = import_files(municipality, [ledger(*rows)], profile="ledger_dk")
    assert report.closes
    assert report.amount("read") == report.amount("taken") == Decimal("109999999999989.00")
    documents = store.read_load_dataset(municipality, "documents").to_pandas()
    assert list(documents["line_sum_amount"]) == [Decimal("109999999999989.0000")]


def test_a_ledger_cell_that_is_too_long_is_called_that(municipality, ledger, row):
    with pytest.raises(FileFormatError, match=r"poster.csv, row 3: a cell holds more than 131,072 characters"):
        import_files(municipality, [ledger(row(), row(Tekst="x" * 140_000))], profile="ledger_dk")
    assert not list((municipality.folder / "lines").iterdir())


def test_every_document_has_a_control_row(municipality, inbox):
    inbox("a.xml")
    inbox("broken.xml").write_bytes(b"<a>")
    import_files(municipality, [inbox.folder])
    rows = store.read_load_dataset(municipality, "documents").to_pandas().set_index("source_name")
    assert rows.loc["a.xml", "document_status"] == "taken_in"
    assert rows.loc["a.xml", "header_line_amount"] == Decimal(100)
    assert rows.loc["broken.xml", "document_status"] == "held_back"
    assert "not well-formed" in rows.loc["broken.xml", "document_reason"]
    assert rows.loc["broken.xml", "line_sum_amount"] is None


def test_the_same_files_again_write_nothing(municipality, inbox):
    inbox("a.xml")
    import_files(municipality, [inbox.folder])
    before = sorted(path.as_posix() for path in (municipality.folder / "lines").rglob("*"))
    report = import_files(municipality, [inbox.folder])
    assert report.as_dict()["files_unchanged"] == 1
    assert report.load_key == ""
    assert sorted(path.as_posix() for path in (municipality.folder / "lines").rglob("*")) == before


def test_the_same_name_with_other_content_replaces_exactly_its_lines(municipality, inbox):
    inbox("a.xml", number="F-1")
    inbox("b.xml", number="F-2")
    first = import_files(municipality, [inbox.folder])
    changed = inbox("a.xml", number="F-9")
    second = import_files(municipality, [changed])
    assert sorted(taken(municipality)["document_number"]) == ["F-2", "F-9"]
    assert second.replaces == (first.load_key,)
    assert [item["load_key"] for item in store.loads(municipality)] == [second.load_key]
    documents = store.read_load_dataset(municipality, "documents").to_pandas()
    assert sorted(documents["document_number"]) == ["F-2", "F-9"]
    assert import_files(municipality, [inbox.folder]).as_dict()["files_unchanged"] == 2


def test_the_same_document_under_another_name_counts_once(municipality, inbox):
    inbox("a.xml")
    inbox("copy/b.xml").write_bytes(inbox.folder.joinpath("a.xml").read_bytes() + b"\n")
    report = import_files(municipality, [inbox.folder])
    assert report.as_dict()["lines_duplicate"] == 1
    assert len(taken(municipality)) == 1
    assert (
        set_aside(municipality)["set_aside_reason"][0]
        == "same supplier, number, date and amount as a document in a.xml"
    )


def test_the_same_number_with_another_amount_is_another_document_and_the_control_row_says_so(municipality, inbox, line):
    inbox("a.xml")
    inbox("b.xml", line("50.00"), header="50.00")
    report = import_files(municipality, [inbox.folder]).as_dict()
    assert (report["lines_taken"], report["lines_held_back"], report["lines_duplicate"]) == (2, 0, 0)
    assert taken(municipality)["line_id"].nunique() == 2
    reasons = store.read_load_dataset(municipality, "documents").to_pandas()["document_reason"].dropna()
    assert list(reasons) == ["same supplier, number and date as a document in a.xml, another amount: both count"]


UUID = "<cbc:UUID>0195ce71-dc9c-72c8-bf2c-9890a4a9f0a3</cbc:UUID>"


def test_a_uuid_repeats_only_with_its_amount(municipality, inbox, line):
    inbox("a.xml", top=UUID)
    inbox("b.xml", top=UUID, number="F-2")
    inbox("c.xml", line("50.00"), header="50.00", top=UUID, number="F-3")
    report = import_files(municipality, [inbox.folder]).as_dict()
    assert (report["lines_taken"], report["lines_duplicate"]) == (2, 1)


def test_a_copy_counts_only_where_its_original_is_missing(municipality, inbox, line):
    copied = "<cbc:CopyIndicator>true</cbc:CopyIndicator>"
    inbox("a.xml", line("101.00"), header="101.00", top=copied)
    assert import_files(municipality, [inbox.folder]).as_dict()["lines_taken"] == 1
    report = import_files(municipality, [inbox("b.xml")]).as_dict()
    assert (report["lines_taken"], report["lines_gone"], report["amount_gone"]) == (1, 1, "101.00")
    assert list(taken(municipality)["net_amount"]) == [Decimal("100.00")]
    assert "one marked as a copy" in set_aside(municipality)["set_aside_reason"][0]


def test_a_later_import_knows_what_an_earlier_one_took_in(municipality, inbox, ledger, row):
    import_files(municipality, [inbox("a.xml"), ledger(row(), row())], profile="ledger_dk")
    again = ledger(row(), row(), row(Tekst="ny"), name="uge2.csv")
    report = import_files(municipality, [inbox("b.xml", day="2025-03-01"), again], profile="ledger_dk").as_dict()
    assert (report["lines_read"], report["lines_taken"], report["lines_duplicate"]) == (3, 1, 2)
    assert report["files_unchanged"] == 1  # b.xml is a.xml under another name
    assert len(taken(municipality)) == 4


@pytest.mark.parametrize("ledger_first", [False, True])
def test_a_document_as_xml_and_as_posting_counts_once(municipality, inbox, ledger, row, ledger_first):
    invoice = inbox("a.xml")
    posted = ledger(row(**{"Beløb_ekskl._moms": "60,00"}), row(Tekst="rest", **{"Beløb_ekskl._moms": "40,00"}))
    for path in (posted, invoice) if ledger_first else (invoice, posted):
        report = import_files(municipality, [path], profile="ledger_dk")
        assert report.closes
    assert taken(municipality)["net_amount"].sum() == Decimal(100)
    assert set(set_aside(municipality)["set_aside_status"]) == {"duplicate"}


def test_xml_and_postings_of_one_import_count_once(municipality, inbox, ledger, row):
    posted = ledger(row(**{"Beløb_ekskl._moms": "100,00"}), row(Fakturanummer="F-7"))
    report = import_files(municipality, [inbox("a.xml"), posted], profile="ledger_dk").as_dict()
    assert (report["lines_taken"], report["lines_duplicate"], report["closes"]) == (2, 1, True)


def test_another_profile_version_reads_the_file_again(municipality, ledger, row):
    path = ledger(row())
    import_files(municipality, [path], profile="ledger_dk")
    text = (store.Path(load.__file__).parents[2] / "data_templates/profiles/ledger_dk.toml").read_text(encoding="utf-8")
    newer = municipality.folder / "profiles" / "ledger_dk.toml"
    newer.write_text(text.replace('version = "1"', 'version = "2"'), encoding="utf-8")
    report = import_files(municipality, [path], profile="ledger_dk").as_dict()
    assert report["lines_taken"] == 1
    assert list(taken(municipality)["format_name"]) == ["ledger_dk 2"]


def test_new_exchange_rates_read_foreign_documents_again(municipality, inbox):
    path = inbox("a.xml", currency="EUR")
    first = import_files(municipality, [path]).as_dict()
    assert (first["amount_taken"], first["by_currency"]["EUR"]["taken"]["amount"]) == ("0.00", "100.0000")
    rates = municipality.folder / "exchange_rates.csv"
    rates.write_text("Valuta;Gælder fra;Kurs;Kilde\nEUR;01-01-2025;7,46;x\n", encoding="utf-8")
    assert import_files(municipality, [path]).as_dict()["amount_taken"] == "746.00"
    assert len(taken(municipality)) == 1


def test_a_zip_is_read_and_named_by_what_lies_in_it(municipality, tmp_path, ubl):
    path = tmp_path / "uge1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("faktura 010190-1234.xml", ubl())
        archive.writestr("læsmig.txt", "hej")
    report = import_files(municipality, [path])
    assert report.as_dict()["lines_taken"] == 1
    name = taken(municipality)["source_name"][0]
    assert name.startswith("uge1.zip/faktura CPR-")


def test_no_personal_number_is_stored_anywhere(municipality, tmp_path, ubl, ledger, row):
    path = tmp_path / "010190-1234.xml"
    path.write_bytes(ubl(top="<cbc:BuyerReference>010190-1234</cbc:BuyerReference>"))
    held = ledger(row(CVR="010190-1234"), row(**{"Beløb_ekskl._moms": "010190-1234"}))
    report = import_files(municipality, [path, held], profile="ledger_dk")
    everything = [taken(municipality).to_csv(), set_aside(municipality).to_csv(), json.dumps(report.as_dict())]
    everything += [store.read_load_dataset(municipality, "documents").to_pandas().to_csv()]
    everything += [file.read_text(encoding="utf-8") for file in municipality.folder.rglob("load.json")]
    assert not [text for text in everything if "010190" in text or "0101901234" in text]
    assert report.masked_count == 2  # the unreadable amount is not stored at all


def test_a_ledger_without_a_profile_lists_the_profiles(municipality, ledger, row, inbox):
    with pytest.raises(ParameterError, match="council_spend, invoice_lines, .*ledger_dk"):
        import_files(municipality, [ledger(row())])
    inbox("a.xml")
    (inbox.folder / "liste.csv").write_text("a;b\n", encoding="utf-8")
    report = import_files(municipality, [inbox.folder])
    assert report.as_dict()["files_not_read"] == ["liste.csv"]


def test_paths_that_cannot_be_read_are_named(municipality, tmp_path, inbox):
    inbox("uge1.xml")
    with pytest.raises(InputNotFoundError, match="Did you mean «uge1.xml»"):
        import_files(municipality, [inbox.folder / "uge2.xml"])
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(FileFormatError, match="kind that is not read"):
        import_files(municipality, [tmp_path / "a.pdf"])
    (tmp_path / "b.xml").touch()
    with pytest.raises(FileFormatError, match="is empty"):
        import_files(municipality, [tmp_path / "b.xml"])
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputNotFoundError, match="holds no file"):
        import_files(municipality, [tmp_path / "nothing"])


def test_progress_ends_at_the_whole(municipality, inbox, ledger, row):
    seen = []
    paths = [inbox("a.xml"), ledger(row())]
    import_files(municipality, paths, profile="ledger_dk", progress=lambda done, whole: seen.append((done, whole)))
    size = sum(path.stat().st_size for path in paths)
    assert seen[0] == (0, size)
    assert seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_many_files_are_read_in_parallel_with_the_same_result(municipality, inbox, monkeypatch):
    for number in range(12):
        inbox(f"{number:02}.xml", number=f"F-{number}")
    monkeypatch.setattr("procurement_kit.intake.einvoice_batches.PARALLEL_FROM", 5)
    monkeypatch.setattr("procurement_kit.intake.einvoice_batches.CHUNK", 4)
    report = import_files(municipality, [inbox.folder])
    assert report.as_dict()["lines_taken"] == 12
    assert list(taken(municipality).sort_values("source_name")["document_number"]) == [f"F-{n}" for n in range(12)]


def test_an_account_that_does_not_close_writes_nothing(municipality, inbox, monkeypatch):
    path = inbox("a.xml")
    monkeypatch.setattr(reading, "tally_table", lambda tally, table: None)
    with pytest.raises(CheckFailedError, match="does not close"):
        import_files(municipality, [path])
    assert not list((municipality.folder / "lines").iterdir())


def test_an_interrupted_import_leaves_the_municipality_as_it_was(municipality, inbox, ledger, row):
    import_files(municipality, [inbox("a.xml")])
    before = sorted(path.as_posix() for path in (municipality.folder / "lines").rglob("*"))

    def stop(done, whole):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(municipality, [ledger(row())], profile="ledger_dk", progress=stop)
    assert sorted(path.as_posix() for path in (municipality.folder / "lines").rglob("*")) == before
    assert import_files(municipality, [ledger(row())], profile="ledger_dk").as_dict()["lines_taken"] == 1


KILLED = """
import sys, time
from pathlib import Path
from procurement_kit.store import open_municipality
from procurement_kit.intake.load import import_files

def linger(done, whole):
    if done:
        print("reading", flush=True)
        time.sleep(60)

import_files(open_municipality("prøveby"), [Path(sys.argv[1])], progress=linger)
"""


def test_a_killed_import_leaves_the_municipality_as_it_was(municipality, inbox):
    path = inbox("a.xml")
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, env=os.environ)
    assert process.stdout.readline() == b"reading\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.1)
    assert not list((municipality.folder / "lines").iterdir())
    again = store.open_municipality("prøveby")
    assert import_files(again, [path]).as_dict()["lines_taken"] == 1


def test_a_file_that_moves_to_another_name_while_a_new_one_takes_its_name_is_not_lost(municipality, ledger, row):
    first = ledger(row(Tekst="januar"), name="a.csv")
    import_files(municipality, [first], profile="ledger_dk")
    moved = first.rename(first.with_name("b.csv"))
    new = ledger(row(Tekst="februar"), name="a.csv")
    import_files(municipality, [new, moved], profile="ledger_dk")
    assert sorted(taken(municipality)["line_text"]) == ["februar", "januar"]


def test_a_replaced_file_is_named_with_its_lines_and_kroner(municipality, ledger, row):
    import_files(municipality, [ledger(row(Tekst="en"), row(Tekst="to"), name="a.csv")], profile="ledger_dk")
    report = import_files(municipality, [ledger(row(Tekst="tre"), name="a.csv")], profile="ledger_dk")
    assert report.as_dict()["lines_replaced"] == 2
    assert any("a.csv replaces an earlier file of that name, whose 2 lines" in said for said in sentences(report))


def test_reasons_for_what_is_held_back_name_file_and_row(municipality, ledger, row):
    report = import_files(municipality, [ledger(row(), row(**{"Beløb_ekskl._moms": "1,234.50"}))], profile="ledger_dk")
    reasons = held_back_reasons(municipality, report.load_key)
    assert len(reasons) == 1
    assert reasons[0]["source_name"].endswith(".csv") and "row 3" in reasons[0]["reason"]


# --- names: which file replaces which -----------------------------------------------------------------------------------


def texts(municipality):
    return sorted(taken(municipality)["line_text"])


def test_a_file_that_has_moved_is_not_replaced_by_what_takes_its_old_name(municipality, ledger, row):
    first = ledger(row(Tekst="januar"), name="a.csv")
    import_files(municipality, [first], profile="ledger_dk")
    import_files(municipality, [first.rename(first.with_name("b.csv"))], profile="ledger_dk")
    report = import_files(municipality, [ledger(row(Tekst="februar"), name="a.csv")], profile="ledger_dk")
    assert texts(municipality) == ["februar", "januar"]
    assert report.as_dict()["lines_replaced"] == 0


def test_a_file_that_becomes_what_another_is_already_counts_no_longer(municipality, ledger, row):
    import_files(municipality, [ledger(row(Tekst="en"), name="a.csv")], profile="ledger_dk")
    import_files(municipality, [ledger(row(Tekst="to"), name="b.csv")], profile="ledger_dk")
    report = import_files(municipality, [ledger(row(Tekst="to"), name="a.csv")], profile="ledger_dk")
    assert texts(municipality) == ["to"]
    assert (report.as_dict()["files_unchanged"], report.as_dict()["lines_replaced"]) == (1, 1)


def test_correcting_one_of_two_files_alike_leaves_the_other(municipality, ledger, row):
    alike = [ledger(row(Tekst="en"), name=name) for name in ("a.csv", "b.csv")]
    import_files(municipality, alike, profile="ledger_dk")
    import_files(municipality, [ledger(row(Tekst="to"), name="a.csv")], profile="ledger_dk")
    assert texts(municipality) == ["en", "to"]


def test_a_damaged_zip_does_not_replace_the_one_that_could_be_read(municipality, tmp_path, ubl):
    path = tmp_path / "uge1.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", ubl())
    import_files(municipality, [path])
    path.write_bytes(path.read_bytes()[:100])
    report = import_files(municipality, [path])
    assert len(taken(municipality)) == 1
    assert [source.status for source in report.sources] == ["held_back"]


def test_a_file_stays_as_it_was_where_no_profile_named_fits_it(municipality, ledger, row):
    ours, theirs = ledger(row(), name="a.csv"), ledger("1;2", name="b.csv", headings="x;y")
    import_files(municipality, [ours, theirs], profile="ledger_dk")
    before = store.loads(municipality)
    report = import_files(municipality, [ours, theirs], profile="council_spend")
    assert (len(taken(municipality)), report.load_key) == (1, "")
    assert {source.status for source in report.sources} == {"unchanged"}
    assert store.loads(municipality) == before


PROFILE_HASH = """
from procurement_kit.intake.load_plan import Plan
from procurement_kit.intake.archives import SourceFile
from procurement_kit.intake.money import Rates
from procurement_kit.intake.profiles import find_profile
source = SourceFile(None, "a.csv", "ledger", 1, "h")
print(Plan({"h": find_profile("ledger_dk")}, {}, Rates("DKK"), "", 1, []).profile_hash(source))
"""


def test_a_profile_has_the_same_hash_in_every_process(data_home):
    found = {
        subprocess.check_output([sys.executable, "-c", PROFILE_HASH], env=os.environ | {"PYTHONHASHSEED": str(seed)})
        for seed in range(4)
    }
    assert len(found) == 1


# --- the account by now -------------------------------------------------------------------------------------------------


def account(municipality):
    return {facts["name"]: facts for item in store.loads(municipality) for facts in item["sources"]}


def test_the_account_of_a_file_follows_it_there_and_back(municipality, ledger, row):
    """A duplicate, no duplicate, and a duplicate again, while its import is taken over by a later one."""
    one, two = ledger(row(Tekst="papir"), name="a.csv"), ledger(row(Tekst="papir"), row(Tekst="to"), name="b.csv")
    import_files(municipality, [one, two, ledger(row(Tekst="x"), name="c.csv")], profile="ledger_dk")
    assert account(municipality)["b.csv"]["status"] == "mixed"
    import_files(municipality, [ledger(row(Tekst="blyant"), name="a.csv")], profile="ledger_dk")
    assert account(municipality)["b.csv"]["status"] == "taken_in"
    import_files(municipality, [ledger(row(Tekst="y"), name="c.csv")], profile="ledger_dk")
    assert account(municipality)["b.csv"]["by_currency"]["DKK"]["taken"]["lines"] == 2
    earlier = ledger(row(Tekst="papir"), name="a.csv")
    import_files(municipality, [earlier], profile="ledger_dk")
    parts = account(municipality)["a.csv"]["by_currency"]["DKK"]
    assert (parts["taken"]["lines"], parts["duplicate"]["lines"]) == (0, 1)
    assert len(taken(municipality)) == 3


def test_what_is_carried_over_is_linked_and_not_written_anew(municipality, ledger, row):
    import_files(municipality, [ledger(row(), name="a.csv"), ledger(row(Tekst="b"), name="b.csv")], profile="ledger_dk")
    (before,) = (municipality.folder / "lines").glob("*/lines/ledger-00001-*")
    inode = before.stat().st_ino
    import_files(municipality, [ledger(row(Tekst="ny"), name="a.csv")], profile="ledger_dk")
    (after,) = (municipality.folder / "lines").glob("*/lines/old-*")
    assert after.stat().st_ino == inode


# --- two runs at once, and a full disk ----------------------------------------------------------------------------------


def test_of_two_imports_at_once_one_is_told_to_wait(municipality, inbox):
    path = inbox("a.xml")
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, env=os.environ)
    try:
        assert process.stdout.readline() == b"reading\n"
        with pytest.raises(ParameterError, match="Another run is changing «prøveby» right now"):
            import_files(municipality, [path])
        assert store.open_municipality("prøveby") == municipality  # and opening it disturbs nothing
        assert list((municipality.folder / "pending").glob("reading-*"))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert import_files(municipality, [path]).lines("taken") == 1


@pytest.mark.parametrize("where", ["store.write_parts", "folders.write_text", "folders.link", "store.pq_writer"])
def test_a_full_disk_leaves_what_was_there(municipality, inbox, monkeypatch, where):
    import_files(municipality, [inbox("a.xml")])
    before = account(municipality), sorted(path.as_posix() for path in (municipality.folder / "lines").rglob("*"))

    def full(*args, **words):
        raise OSError(28, "No space left on device")

    path = inbox("a.xml", number="F-9")
    with monkeypatch.context() as patch:
        if where == "store.pq_writer":
            patch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
        else:
            patch.setattr(f"procurement_kit.{where}", full)
        with pytest.raises(OSError, match="No space left"):
            import_files(municipality, [path])
    after = account(municipality), sorted(path.as_posix() for path in (municipality.folder / "lines").rglob("*"))
    assert after == before
    assert not list((municipality.folder / "pending").glob("new-*"))
    assert import_files(municipality, [path]).lines("taken") == 1
