"""An append-only log of issued statements (RFC 6962), kept in SQLite, with signed tree heads.

A leaf is the canonical JSON of a log entry.  The laboratory's running numbers are given here, one
a plan, and never twice.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cqsc_conform.errors import Blame, KitError
from cqsc_conform.formats.canonical import canonical
from cqsc_conform.formats.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from cqsc_conform.model.codec import encode_readable, to_builtins
from cqsc_conform.model.trust import (
    TREE_HEAD_PAYLOAD,
    Consistency,
    LogEntry,
    LogProof,
    TreeHead,
)
from cqsc_conform.model.world import rfc3339
from cqsc_conform.trust.keys import Key, signer_of
from cqsc_conform.trust.signing import Signed, open_payload, sign_payload

__all__ = ["Log", "open_head", "open_log", "verify_grown", "verify_logged"]

_TABLES = """
CREATE TABLE log (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL) STRICT;
CREATE TABLE entry (
  place INTEGER PRIMARY KEY, number TEXT NOT NULL, kind TEXT NOT NULL,
  sha256 TEXT NOT NULL UNIQUE, at TEXT NOT NULL, leaf BLOB NOT NULL
) STRICT;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER entry_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TABLE head (size INTEGER NOT NULL, root TEXT NOT NULL, envelope BLOB NOT NULL) STRICT;
PRAGMA user_version = 1;
"""
_VERSION = 1


@contextmanager
def open_log(path: Path, *, name: str | None = None) -> Iterator["Log"]:
    """Open a log; with a ``name`` one is made where none is.

    :raises KitError: ``log.missing``, ``log.not_a_log``, ``log.other_name``, ``log.trouble``.
    """
    if not path.exists() and name is None:
        raise KitError("log.missing", Blame.YOU, where=str(path))
    try:
        database = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            yield Log(database, path, name)
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        code = "log.trouble" if isinstance(error, sqlite3.OperationalError) else "log.not_a_log"
        raise KitError(code, Blame.YOU, where=str(path), why=error) from error


class Log:
    """An opened log."""

    def __init__(self, database: sqlite3.Connection, path: Path, name: str | None) -> None:
        self._database = database
        self._path = path
        with self._alone():
            version = database.execute("PRAGMA user_version").fetchone()[0]
            empty = not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if version == 0 and empty and name is not None:
                for statement in _statements(_TABLES):
                    database.execute(statement)
                database.execute("INSERT INTO log VALUES (1, ?)", (name,))
            elif version != _VERSION:
                raise KitError("log.not_a_log", Blame.YOU, where=str(path), why=str(version))
        self.name: str = database.execute("SELECT name FROM log").fetchone()[0]
        if name not in {None, self.name}:
            raise KitError("log.other_name", Blame.YOU, where=str(path), name=self.name)

    def append(self, kind: str, sha256: str, at: datetime, number: str | None = None) -> LogEntry:
        """Append a statement by the SHA-256 of its envelope's bytes.

        Without a number it gets the laboratory's next one.  One that stands there already stays
        as it is.

        :raises KitError: ``log.number_taken`` when a plan would take another plan's number.
        """
        with self._alone():
            there = self._find("sha256", sha256)
            if there is not None:
                return there
            place = self.size
            chosen = number or f"{at.year}-{self._plans(at) + 1:05d}"
            taken = self._database.execute(
                "SELECT 1 FROM entry WHERE number = ? AND kind = ?", (chosen, kind)
            ).fetchone()
            if kind == "plan" and taken:
                raise KitError("log.number_taken", Blame.YOU, number=chosen)
            entry = LogEntry(place, chosen, kind, sha256, rfc3339(at))
            leaf = canonical(to_builtins(entry))
            self._database.execute(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
                (place, chosen, kind, sha256, entry.at, leaf),
            )
        return entry

    @property
    def size(self) -> int:
        """Count the entries."""
        return int(self._database.execute("SELECT count(*) FROM entry").fetchone()[0])

    def next_number(self, at: datetime) -> str:
        """Give the running number that the next plan of the year would get."""
        return f"{at.year}-{self._plans(at) + 1:05d}"

    def entries(self) -> tuple[LogEntry, ...]:
        """List the entries in their order."""
        rows = self._database.execute(
            "SELECT place, number, kind, sha256, at FROM entry ORDER BY place"
        )
        return tuple(LogEntry(*row) for row in rows)

    def head(self, keys: Sequence[Key], at: datetime) -> bytes:
        """Sign a tree head over all entries and keep it; gives its envelope.

        :raises KitError: ``log.empty``, what ``sign_payload`` raises.
        """
        leaves = self._leaves()
        if not leaves:
            raise KitError("log.empty", Blame.YOU, where=str(self._path))
        signer = signer_of([each.card for each in keys])
        head = TreeHead(
            schema="cqsc-tree-head/1",
            log=self.name,
            size=len(leaves),
            root=root_of(leaves).hex(),
            at=rfc3339(at),
            signer=signer,
        )
        envelope = sign_payload(TREE_HEAD_PAYLOAD, head, signer, keys)
        self._database.execute(
            "INSERT INTO head VALUES (?, ?, ?)", (head.size, head.root, envelope)
        )
        return envelope

    def prove(self, sha256: str, head: bytes) -> LogProof:
        """Prove that a statement stands in the log that a tree head describes.

        :raises KitError: ``log.not_there``, ``trust.log_head``.
        """
        opened = self._held(head)
        entry = self._find("sha256", sha256)
        if entry is None or entry.index >= opened.value.size:
            raise KitError("log.not_there", Blame.YOU, where=str(self._path), sha256=sha256)
        path = inclusion_proof(self._leaves()[: opened.value.size], entry.index)
        return LogProof(
            schema="cqsc-log-proof/1",
            entry=entry,
            path=tuple(each.hex() for each in path),
            head=head.decode(),
        )

    def grown(self, earlier: bytes, head: bytes) -> Consistency:
        """Prove that the log only grew between two tree heads.

        :raises KitError: ``trust.log_head``.
        """
        old, new = self._held(earlier).value, self._held(head).value
        if old.size > new.size:
            raise KitError("trust.log_head", Blame.YOU, where=str(self._path))
        path = consistency_proof(self._leaves()[: new.size], old.size)
        return Consistency(
            schema="cqsc-log-consistency/1",
            earlier=earlier.decode(),
            head=head.decode(),
            path=tuple(each.hex() for each in path),
        )

    def check(self) -> int:
        """Recompute every leaf and hold every kept head against the entries; counts the heads.

        :raises KitError: ``trust.log_altered``, and what ``open_head`` raises.
        """
        leaves = self._leaves()
        for place, entry in enumerate(self.entries()):
            if entry.index != place or leaf_hash(canonical(to_builtins(entry))) != leaves[place]:
                raise KitError("trust.log_altered", Blame.YOU, where=f"{self._path}: {place}")
        heads = self._database.execute("SELECT size, root, envelope FROM head").fetchall()
        for size, root, envelope in heads:
            head = self._held(envelope).value
            if (head.size, head.root) != (size, root):
                raise KitError("trust.log_altered", Blame.YOU, where=str(self._path))
        return len(heads)

    def _held(self, head: bytes) -> Signed[TreeHead]:
        """Open a tree head and hold it against the entries."""
        opened = open_head(head, str(self._path))
        leaves = self._leaves()[: opened.value.size]
        same = len(leaves) == opened.value.size and root_of(leaves).hex() == opened.value.root
        if opened.value.log != self.name or not same:
            raise KitError("trust.log_head", Blame.YOU, where=str(self._path))
        return opened

    def _leaves(self) -> list[bytes]:
        rows = self._database.execute("SELECT leaf FROM entry ORDER BY place")
        return [leaf_hash(row[0]) for row in rows]

    def _plans(self, at: datetime) -> int:
        """Count the plans of a year, which its running numbers follow."""
        row = self._database.execute(
            "SELECT count(*) FROM entry WHERE kind = 'plan' AND at LIKE ?", (f"{at.year}-%",)
        ).fetchone()
        return int(row[0])

    def _find(self, column: str, value: str) -> LogEntry | None:
        assert column == "sha256"  # noqa: S101 - names of columns are never data
        row = self._database.execute(
            "SELECT place, number, kind, sha256, at FROM entry WHERE sha256 = ?", (value,)
        ).fetchone()
        return None if row is None else LogEntry(*row)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Write alone: what was read stands until it is written."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def open_head(data: bytes, where: str) -> Signed[TreeHead]:
    """Read a tree head and verify its signatures; raises as ``open_payload`` does."""
    return open_payload(data, where, TREE_HEAD_PAYLOAD, TreeHead)


def verify_logged(proof: LogProof, sha256: str, where: str) -> Signed[TreeHead]:
    """Verify that a statement stands in a log; gives the head that says so.

    :raises KitError: ``trust.log_other`` (the proof is of another statement),
        ``trust.log_proof`` (the path leads elsewhere), and what ``open_head`` raises.
    """
    if proof.entry.sha256 != sha256:
        raise KitError("trust.log_other", Blame.YOU, where=where)
    head = open_head(proof.head.encode(), where)
    leaf = leaf_hash(canonical(to_builtins(proof.entry)))
    path, root = _hashes((*proof.path, head.value.root), where)
    if not verify_inclusion(leaf, proof.entry.index, head.value.size, path, root):
        raise KitError("trust.log_proof", Blame.YOU, where=where)
    return head


def verify_grown(proof: Consistency, where: str) -> tuple[Signed[TreeHead], Signed[TreeHead]]:
    """Verify that a log only grew between two heads; gives both.

    :raises KitError: ``trust.log_grown``, and what ``open_head`` raises.
    """
    earlier = open_head(proof.earlier.encode(), where)
    head = open_head(proof.head.encode(), where)
    old, new = earlier.value, head.value
    path, old_root = _hashes((*proof.path, old.root), where)
    _, new_root = _hashes((new.root,), where)
    same = old.log == new.log
    if not same or not verify_consistency(old.size, new.size, path, old_root, new_root):
        raise KitError("trust.log_grown", Blame.YOU, where=where)
    return earlier, head


def encode_proof(proof: LogProof | Consistency) -> bytes:
    """Write a proof in its one spelling."""
    return encode_readable(proof)


def _hashes(texts: Sequence[str], where: str) -> tuple[tuple[bytes, ...], bytes]:
    try:
        raw = tuple(bytes.fromhex(each) for each in texts)
    except ValueError as error:
        raise KitError("trust.log_proof", Blame.YOU, where=where) from error
    if any(len(each) != 32 for each in raw):  # noqa: PLR2004 - SHA-256
        raise KitError("trust.log_proof", Blame.YOU, where=where)
    return raw[:-1], raw[-1]


def _statements(script: str) -> list[str]:
    """Split a script whose triggers hold semicolons: a statement ends with a line."""
    found: list[str] = [""]
    for line in script.strip().splitlines():
        found[-1] += line + "\n"
        if line.endswith(";"):
            found.append("")
    return [each for each in found if each.strip()]
