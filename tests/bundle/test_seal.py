"""A sealed bundle: the same bytes for the same content, and no byte that can change unnoticed."""

import io
import os
import shutil
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bundle.make import exchange, finished, header, plan, run_folder, some_evidence, write_rest
from cqsc_conform.bundle.journal import JOURNAL, JournalWriter
from cqsc_conform.bundle.open import open_bundle
from cqsc_conform.bundle.seal import seal
from cqsc_conform.bundle.segments import segment_name
from cqsc_conform.bundle.verify import Integrity, verify_integrity
from cqsc_conform.bundle.zipping import write_archive
from cqsc_conform.errors import KitError


def _verified(path: Path) -> Integrity:
    with open_bundle(path) as bundle:
        return verify_integrity(bundle)


def test_a_sealed_bundle_gives_back_what_went_in(folder: Path, sealed: Path) -> None:
    assert sealed == folder.with_name("run.cqsc.zip")
    for path in (folder, sealed):
        with open_bundle(path) as bundle:
            found = verify_integrity(bundle)
            assert (found.records, found.removed) == (5, {})
            assert bundle.plan == plan()
            assert tuple(bundle.evidence_of(bundle.state.evidence)) == some_evidence()
            assert [record.evidence for _, record in bundle.records()] == list(some_evidence())
            assert bundle.evidence("catalog.walk/pages.2") == exchange(2)
            assert bundle.verdicts.rows == ()
            assert bundle.table("regions") == "渝"
            assert bundle.payload_schema("entry") == {"type": "object"}
            assert bundle.profiles == {"tiny.json": {}}
            assert bundle.statements == {"plan.dsse.json": b"{}"}
            with pytest.raises(KitError, match=r"bundle\.evidence_unknown"):
                bundle.evidence("catalog.walk/pages.2", 2)
            with pytest.raises(KitError, match=r"bundle\.file_missing.*"):
                _ = bundle.report


def test_an_ordinary_tool_reads_the_archive(folder: Path, sealed: Path) -> None:
    with zipfile.ZipFile(sealed) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            assert archive.read(name) == (folder / name).read_bytes()


def test_sealing_twice_gives_the_same_bytes(folder: Path, sealed: Path, tmp_path: Path) -> None:
    first = sealed.read_bytes()
    os.utime(folder / "plan.json", (time.time(), 0))
    (folder / "plan.json").chmod(0o600)
    assert seal(folder).read_bytes() == first
    copied = Path(shutil.copytree(folder, tmp_path / "elsewhere" / "copy"))
    assert seal(copied, out=tmp_path / "other.zip").read_bytes() == first
    with zipfile.ZipFile(sealed) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert seal(tmp_path / "unpacked").read_bytes() == first


def test_every_flip_of_a_byte_is_refused(sealed: Path) -> None:
    whole = sealed.read_bytes()
    assert len(whole) < 20_000
    codes = {}
    for at in range(len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        sealed.write_bytes(flipped)
        try:
            _verified(sealed)
        except KitError as error:
            codes[at] = error.code
    assert [at for at in range(len(whole)) if at not in codes] == []
    assert all(code.startswith("bundle.") for code in codes.values())


def test_every_cut_is_refused(sealed: Path) -> None:
    whole = sealed.read_bytes()
    for size in [*range(0, len(whole), 41), len(whole) - 1]:
        sealed.write_bytes(whole[:size])
        with pytest.raises(KitError, match=r"bundle\.(not_a_zip|zip_truncated)"):
            open_bundle(sealed)
    sealed.write_bytes(whole + b"\x00")
    with pytest.raises(KitError, match=r"bundle\.zip_truncated"):
        open_bundle(sealed)


def _zip(path: Path, fill: Callable[[zipfile.ZipFile], object]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        fill(archive)
    return path


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("plan.json")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("code", "fill"),
    [
        ("not_canonical", lambda archive: archive.writestr("plan.json", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("../plan.json", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("/plan.json", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("a//b", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("a\\..\\b", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("C:/b", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("a\x1b[2J", b"{}")),
        ("unsafe_path", lambda archive: archive.writestr("a" * 241, b"{}")),
        ("symlink", lambda archive: archive.writestr(_link(), b"/etc/passwd")),
        (
            "compressed",
            lambda archive: archive.writestr(
                "plan.json", bytes(50 * 2**20), compress_type=zipfile.ZIP_DEFLATED
            ),
        ),
    ],
)  # fmt: skip
def test_hostile_archives_are_refused(
    tmp_path: Path, code: str, fill: Callable[[zipfile.ZipFile], object]
) -> None:
    with pytest.raises(KitError) as caught:
        open_bundle(_zip(tmp_path / "x.zip", fill))
    assert caught.value.code == f"bundle.{code}"


def _two(archive: zipfile.ZipFile) -> None:
    archive.writestr("a", b"")
    archive.writestr("b", b"")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    archive = _zip(tmp_path / "x.zip", _two)
    archive.write_bytes(archive.read_bytes().replace(b"b", b"a"))
    with pytest.raises(KitError, match=r"bundle\.duplicate_entry"):
        open_bundle(archive)


def test_announced_sizes_are_not_believed(sealed: Path) -> None:
    whole = sealed.read_bytes()
    end = len(whole) - 22
    for count, length in ((65_535, None), (None, 2**32 - 1), (None, 2**20)):
        forged = bytearray(whole)
        if count is not None:
            struct.pack_into("<HH", forged, end + 8, count, count)
        if length is not None:
            struct.pack_into("<L", forged, end + 12, length)
        sealed.write_bytes(forged)
        with pytest.raises(KitError, match=r"bundle\.(too_large|zip_truncated|not_canonical)"):
            open_bundle(sealed)


def test_a_stored_bomb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(2**32)
    with pytest.raises(KitError, match=r"bundle\.too_large"):
        open_bundle(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"\x7fELF" + bytes(100), b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    with pytest.raises(KitError, match=r"bundle\.(not_a_zip|manifest_missing)"):
        open_bundle(path)
    with pytest.raises(KitError, match=r"bundle\.missing"):
        open_bundle(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KitError, match=r"bundle\.not_a_file"):
        open_bundle(tmp_path / "pipe")


def test_a_changed_folder_is_noticed(folder: Path, sealed: Path) -> None:
    def expect(code: str) -> None:
        with pytest.raises(KitError) as caught:
            _verified(folder)
        assert caught.value.code == f"bundle.{code}"

    extra = folder / "extra"
    extra.write_bytes(b"")
    expect("file_unlisted")
    extra.unlink()
    (folder / "tables/regions").rename(folder.parent / "regions")
    expect("file_missing")
    (folder.parent / "regions").rename(folder / "tables/regions")
    (folder / "tables/regions").write_text("蜀")
    expect("file_changed")
    (folder / "tables/regions").write_text("渝州")
    expect("file_changed")
    (folder / "tables/regions").unlink()
    (folder / "tables/regions").symlink_to(folder / "plan.json")
    expect("symlink")
    (folder / "tables/regions").unlink()
    os.mkfifo(folder / "tables/regions")
    expect("not_a_file")
    (folder / "tables/regions").unlink()
    (folder / "tables/regions").write_text("渝")
    (folder / ".manifest.json.part").write_bytes(b"left by a crash")
    assert _verified(folder) == _verified(sealed)


def test_lazy_reading_is_held_against_the_manifest(folder: Path, sealed: Path) -> None:
    assert sealed.exists()
    (folder / "tables/regions").write_text("蜀")
    with open_bundle(folder) as bundle, pytest.raises(KitError, match=r"bundle\.file_changed"):
        bundle.table("regions")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"schema": "cqsc-manifest/1"', b'"schema": "cqsc-manifest/2"', "not_model"),
        (b'  "files": [', b'  "files":  [', "manifest_changed"),
        (b'"plan_digest":', b'"plan_digest": "", "plan_digest":', "duplicate_key"),
        (b"{", b"{,", "not_json"),
        (b'"records": 3', b'"records": 2', "manifest_changed"),
    ],
)
def test_a_changed_manifest_is_noticed(
    folder: Path, sealed: Path, old: bytes, new: bytes, code: str
) -> None:
    assert sealed.exists()
    manifest = folder / "manifest.json"
    data = manifest.read_bytes()
    assert old in data
    manifest.write_bytes(data.replace(old, new, 1))
    with pytest.raises(KitError) as caught:
        _verified(folder)
    assert caught.value.code == f"bundle.{code}"


def test_only_a_finished_run_is_sealed(tmp_path: Path) -> None:
    def expect(path: Path, code: str) -> None:
        with pytest.raises(KitError) as caught:
            seal(path)
        assert caught.value.code == f"bundle.{code}"
        assert not (path / "manifest.json").exists()
        assert not (tmp_path / f"{path.name}.cqsc.zip").exists()

    expect(tmp_path / "nowhere", "missing")
    expect(run_folder(tmp_path / "bare", ()), "file_missing")
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    with JournalWriter(unfinished / JOURNAL) as journal:
        journal.append(header())
    expect(write_rest(unfinished), "unfinished")
    torn = finished(tmp_path / "torn")
    with (torn / JOURNAL).open("ab") as file:
        file.write(b"{")
    expect(torn, "journal_torn")
    beyond = finished(tmp_path / "beyond")
    with (beyond / segment_name(1)).open("ab") as file:
        file.write(b"{}\n")
    expect(beyond, "evidence_beyond")
    other = finished(tmp_path / "other")
    verdicts = other / "verdicts.json"
    verdicts.write_bytes(verdicts.read_bytes().replace(b"sha256:", b"sha256:0"))
    expect(other, "plan_differs")
    with pytest.raises(KitError, match=r"bundle\.out_inside"):
        seal(finished(tmp_path / "run"), out=tmp_path / "run" / "x.zip")


def test_an_unsealed_folder_opens_and_says_that_it_is_not_sealed(folder: Path) -> None:
    with open_bundle(folder) as bundle:
        assert bundle.manifest is None
        assert tuple(bundle.evidence_of(bundle.state.evidence)) == some_evidence()
        with pytest.raises(KitError, match=r"bundle\.manifest_missing"):
            verify_integrity(bundle)


def test_an_archive_without_manifest_is_refused(tmp_path: Path, sealed: Path) -> None:
    out = io.BytesIO()
    write_archive(out, ["plan.json"], lambda _: iter((b"{}",)))
    (tmp_path / "x.zip").write_bytes(out.getvalue())
    with pytest.raises(KitError, match=r"bundle\.manifest_missing"):
        open_bundle(tmp_path / "x.zip")
    assert sealed.exists()
