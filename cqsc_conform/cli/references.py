"""The reference targets as processes: started, found by their first line, stopped."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import click

from cqsc_conform.cli.say import messages
from cqsc_conform.errors import Blame, KitError
from cqsc_conform.reference.mutants import AREAS
from cqsc_conform.resources import reference_targets_root

PUBLISHED = {
    "CQSC_REFERENCE_TOKEN": "reference-token",
    "CQSC_REFERENCE_SECRET": "reference-secret",
    "CQSC_REFERENCE_LIMITED": "reference-limited-token",
    "CQSC_REFERENCE_KEY": "reference-key",
    "CQSC_REFERENCE_APP_KEY": "reference-app-key",
    "CQSC_REFERENCE_METERED": "reference-metered-secret",
    "CQSC_REFERENCE_REVOKED": "reference-revoked-secret",
    "CQSC_SECOND_GATEWAY_SECRET": "second-gateway-secret",
    "CQSC_SECOND_GATEWAY_METERED": "second-metered-secret",
    "CQSC_SECOND_GATEWAY_REVOKED": "second-revoked-secret",
}
"""Credentials of the references: published, and worth nothing anywhere else."""

_PLACE = "http://127.0.0.1:8080"
_TLS_PLACE = "https://127.0.0.1:8443"
_TLS_CA = "tls/ca.pem"
DEVICE_SCALE = 0.01
"""How long a nominal second of the reference devices takes; their target files say so too."""

_BROKER = "mqtt://127.0.0.1:1883"
_SYSTEM = ("api", "device", "tls")
"""The areas whose references make up the system of the demo."""


def api_command(mutant: str | None, listen: str, *, second: bool = False) -> list[str]:
    """Give the command that serves a reference catalogue API."""
    return _serving("catalog_api", "api", mutant, listen, second=second)


def core_command(mutant: str | None, listen: str, *, second: bool = False) -> list[str]:
    """Give the command that serves a reference data API."""
    return _serving("core_api", "core", mutant, listen, second=second)


def exchange_command(mutant: str | None, listen: str, *, second: bool = False) -> list[str]:
    """Give the command that serves a reference exchange API."""
    return _serving("exchange_api", "exchange", mutant, listen, second=second)


def data_command(listen: str) -> list[str]:
    """Give the command that serves data interface, catalogue and exchange at one address."""
    return _command("data_api", None, listen)


def _serving(name: str, area: str, mutant: str | None, listen: str, *, second: bool) -> list[str]:
    _demand_known(mutant, area)
    return _command(name + ("_b" if second else ""), mutant, listen)


def _command(name: str, mutant: str | None, listen: str) -> list[str]:
    host, _, port = listen.rpartition(":")
    command = [sys.executable, "-m", "cqsc_conform.reference", name]
    command += ["--host", host or "127.0.0.1", "--port", port]
    return command + (["--mutant", mutant] if mutant else [])


def device_command(
    mutant: str | None,
    connect: str,
    scale: float,
    *,
    second: bool = False,
    firmware: str | None = None,
) -> list[str]:
    """Give the command that lets a reference device connect to an MQTT server."""
    _demand_known(mutant, "device")
    name = "device_b" if second else "device"
    command = [sys.executable, "-m", "cqsc_conform.reference", name]
    command += ["--connect", connect, "--scale", str(scale)]
    command += ["--firmware", firmware] if firmware else []
    return command + (["--mutant", mutant] if mutant else [])


def tls_command(
    mutant: str | None, listen: str, folder: Path | None, *, second: bool = False
) -> list[str]:
    """Give the command that serves a TLS endpoint; its certificates go to ``folder``."""
    _demand_known(mutant, "tls")
    host, _, port = listen.rpartition(":")
    name = "tls_endpoint_b" if second else "tls_endpoint"
    command = [sys.executable, "-m", "cqsc_conform.reference", name]
    command += ["--host", host or "127.0.0.1", "--port", port]
    command += ["--folder", str(folder)] if folder else []
    return command + (["--mutant", mutant] if mutant else [])


def _demand_known(mutant: str | None, area: str) -> None:
    known = {each.id for each in AREAS[area]}
    if mutant is not None and mutant not in known:
        near = sorted(each for each in known if each.startswith(mutant)) or sorted(known)
        raise KitError("cli.unknown_mutant", mutant=mutant, known=", ".join(near[:8]))


@contextmanager
def _process(command: list[str]) -> Iterator[bytes]:
    """Run a reference; gives the line that it begins with, stops it in the end."""
    process = subprocess.Popen(  # noqa: S603 - our own
        [*command, "--die-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise KitError("cli.reference_silent", Blame.KIT, command=" ".join(command[3:]))
        yield line
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def running_api(mutant: str | None = None, *, second: bool = False) -> Iterator[str]:
    """Run a reference API on a free port of loopback; gives its URL, stops it in the end."""
    with _process(api_command(mutant, "127.0.0.1:0", second=second)) as line:
        yield str(json.loads(line)["listening"])


@contextmanager
def running_tls(mutant: str | None = None, *, second: bool = False) -> Iterator[dict[str, str]]:
    """Run a TLS endpoint on a free port of loopback; gives its URL and its CA's file."""
    name = "tls_endpoint_b" if second else "tls_endpoint"
    command = [sys.executable, "-m", "cqsc_conform.reference", name]
    with _process(command + (["--mutant", mutant] if mutant else [])) as line:
        yield json.loads(line)


def _free_broker() -> str:
    """Find an address of loopback where the kit can be a device's server."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"mqtt://127.0.0.1:{found.getsockname()[1]}"


@contextmanager
def running_device(
    folder: Path,
    mutant: str | None = None,
    *,
    second: bool = False,
    firmware: str | None = None,
) -> Iterator[Path]:
    """Run a reference device towards a free port of loopback; gives its target file.

    The device tries to connect until the kit, as its server, listens there.
    """
    url = _free_broker()
    name = "device_b.yaml" if second else "device.yaml"
    text = (reference_targets_root() / name).read_text(encoding="utf-8")
    path = folder / name
    path.write_text(text.replace(_BROKER, url), encoding="utf-8")
    command = device_command(mutant, url, DEVICE_SCALE, second=second, firmware=firmware)
    with _process(command):
        yield path


def write_target(
    folder: Path, url: str, *, second: bool = False, name: str = "catalog_api"
) -> Path:
    """Write the target file of a running reference; all that a run knows of it."""
    name += "_b.yaml" if second else ".yaml"
    text = (reference_targets_root() / name).read_text(encoding="utf-8")
    path = folder / name
    path.write_text(text.replace(_PLACE, url), encoding="utf-8")
    for key, value in PUBLISHED.items():
        os.environ.setdefault(key, value)
    return path


def write_tls_target(folder: Path, said: Mapping[str, str], *, second: bool = False) -> Path:
    """Write the target file of a running TLS endpoint."""
    name = "tls_endpoint_b.yaml" if second else "tls_endpoint.yaml"
    text = (reference_targets_root() / name).read_text(encoding="utf-8")
    path = folder / name
    text = text.replace(_TLS_PLACE, said["listening"]).replace(_TLS_CA, said["ca"])
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def running_system(folder: Path, mutant: str | None = None) -> Iterator[tuple[Path, list[str]]]:
    """Run API, TLS endpoint and device; gives the target file of all three, and their addresses.

    A mutant of any area makes its own part wrong; the others conform.
    """
    area = _area_of(mutant)
    wrong = {name: mutant if name == area else None for name in _SYSTEM}
    broker = _free_broker()
    device = device_command(wrong["device"], broker, DEVICE_SCALE)
    with running_api(wrong["api"]) as api, running_tls(wrong["tls"]) as tls, _process(device):
        text = (reference_targets_root() / "demo.yaml").read_text(encoding="utf-8")
        for there, here in (
            (_PLACE, api),
            (_BROKER, broker),
            (_TLS_PLACE, tls["listening"]),
            (_TLS_CA, tls["ca"]),
        ):
            text = text.replace(there, here)
        path = folder / "demo.yaml"
        path.write_text(text, encoding="utf-8")
        for key, value in PUBLISHED.items():
            os.environ.setdefault(key, value)
        yield path, [api, tls["listening"], broker]


def _area_of(mutant: str | None) -> str | None:
    """Find whose mutant it is; one that nobody knows is told with its neighbours."""
    if mutant is None:
        return None
    areas = {area: {each.id for each in AREAS[area]} for area in _SYSTEM}
    for area, mutants in areas.items():
        if mutant in mutants:
            return area
    known = sorted(each for mutants in areas.values() for each in mutants)
    near = [each for each in known if each.startswith(mutant.partition(".")[0])] or known
    raise KitError("cli.unknown_mutant", mutant=mutant, known=", ".join(near[:8]))


@contextmanager
def _transport(folder: Path, mutant: str | None) -> Iterator[Path]:
    with running_tls(mutant) as said:
        yield write_tls_target(folder, said)


@contextmanager
def _catalogue(folder: Path, mutant: str | None) -> Iterator[Path]:
    with running_api(mutant) as url:
        yield write_target(folder, url)


EVENTS_SCALE = 0.01
"""How long a nominal second of the reference event APIs takes; their target files say so too."""


def events_command(mutant: str | None, listen: str, *, second: bool = False) -> list[str]:
    """Give the command that serves a reference event API."""
    command = _serving("events_api", "events", mutant, listen, second=second)
    return [*command, "--scale", str(EVENTS_SCALE)]


@contextmanager
def running_events(mutant: str | None = None, *, second: bool = False) -> Iterator[str]:
    """Run a reference event API on a free port of loopback; gives its URL."""
    with _process(events_command(mutant, "127.0.0.1:0", second=second)) as line:
        yield str(json.loads(line)["listening"])


@contextmanager
def _events(folder: Path, mutant: str | None) -> Iterator[Path]:
    with running_events(mutant) as url:
        yield write_target(folder, url, name="events_api")


@contextmanager
def running_core(mutant: str | None = None, *, second: bool = False) -> Iterator[str]:
    """Run a reference data API on a free port of loopback; gives its URL."""
    command = core_command(mutant, "127.0.0.1:0", second=second)
    with _process(command) as line:
        yield str(json.loads(line)["listening"])


@contextmanager
def _core(folder: Path, mutant: str | None) -> Iterator[Path]:
    with running_core(mutant) as url:
        yield write_target(folder, url, name="core_api")


@contextmanager
def running_exchange(
    folder: Path, mutant: str | None = None, *, second: bool = False
) -> Iterator[Path]:
    """Run a reference exchange API on a free port of loopback; gives its target file."""
    with _process(exchange_command(mutant, "127.0.0.1:0", second=second)) as line:
        url = str(json.loads(line)["listening"])
        yield write_target(folder, url, second=second, name="exchange_api")


@contextmanager
def running_data(folder: Path) -> Iterator[Path]:
    """Run the reference of all data interfaces on a free port; gives its target file."""
    with _process(data_command("127.0.0.1:0")) as line:
        yield write_target(folder, str(json.loads(line)["listening"]), name="data_api")


@contextmanager
def _device(folder: Path, mutant: str | None) -> Iterator[Path]:
    with running_device(folder, mutant) as path:
        yield path


class ServingCommand(Protocol):
    """Gives the command line that serves a reference, or its second one, or a mutant."""

    def __call__(self, mutant: str | None, listen: str, *, second: bool = False) -> list[str]:
        """Give it for an address to listen at."""


SERVING: Mapping[str, ServingCommand] = {
    "core": core_command,
    "events": events_command,
    "exchange": exchange_command,
}
"""How the references that serve HTTP and are no part of the demo are served, by area."""

Running = Callable[[Path, str | None], AbstractContextManager[Path]]
"""Runs a reference, conforming or as a mutant, and gives its target file in a folder."""


class Reference(NamedTuple):
    """The reference of a profile: how it is run, and the modules that serve it and its mutants."""

    run: Running
    modules: tuple[str, ...]


@contextmanager
def running_gateway(
    folder: Path, mutant: str | None = None, *, second: bool = False
) -> Iterator[Path]:
    """Run a reference gateway on a free port of loopback; gives its target file."""
    command = _serving("gateway_api", "gateway", mutant, "127.0.0.1:0", second=second)
    with _process(command) as line:
        url = str(json.loads(line)["listening"])
        yield write_target(folder, url, second=second, name="gateway_api")


REFERENCES: Mapping[str, Reference] = {
    "di-catalog": Reference(_catalogue, ("serve", "catalog_api")),
    "di-core": Reference(_core, ("serve", "core_api")),
    "di-exchange": Reference(running_exchange, ("serve", "exchange_api")),
    "di-events": Reference(_events, ("serve", "events_api", "mutants.events")),
    "di-gateway": Reference(running_gateway, ("serve", "gateway_api")),
    "iot-telemetry": Reference(_device, ("device", "mutants.telemetry")),
    "sec-transport": Reference(_transport, ("serve_tls", "mutants.transport")),
}
"""The reference of each profile."""


def show_mutants(area: str) -> int:
    """List the mutants of a reference: which requirement each breaks, and how."""
    lang = messages().lang
    for each in AREAS[area]:
        said = each.description.zh if lang == "zh" else each.description.en
        click.echo(f"{each.id:<32} {said}")
    return 0
