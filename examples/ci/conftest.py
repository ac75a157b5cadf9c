"""Start the system under test before pytest runs your own tests and the profile's requirements.

先启动被测系统，再运行自己的测试和规范集的要求：
pytest --cqsc-target target.yaml --cqsc-profile di-catalog
"""

import os
import shlex
import socket
import subprocess
import time

import pytest

COMMAND = os.environ.get("CATALOGUE_COMMAND", "./start-catalogue.sh")
ADDRESS = os.environ.get("CATALOGUE_ADDRESS", "127.0.0.1:8080")
SECONDS = 60

started: list[subprocess.Popen[bytes]] = []


def listens() -> bool:
    """Tell whether the system takes connections."""
    host, _, port = ADDRESS.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def pytest_sessionstart() -> None:
    """Start the system, and wait until it listens."""
    started.append(subprocess.Popen(shlex.split(COMMAND)))
    deadline = time.monotonic() + SECONDS
    while not listens():
        if started[0].poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"{COMMAND}: {ADDRESS}", returncode=4)
        time.sleep(0.2)


def pytest_sessionfinish() -> None:
    """Stop it."""
    for each in started:
        each.terminate()
        each.wait()
