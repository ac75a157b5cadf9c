"""Confirming the software on this machine: demo, kill matrices, and what all of it ran on."""

import getpass
import hashlib
import importlib.metadata
import os
import platform
import re
import ssl
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from cqsc_conform.cli.assemble import KIT, prepare
from cqsc_conform.cli.killing import PACKAGE, committed_matrix, kill_profile
from cqsc_conform.cli.references import REFERENCES, running_system
from cqsc_conform.cli.running import DEFAULT_FORMATS, run_one
from cqsc_conform.cli.say import say
from cqsc_conform.cli.world import SystemClock
from cqsc_conform.engine.settle import Choices
from cqsc_conform.errors import KitError
from cqsc_conform.model.codec import encode_readable
from cqsc_conform.model.outcome import Effect
from cqsc_conform.model.qualification import DemoResult, Digests, KillResult, Machine, Qualification
from cqsc_conform.model.text import LANGS
from cqsc_conform.model.world import rfc3339
from cqsc_conform.release.closure import digest_of_files
from cqsc_conform.release.qualify import demo_result, is_qualified, kill_result
from cqsc_conform.reports.build import disclaimer
from cqsc_conform.reports.qualification import qualification_html, qualification_page
from cqsc_conform.resources import profiles_root

__all__ = ["qualify"]

_DISTRIBUTION = "cqsc-conform"
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_WIDTH = 80


def qualify(folder: Path, profiles: Sequence[str], *, every: bool, names: bool) -> Qualification:
    """Run demo and kill matrices, and write the record into a folder.

    :raises KitError: ``cli.qualify_unknown`` and what running raises.
    """
    chosen = tuple(dict.fromkeys(profiles)) or tuple(REFERENCES)
    for name in chosen:
        if name not in REFERENCES:
            raise KitError("cli.qualify_unknown", profile=name, known=", ".join(REFERENCES))
    click.echo(say("cli.qualify.demo"), err=True)
    demo = _demo(folder / "demo")
    kill = tuple(_kill(name, folder / "matrix", every=every) for name in chosen)
    record = Qualification(
        schema="cqsc-qualification/1",
        at=rfc3339(SystemClock().now()),
        kit=KIT,
        qualified=is_qualified(demo, kill),
        everything=all(each.run_here == each.mutants for each in kill),
        demo=demo,
        kill=kill,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        openssl=ssl.OPENSSL_VERSION,
        libraries=_libraries(),
        digests=_digests(),
        machine=_machine(names=names),
        disclaimer=disclaimer(),
    )
    (folder / "qualification.json").write_bytes(encode_readable(record))
    (folder / "qualification.html").write_bytes(qualification_html(record))
    for lang in LANGS:
        text = qualification_page(record, lang, _WIDTH).plain()
        (folder / f"qualification.{lang}.txt").write_text(text, encoding="utf-8")
    return record


def _demo(folder: Path) -> DemoResult:
    with (
        tempfile.TemporaryDirectory(prefix="cqsc-qualify-") as place,
        running_system(Path(place)) as (target, _),
    ):
        choices = Choices(level=2, consent=frozenset({Effect.SAFE, Effect.DISRUPTS}))
        return demo_result(run_one(prepare(target, [], choices), folder, DEFAULT_FORMATS))


def _kill(name: str, folder: Path, *, every: bool) -> KillResult:
    """Kill a profile's mutants; unless all are wanted, rows that the kit brings along stand."""
    click.echo(say("cli.qualify.kill", profile=name), err=True)
    run: list[str] = []

    def progress(mutant: str, fresh: bool) -> None:
        if fresh:
            run.append(mutant)
            click.echo(say("cli.kill.running", mutant=mutant), err=True)

    matrix = kill_profile(
        name,
        every=every,
        chosen=frozenset(),
        out=folder / f"{name}.json",
        kept=committed_matrix(name),
        progress=progress,
    )
    return kill_result(matrix, len(run))


def _libraries() -> dict[str, str | None]:
    """Name the versions of what the kit needs, as far as it is installed."""
    try:
        needed = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        needed = _DEPENDENCIES
    plain = (each for each in needed if "extra ==" not in each)
    names = {found[0] for found in map(_NAME.match, plain) if found is not None}
    return {name: _version(name) for name in sorted(names, key=str.lower)}


_DEPENDENCIES = [
    "click", "cryptography", "hypothesis", "Jinja2", "jsonschema", "jsonschema-rs", "msgspec",
    "paho-mqtt", "polib", "pytest", "PyYAML", "requests", "rfc3161-client", "rfc8785", "rich",
    "starlette", "uvicorn",
]  # fmt: skip
"""What a checkout needs that was not installed, as pyproject.toml says."""


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _digests() -> Digests:
    library = profiles_root()
    return Digests(
        library=f"sha256:{digest_of_files(library, _files(library))}",
        package=f"sha256:{digest_of_files(PACKAGE, _files(PACKAGE))}",
        wheel=_wheel(),
    )


def _files(root: Path) -> list[Path]:
    found = (each for each in root.rglob("*") if each.is_file())
    return sorted(each for each in found if "__pycache__" not in each.parts)


def _wheel() -> str | None:
    """Digest the list of what was installed; it holds a digest of every file."""
    try:
        record = importlib.metadata.distribution(_DISTRIBUTION).read_text("RECORD")
    except importlib.metadata.PackageNotFoundError:
        return None
    return f"sha256:{hashlib.sha256(record.encode()).hexdigest()}" if record else None


def _machine(*, names: bool) -> Machine:
    here = datetime.now().astimezone()
    offset = here.utcoffset()
    return Machine(
        system=platform.system(),
        release=platform.release(),
        architecture=platform.machine(),
        cpu=_cpu(),
        cpus=os.cpu_count() or 1,
        time_zone=here.tzname() or "-",
        utc_offset_minutes=round(offset.total_seconds() / 60) if offset else 0,
        clock=rfc3339(SystemClock().now()),
        clock_resolution_seconds=time.get_clock_info("time").resolution,
        host=platform.node() if names else None,
        user=getpass.getuser() if names else None,
    )


def _cpu() -> str:
    """Name the processor's model, where the system tells it."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
