"""Sealing a run's folder: the same content gives the same bytes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cqsc_conform.bundle.disk import replace
from cqsc_conform.bundle.open import Bundle
from cqsc_conform.bundle.paths import MANIFEST
from cqsc_conform.bundle.source import open_source, pieces
from cqsc_conform.bundle.verify import describe
from cqsc_conform.bundle.zipping import write_archive
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode_readable

__all__ = ["SUFFIX", "default_out", "seal", "write_bundle"]

SUFFIX = ".cqsc.zip"


def seal(folder: Path, *, out: Path | None = None) -> Path:
    """Write ``manifest.json`` into a finished run's folder and the sealed archive beside it.

    Journal and evidence are verified first.  The archive is ``<folder>.cqsc.zip`` unless ``out``
    names another; either the whole archive appears there, or nothing changes.

    :raises KitError: what ``open_source`` and ``describe`` raise, ``bundle.out_inside``,
        ``bundle.disk_full``, ``bundle.not_writable``.
    """
    if not folder.is_dir():
        raise KitError("bundle.missing", Blame.YOU, where=str(folder))
    target = default_out(folder) if out is None else out
    if target.resolve().is_relative_to(folder.resolve()):
        raise KitError("bundle.out_inside", Blame.YOU, where=str(target))
    source = open_source(folder)
    # A manifest of an earlier sealing is of no account: this one replaces it.
    with Bundle(source, folder, None) as bundle:
        manifest = encode_readable(describe(bundle).manifest)
        replace(folder / MANIFEST, lambda file: file.write(manifest))
        write_bundle(target, bundle, manifest, lambda name: pieces(source, name))
    return target


def default_out(folder: Path) -> Path:
    """Name the archive that lies beside a folder."""
    whole = folder.resolve()
    return whole.with_name(whole.name + SUFFIX)


def write_bundle(
    target: Path,
    bundle: Bundle,
    manifest: bytes,
    content: Callable[[str], Iterator[bytes]],
    *,
    added: Mapping[str, bytes] | None = None,
) -> None:
    """Write an archive of a bundle's files with that manifest, whole or not at all.

    ``added`` are files that the bundle does not hold yet: statements, which no manifest lists.
    """
    known = {**(added or {}), MANIFEST: manifest}

    def of(name: str) -> Iterator[bytes]:
        return iter((known[name],)) if name in known else content(name)

    names = sorted({*bundle.source.sizes, *known})
    replace(target, lambda file: write_archive(file, names, of))
