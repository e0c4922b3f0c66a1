"""Hostile archives are held back with a reason; nothing is unpacked beside them, and the others are taken in."""

import gzip
import io
import re
import struct
import tarfile
import zipfile

import pytest


def zipped(*entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def lying(declared):
    """A ZIP whose directory says another size than its file has."""
    content = zipped(("a.xml", b"<a>" + b" " * 3_000_000 + b"</a>"))
    return content.replace(struct.pack("<L", 3_000_007), struct.pack("<L", declared))


def encrypted(make):
    changed = bytearray(zipped(("a.xml", make())))
    changed[6] |= 1
    changed[changed.find(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def tarred(make):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../a.xml"), io.BytesIO(b""))
    return out.getvalue()


HOSTILE = {
    "bomb.zip": (lambda make: zipped(("a.xml", b" " * 300_000_000)), "inflate"),
    "many_bombs.zip": (lambda make: zipped(*[(f"{n}.xml", b" " * 30_000_000) for n in range(10)]), "inflate"),
    "climb.zip": (lambda make: zipped(("../a.xml", make())), "leads out"),
    "deep_climb.zip": (lambda make: zipped(("x/../../a.xml", make())), "leads out"),
    "absolute.zip": (lambda make: zipped(("/etc/a.xml", make())), "leads out"),
    "windows.zip": (lambda make: zipped(("..\\a.xml", make())), "leads out"),
    "drive.zip": (lambda make: zipped(("C:\\a.xml", make())), "leads out"),
    "nested.zip": (lambda make: zipped(("b.zip", zipped(("a.xml", make())))), "another archive"),
    "nested_gzip.zip": (lambda make: zipped(("b.xml.gz", gzip.compress(make()))), "another archive"),
    "lying_small.zip": (lambda make: lying(1000), "archive"),
    "lying_large.zip": (lambda make: lying(0xFFFFFFFE), "archive"),
    "lying_zip64.zip": (lambda make: lying(0xFFFFFFFF), "archive"),
    "encrypted.zip": (encrypted, "encrypted"),
    "many.zip": (lambda make: zipped(*[(f"{n}.xml", b"") for n in range(200_001)], compression=0), "more than"),
    "cut.zip": (lambda make: zipped(("a.xml", make()))[:-30], "damaged"),
    "no.zip": (lambda make: b"not an archive", "damaged"),
    "tar.zip": (tarred, "damaged"),
    "changed.zip": (
        lambda make: zipped(("a.xml", make()), compression=0).replace(b"Kopipapir", b"Kopipapi!"),
        "damaged",
    ),
    "personal.zip": (lambda make: zipped(("../010190-1234.xml", make())), "leads out"),
}
HEAVY = ("bomb.zip", "many_bombs.zip", "many.zip")


LIGHT = [name for name in HOSTILE if name not in HEAVY]


@pytest.fixture(scope="module")
def found(attack_at_once, texts):
    return attack_at_once({name: HOSTILE[name][0](texts.invoice) for name in LIGHT})


@pytest.mark.parametrize("name", LIGHT)
def test_a_hostile_archive_is_held_back_and_the_others_are_taken_in(found, name):
    assert re.search(HOSTILE[name][1], found.reason(name))
    assert len(found.lines) == 0


def test_nothing_of_them_is_unpacked_anywhere(found, tmp_path_factory):
    home = tmp_path_factory.getbasetemp()
    assert not [*home.glob("attack*/**/a.xml"), *home.glob("lasting*/**/a.xml")]


@pytest.mark.parametrize("name", HEAVY)
def test_a_bomb_costs_neither_time_nor_memory(measured_attack, texts, name):
    make, reason = HOSTILE[name]
    assert re.search(reason, measured_attack({name: make(texts.invoice)}).reason(name))


def test_an_archive_cut_at_twenty_places_is_held_back(attack, texts):
    whole = zipped(("a.xml", texts.invoice()), ("b.xml", texts.invoice(number="F-2")))
    cuts = {f"cut_{place:02d}.zip": whole[: len(whole) * place // 21] for place in range(1, 21)}
    found = attack(cuts)
    assert all(found.reason(name) for name in cuts)


def test_a_hostile_document_in_an_archive_leaves_its_neighbours_alone(attack, texts):
    hostile = texts.invoice(before='<!DOCTYPE x [<!ENTITY e "x">]>')
    found = attack({"mixed.zip": zipped(("bad.xml", hostile), ("good.xml", texts.invoice(number="GOOD")))})
    assert found.lines["document_number"].tolist() == ["GOOD"]
    assert found.report["documents_held_back"] == 1


def test_one_name_twice_in_an_archive_loses_no_document(attack, texts):
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = zipped(("a.xml", texts.invoice(number="F-7")), ("a.xml", texts.invoice(number="F-8")))
    found = attack({"twice.zip": content})
    row = found.documents.get("twice.zip")
    if row is not None and row["document_status"] == "held_back":
        assert found.reason("twice.zip")
    else:
        assert sorted(found.lines["document_number"]) == ["F-7", "F-8"]


def test_a_zip_of_too_many_files_is_held_back(attack, texts, monkeypatch):
    monkeypatch.setattr("procurement_kit.intake.archives.MAX_ENTRIES", 3)
    content = zipped(*[(f"{n}.xml", texts.invoice(number=str(n))) for n in range(4)])
    assert "more than 3 files" in attack({"many.zip": content}).reason("many.zip")
