"""Statements in a bundle: read from a folder or an archive, and added to it whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from cqsc_conform.bundle.disk import replace
from cqsc_conform.bundle.open import Bundle, open_bundle
from cqsc_conform.bundle.paths import MANIFEST, STATEMENTS
from cqsc_conform.bundle.seal import SUFFIX, default_out, seal, write_bundle
from cqsc_conform.bundle.source import pieces
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.model.codec import encode_readable

__all__ = ["add_statements", "put_in_folder"]


def put_in_folder(folder: Path, name: str, data: bytes) -> Path:
    """Write a statement below ``statements/`` of a run's folder.

    :raises KitError: ``trust.statement_there`` when another stands there already.
    """
    path = folder / STATEMENTS.rstrip("/") / name
    if path.exists() and path.read_bytes() != data:
        raise KitError("trust.statement_there", Blame.YOU, where=name)
    path.parent.mkdir(exist_ok=True)
    replace(path, lambda file: file.write(data))
    return path


def add_statements(path: Path, added: Mapping[str, bytes]) -> Path:
    """Add statements to a sealed bundle; gives the archive that holds them.

    Of a folder the archive beside it is sealed anew.  An archive is replaced by one that holds
    them too, and the folder that it was sealed from, if it is there, gets them as well: sealing
    that again loses no signature.

    :raises KitError: ``trust.statement_there``, and what opening, sealing and writing raise.
    """
    if path.is_dir():
        for name, data in added.items():
            put_in_folder(path, name, data)
        return seal(path, out=default_out(path))
    with open_bundle(path) as bundle:
        for name in added:
            if STATEMENTS + name in bundle.source.sizes:
                raise KitError("trust.statement_there", Blame.YOU, where=name)
        manifest = bundle.file(MANIFEST)
        _rewrite(path, bundle, {STATEMENTS + name: data for name, data in added.items()})
    folder = path.with_name(path.name.removesuffix(SUFFIX))
    if folder != path and _same(folder / MANIFEST, manifest):
        for name, data in added.items():
            put_in_folder(folder, name, data)
    return path


def _same(path: Path, manifest: bytes) -> bool:
    try:
        return path.read_bytes() == manifest
    except OSError:
        return False


def _rewrite(path: Path, bundle: Bundle, added: Mapping[str, bytes]) -> None:
    assert bundle.manifest is not None  # noqa: S101 - an archive has one, or it is not opened
    manifest = encode_readable(bundle.manifest)
    write_bundle(path, bundle, manifest, lambda name: pieces(bundle.source, name), added=added)
