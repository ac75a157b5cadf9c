"""The profile library: profiles, shared probes, tables, presets and payload schemas by name."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from cqsc_conform.catalog.assembly import Overlay, Shelf, assemble
from cqsc_conform.catalog.files import read_bounded
from cqsc_conform.catalog.gate import Problems, nearest
from cqsc_conform.catalog.profile_rules import uses_of
from cqsc_conform.catalog.sources import Authored, Shared, read_probes_file, read_profile_file
from cqsc_conform.errors import Blame, KitError, Problem
from cqsc_conform.formats.strict_json import JsonFault, read_json
from cqsc_conform.formats.yaml_strict import MAX_BYTES, read_yaml
from cqsc_conform.model.profile import Profile
from cqsc_conform.resources import data_root

__all__ = ["Library", "blamed"]

T = TypeVar("T")

_NO_FAMILY = frozenset({"probes", "tables", "presets", "regions"})


def blamed(read: Callable[[], T]) -> T:
    """Say of a fault in the library's files that the profile is to blame, not its user."""
    try:
        return read()
    except KitError as error:
        error.blame = Blame.PROFILE
        raise


class Library:
    """Profiles by id, and what they are made of.

    A library is a folder with ``profiles/`` and ``schemas/`` in it.  Files are read when asked
    for, once.  Names never leave the folder: only what it lists can be asked for.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._authored: dict[str, Authored] = {}
        self._shared: dict[str, Shared] = {}
        self._profiles: dict[str, Profile] = {}

    @staticmethod
    def open(root: Path | None = None) -> "Library":
        """Open a library, by default the one that ships with the kit.

        :raises KitError: ``load.no_library`` where the folder holds no ``profiles``.
        """
        folder = root or data_root()
        if not (folder / "profiles").is_dir():
            raise KitError("load.no_library", where=str(folder))
        return Library(folder)

    @cached_property
    def _profile_files(self) -> dict[str, Path]:
        found = sorted((self._root / "profiles").glob("*/*.yaml"))
        kept = [
            path for path in found if path.parent.name not in _NO_FAMILY and "@" not in path.stem
        ]
        files: dict[str, Path] = {}
        for path in kept:
            if path.stem in files:
                raise KitError("load.profile_twice", where=self.name_of(path), name=path.stem)
            files[path.stem] = path
        return dict(sorted(files.items()))

    @cached_property
    def _older_files(self) -> dict[str, Path]:
        """List the editions that a newer one replaced, ``<id>@<version>.yaml``."""
        found = sorted((self._root / "profiles").glob("*/*@*.yaml"))
        return {path.stem: path for path in found}

    @cached_property
    def _region_files(self) -> dict[str, Path]:
        return self._listed("profiles/regions", ".yaml")

    def _listed(self, folder: str, suffix: str) -> dict[str, Path]:
        return {path.stem: path for path in sorted((self._root / folder).glob(f"*{suffix}"))}

    @cached_property
    def _probe_files(self) -> dict[str, Path]:
        return self._listed("profiles/probes", ".yaml")

    @cached_property
    def _table_files(self) -> dict[str, Path]:
        return self._listed("profiles/tables", ".csv")

    @cached_property
    def _preset_files(self) -> dict[str, Path]:
        return self._listed("profiles/presets", ".yaml")

    @cached_property
    def _schema_files(self) -> dict[str, Path]:
        return self._listed("schemas/payload", ".json")

    def name_of(self, path: Path) -> str:
        """Name a file of the library as messages do."""
        return path.relative_to(self._root).as_posix()

    def ids(self) -> tuple[str, ...]:
        """Give the ids of all profiles, sorted."""
        return tuple(self._profile_files)

    def tables(self) -> tuple[str, ...]:
        """Give the names of all tables, sorted."""
        return tuple(self._table_files)

    def presets(self) -> tuple[str, ...]:
        """Give the names of all presets, sorted."""
        return tuple(self._preset_files)

    def payload_schemas(self) -> tuple[str, ...]:
        """Give the names of all payload schemas, sorted."""
        return tuple(self._schema_files)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Give every file that profiles are made of, by name and in order."""
        listed = (
            *self._profile_files.values(),
            *self._older_files.values(),
            *self._region_files.values(),
            *self._probe_files.values(),
            *self._table_files.values(),
            *self._schema_files.values(),
        )
        for path in sorted(listed):
            yield self.name_of(path), read_bounded(path, self.name_of(path))

    def regions(self) -> tuple[str, ...]:
        """Give the regions that adopt anything, sorted."""
        return tuple(self._region_files)

    def region_file(self, region: str) -> Path:
        """Give the file of a region's adoption.

        :raises KitError: ``load.unknown_region``.
        """
        return self._found(region, self._region_files, "load.unknown_region")

    def operation_names(self) -> frozenset[str]:
        """Give every operation that some file of the library defines."""
        names: set[str] = set()
        for name in self._probe_files:
            names |= set(self._probes(name).file.operations)
        for name in self._profile_files:
            names |= set(self._file(name).file.operations)
        return frozenset(names)

    def profile(self, reference: str) -> Profile:
        """Give the effective profile ``id`` or ``id@version``.

        Its probes are those that its requirements need, those drawn on before those that draw.

        :raises KitError: ``load.unknown_profile``, ``load.other_version`` or ``load.invalid``.
        """
        stem = self._stem(reference)
        if stem not in self._profiles:
            authored = self._file(stem)
            self._profiles[stem] = blamed(lambda: assemble(authored, self._shelf))
        return self._profiles[stem]

    def adapted(self, reference: str, overlay: Overlay) -> Profile:
        """Give a profile with an adoption laid over it.

        :raises KitError: as :meth:`profile`.
        """
        return assemble(self._file(self._stem(reference)), self._shelf, overlay)

    def editions(self, name: str) -> tuple[str, ...]:
        """Give the versions of a profile that the library holds, the current one first."""
        older = [
            each.partition("@")[2] for each in self._older_files if each.startswith(f"{name}@")
        ]
        return (self._file(name).file.version, *sorted(older, reverse=True))

    def _stem(self, reference: str) -> str:
        """Find the file of ``id`` or ``id@version``; without a version it is the current one."""
        name, _, version = reference.partition("@")
        self._found(name, self._profile_files, "load.unknown_profile")
        current = self._file(name).file.version
        if not version or version == current:
            return name
        if reference not in self._older_files:
            found = ", ".join(self.editions(name))
            raise KitError("load.other_version", name=name, wanted=version[:60], found=found)
        return reference

    def table(self, name: str) -> str:
        """Give a table's text.

        :raises KitError: ``load.unknown_table``, or where it is no UTF-8.
        """
        path = self._found(name, self._table_files, "load.unknown_table")
        try:
            return read_bounded(path, self.name_of(path)).decode()
        except UnicodeDecodeError:
            raise KitError("load.not_utf8", where=self.name_of(path)) from None

    def payload_schema(self, name: str) -> dict[str, Any]:
        """Give a payload schema, decoded.

        :raises KitError: ``load.unknown_schema``, or where it is no JSON object.
        """
        path = self._found(name, self._schema_files, "load.unknown_schema")
        try:
            value = read_json(read_bounded(path, self.name_of(path)))
        except JsonFault:
            raise KitError("load.not_json", where=self.name_of(path)) from None
        if not isinstance(value, dict):
            raise KitError("load.not_json", where=self.name_of(path))
        return value

    def material(self, kind: str, name: str) -> bytes:
        """Give a table or payload schema as it stands in its file.

        :raises KitError: ``load.unknown_table``, ``load.unknown_schema``.
        """
        files = self._table_files if kind == "table" else self._schema_files
        path = self._found(name, files, f"load.unknown_{kind}")
        return read_bounded(path, self.name_of(path))

    def preset(self, name: str) -> dict[str, Any]:
        """Give a preset's mapping.

        :raises KitError: ``load.unknown_preset``, or where the file is no mapping.
        """
        path = self._found(name, self._preset_files, "load.unknown_preset")
        located = read_yaml(read_bounded(path, self.name_of(path), MAX_BYTES), self.name_of(path))
        if not isinstance(located.value, dict):
            raise KitError("load.not_mapping", where=located.positions.where(""))
        return located.value

    def materials(self, profile: Profile) -> dict[str, str]:
        """Digest what a profile's checks read: ``table:NAME`` or ``schema:NAME`` → digest."""
        uses = [use for each in profile.requirements for use, _ in uses_of(each)]
        files = {
            f"table:{name}": self._found(name, self._table_files, "load.unknown_table")
            for use in uses
            for name in use.tables.values()
        } | {
            f"schema:{name}": self._found(name, self._schema_files, "load.unknown_schema")
            for use in uses
            for name in use.schemas.values()
        }
        return {
            name: f"sha256:{hashlib.sha256(read_bounded(path, self.name_of(path))).hexdigest()}"
            for name, path in sorted(files.items())
        }

    def problems(self) -> tuple[Problem, ...]:
        """Read everything; give every problem of every file that has any."""
        found: list[Problem] = []
        for name in (*self.ids(), *self._older_files):
            try:
                self.profile(name)
            except KitError as error:
                told = error.problems or (Problem(error.code, error.where, error.args_),)
                found += [each for each in told if each not in found]
        return tuple(found)

    def _found(self, name: str, files: dict[str, Path], code: str) -> Path:
        if name in files:
            return files[name]
        near = nearest(name, files)
        if near is None:
            raise KitError(code, name=name[:60])
        code = f"{code}_near"
        raise KitError(code, name=name[:60], nearest=near)

    def _file(self, name: str) -> Authored:
        if name not in self._authored:
            path = {**self._profile_files, **self._older_files}[name]
            self._authored[name] = blamed(lambda: read_profile_file(path, self.name_of(path)))
        return self._authored[name]

    def _probes(self, name: str) -> Shared:
        if name not in self._shared:
            path = self._probe_files[name]
            self._shared[name] = blamed(lambda: read_probes_file(path, self.name_of(path)))
        return self._shared[name]

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(
            profile=self._included,
            probes=self._used,
            tables=frozenset(self._table_files),
            schemas=frozenset(self._schema_files),
        )

    def _included(
        self, reference: str, problems: Problems, path: tuple[str | int, ...]
    ) -> Authored | None:
        name, _, version = reference.partition("@")
        if name not in self._profile_files:
            problems.unknown("load.unknown_profile", path, name, self._profile_files)
            return None
        found = self._file(name)
        if version and version != found.file.version:
            problems.add(
                "load.other_version", path, name=name, wanted=version, found=found.file.version
            )
        return found

    def _used(self, name: str, problems: Problems, path: tuple[str | int, ...]) -> Shared | None:
        if name not in self._probe_files:
            problems.unknown("load.unknown_probe_file", path, name, self._probe_files)
            return None
        return self._probes(name)
