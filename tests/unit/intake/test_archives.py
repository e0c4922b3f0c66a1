"""A ZIP of e-invoices: what is read, what opens later, and what is passed over."""

import zipfile

import pytest

from procurement_kit.intake.archives import ZipMember, zip_entries, zip_passed_over
from procurement_kit.intake.privacy import Masker
from procurement_kit.intake.safe_xml import RefusedError

MASKER = Masker(b"0" * 32)


@pytest.fixture
def archive(tmp_path):
    """Write a ZIP."""

    def make(**entries):
        path = tmp_path / "marts.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in entries.items():
                file.writestr(name.replace("__", "/"), content)
        return path

    return make


def test_files_in_folders_are_found_in_order(archive):
    path = archive(**{"b.xml": "<b/>", "mappe__a.XML": "<a/>"})
    assert list(zip_entries(path)) == [("b.xml", b"<b/>"), ("mappe/a.XML", b"<a/>")]


def test_a_large_file_is_opened_when_it_is_read(archive):
    path = archive(**{"lille.xml": "<a/>", "stor.xml": "<a>1234567890</a>"})
    (_, small), (name, big) = list(zip_entries(path, limit=10))
    assert small == b"<a/>"
    assert isinstance(big, ZipMember)
    for _ in range(2):
        with big.open() as file:
            assert file.read() == b"<a>1234567890</a>"
    assert (name, big.size) == ("stor.xml", 17)


def test_what_is_no_xml_is_named_and_masked(archive):
    path = archive(**{"a.xml": "<a/>", "faktura.pdf": "x", "bilag__010190-1234.pdf": "x"})
    first, second = zip_passed_over(path, MASKER)
    assert first.startswith("marts.zip/bilag/CPR-")
    assert second == "marts.zip/faktura.pdf"


def test_what_is_no_archive_has_nothing_passed_over(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"not an archive")
    assert zip_passed_over(path, MASKER) == []
    with pytest.raises(RefusedError, match="damaged"):
        list(zip_entries(path))
