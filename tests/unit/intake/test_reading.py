"""An interrupted import goes on where it stopped; a file that cannot be read does not stop the others."""

import zipfile
from decimal import Decimal

import pytest

from procurement_kit import store
from procurement_kit.errors import FileFormatError
from procurement_kit.intake import einvoice_batches, reading
from procurement_kit.intake.load import import_files


def taken(municipality):
    return store.read_lines(municipality).to_pandas()


@pytest.fixture
def archive(tmp_path, ubl):
    """A ZIP of so many invoices."""

    def make(count):
        path = tmp_path / "alle.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for number in range(count):
                file.writestr(f"{number:03}.xml", ubl(number=f"F-{number}"))
        return path

    return make


@pytest.fixture
def small_units(monkeypatch):
    """Units of few documents, so that a handful of files makes several."""
    monkeypatch.setattr(reading, "DOCUMENTS_PER_UNIT", 5)
    monkeypatch.setattr(einvoice_batches, "CHUNK", 5)
    monkeypatch.setattr(einvoice_batches, "PARALLEL_FROM", 10**9)


def test_an_interrupted_import_goes_on_where_it_stopped(municipality, archive, small_units, monkeypatch):
    path = archive(23)
    read_documents: list[int] = []
    whole = einvoice_batches.read_chunk

    def stopping(items, how):
        if len(read_documents) == 3:
            raise KeyboardInterrupt
        read_documents.append(len(items))
        return whole(items, how)

    monkeypatch.setattr(einvoice_batches, "read_chunk", stopping)
    with pytest.raises(KeyboardInterrupt):
        import_files(municipality, [path])
    assert not list((municipality.folder / "lines").iterdir())
    again: list[int] = []
    monkeypatch.setattr(
        einvoice_batches, "read_chunk", lambda items, how: again.append(len(items)) or whole(items, how)
    )
    report = import_files(municipality, [path])
    assert (sum(read_documents), sum(again)) == (15, 8)
    assert (report.lines("taken"), report.documents("taken"), report.closes) == (23, 23, True)
    assert sorted(taken(municipality)["document_number"]) == sorted(f"F-{n}" for n in range(23))
    assert not list((municipality.folder / "pending").glob("reading-*"))


def test_an_import_in_one_go_gives_the_same_lines(municipality, archive, small_units):
    import_files(municipality, [archive(12)])
    documents = store.read_load_dataset(municipality, "documents").to_pandas()
    assert documents["read_order"].is_unique
    assert list(documents.sort_values("read_order")["document_number"]) == [f"F-{n}" for n in range(12)]


def test_a_ledger_read_before_the_interruption_is_not_read_again(municipality, ledger, row, monkeypatch):
    first, second = ledger(row(), name="a.csv"), ledger(row(Tekst="to"), name="b.csv")
    opened = []
    whole = reading.open_ledger

    def opening(path, profile):
        opened.append(path.name)
        if path.name == "b.csv" and opened.count("b.csv") == 1:
            raise KeyboardInterrupt
        return whole(path, profile)

    monkeypatch.setattr(reading, "open_ledger", opening)
    with pytest.raises(KeyboardInterrupt):
        import_files(municipality, [first, second], profile="ledger_dk")
    report = import_files(municipality, [first, second], profile="ledger_dk")
    assert opened == ["a.csv", "b.csv", "b.csv"]
    assert report.lines("taken") == 2


def test_one_of_several_ledgers_that_cannot_be_read_is_held_back(municipality, ledger, row):
    good = ledger(row(), name="god.csv")
    broken = ledger(row(Tekst='"åbent citat'), name="brudt.csv")
    strange = ledger("1;2", name="fremmed.csv", headings="a;b")
    report = import_files(municipality, [good, broken, strange], profile="ledger_dk")
    status = {source.name: source.status for source in report.sources}
    assert status == {"god.csv": "taken_in", "brudt.csv": "held_back", "fremmed.csv": "held_back"}
    documents = store.read_load_dataset(municipality, "documents").to_pandas().set_index("source_name")
    assert "quotation mark" in documents.loc["brudt.csv", "document_reason"]
    assert "headings" in documents.loc["fremmed.csv", "document_reason"]
    assert taken(municipality)["net_amount"].sum() == Decimal("1234.50")
    with pytest.raises(FileFormatError):
        import_files(municipality, [broken], profile="ledger_dk")


def test_a_file_that_cannot_be_read_does_not_replace_the_one_that_could(municipality, ledger, row):
    import_files(municipality, [ledger(row(), name="a.csv")], profile="ledger_dk")
    broken = ledger(row(Tekst='"åbent'), name="a.csv")
    import_files(municipality, [broken, ledger(row(Tekst="ny"), name="b.csv")], profile="ledger_dk")
    assert sorted(taken(municipality)["line_text"]) == ["Kopipapir", "ny"]


def test_each_ledger_is_read_with_the_profile_that_fits(municipality, tmp_path, ledger, row):
    english = tmp_path / "council.csv"
    text = "amount,date,transaction,supplier_name,company_no,department,category_l1,category_l2\n"
    text += "10.50,2025-03-01,T1,Example Ltd,,Libraries,,\n"
    english.write_text(text, encoding="utf-8")
    import_files(municipality, [english], profile="council_spend")
    english.write_text(text + "11,2025-03-01,T2,Example Ltd,,Parks,,\n", encoding="utf-8")
    report = import_files(municipality, [english, ledger(row())], profile=["ledger_dk", "council_spend"])
    formats = {source.name: source.format_name.split()[0] for source in report.sources}
    assert formats == {"council.csv": "council_spend", "poster.csv": "ledger_dk"}


def test_a_file_that_fits_two_profiles_is_not_guessed(municipality, ledger, row):
    text = (reading.Path(reading.__file__).parents[2] / "data_templates/profiles/ledger_dk.toml").read_text("utf-8")
    own = municipality.folder / "profiles" / "ours.toml"
    own.write_text(text.replace('name = "ledger_dk"', 'name = "ours"'), encoding="utf-8")
    files = [ledger(row(), name="a.csv"), ledger(row(Tekst="to"), name="b.csv")]
    report = import_files(municipality, files, profile=["ledger_dk", "ours"])
    assert {source.status for source in report.sources} == {"held_back"}
    reasons = store.read_load_dataset(municipality, "documents").to_pandas()["document_reason"]
    assert all("fits several of the profiles named: ledger_dk, ours" in reason for reason in reasons)


def test_a_folder_with_a_file_that_cannot_be_read_can_be_imported_again(municipality, ledger, row):
    files = [ledger(row(), name="god.csv"), ledger(row(Tekst='"åbent citat'), name="brudt.csv")]
    first = import_files(municipality, files, profile="ledger_dk")
    again = import_files(municipality, files, profile="ledger_dk")
    assert (again.load_key, again.as_dict()["files_unchanged"]) == ("", 2)
    assert [load["load_key"] for load in store.loads(municipality)] == [first.load_key]
    files[1] = ledger(row(Tekst="rettet"), name="brudt.csv")
    assert import_files(municipality, files, profile="ledger_dk").lines("taken") == 1
    documents = store.read_load_dataset(municipality, "documents").to_pandas()
    assert list(documents["document_status"]) == ["taken_in", "taken_in"]
