"""Devices on client libraries that other people wrote, watched by the kit from both vantages."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from live.running import EXAMPLES, Said, cqsc
from live.tls_servers import START_SECONDS, free_port, program

HERE = Path(__file__).parent / "devices"
SCALE = 0.025
PASSWORDS = {"observer": "observer-password", "station": "station-password"}

# Started by root it would become somebody who may not read the tests' folder.
MOSQUITTO = """
user root
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
log_dest none
"""
ACL = "user observer\ntopic read #\n\nuser station\ntopic readwrite #\n"


class Device(NamedTuple):
    """A device: how it is started, and the target file that maps it."""

    command: tuple[str, ...]
    target: Path


DEVICES = {
    "mqttjs": Device(
        (shutil.which("node") or "node", str(HERE / "mqttjs.js")),
        EXAMPLES / "targets" / "device-on-broker.yaml",
    ),
    "gmqtt": Device(
        (sys.executable, "-W", "ignore", str(HERE / "gmqtt_device.py")),
        HERE / "gmqtt.target.yaml",
    ),
}


class DeviceRun(NamedTuple):
    """What a run with expectations left."""

    said: Said
    folder: Path


def expected(device: str, vantage: str) -> Path:
    """Find the file of what is expected."""
    if (device, vantage) == ("mqttjs", "observer"):
        return EXAMPLES / "expect" / "device-on-broker.yaml"
    return HERE / "expect" / f"{device}-{vantage}.yaml"


def run_device(name: str, vantage: str, folder: Path) -> DeviceRun:
    """Watch a device as its server, or at a mosquitto that it is connected to."""
    device, port = DEVICES[name], free_port()
    url = f"mqtt://127.0.0.1:{port}"
    endpoint = "device" if vantage == "peer" else "broker"
    text, changed = re.subn(
        r'  broker: \{url: "[^"]+"\}',
        f'  {endpoint}: {{url: "{url}"}}',
        device.target.read_text(encoding="utf-8"),
    )
    assert changed == 1
    target, out = folder / "target.yaml", folder / "run"
    target.write_text(f"{text}time_scale: {SCALE}\n", encoding="utf-8")
    with ExitStack() as running:
        if vantage == "observer":
            running.enter_context(mosquitto(folder, port))
        running.enter_context(_speaking(device, url, folder))
        said = cqsc(
            "run", target, "--level", "3", "--consent", "disrupts", "-o", out,
            "--expect", expected(name, vantage), BROKER_PASSWORD=PASSWORDS["observer"],
        )  # fmt: skip
    return DeviceRun(said, out)


@contextmanager
def mosquitto(folder: Path, port: int) -> Iterator[None]:
    """Run mosquitto with two users, of whom the observer may only read."""
    for number, (user, password) in enumerate(PASSWORDS.items()):
        create = ("-c",) if number == 0 else ()
        file = str(folder / "passwords")
        subprocess.run(
            [program("mosquitto_passwd"), *create, "-b", file, user, password],
            check=True, capture_output=True, timeout=START_SECONDS,
        )  # fmt: skip
    (folder / "acl").write_text(ACL)
    config = folder / "mosquitto.conf"
    config.write_text(MOSQUITTO.format(folder=folder, port=port))
    command = [program("mosquitto"), "-c", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            until = time.monotonic() + START_SECONDS
            while not _listens(port):
                assert process.poll() is None, process.stdout and process.stdout.read()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def _speaking(device: Device, url: str, folder: Path) -> Iterator[None]:
    command = [*device.command, url, str(SCALE), "station", PASSWORDS["station"]]
    with (
        (folder / "device.log").open("wb") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True
