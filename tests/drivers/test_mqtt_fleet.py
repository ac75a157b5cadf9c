"""Two thousand devices at once: none is refused, none waits in vain, nothing they say is lost."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from drivers.mqtt_world import Watched

FLEET = Path(__file__).parents[1] / "helpers" / "fleet.py"
DEVICES, MESSAGES = 2_000, 2


def test_two_thousand_devices_are_served_in_one_process():
    with Watched(seconds=300, wait=60.0) as watched:
        watched.dial().close()
        command = [sys.executable, str(FLEET), str(watched.port), str(DEVICES), str(MESSAGES), "1"]
        done = subprocess.run(command, capture_output=True, timeout=240, check=False)
        watched.cancelled = True
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["answered"] == DEVICES * (1 + MESSAGES)
    kinds = Counter(watched.kinds())
    assert kinds == {"connect": DEVICES, "publish": DEVICES * MESSAGES, "disconnect": DEVICES}
    assert Counter(watched.kinds("kit")) == {"connack": DEVICES, "puback": DEVICES * MESSAGES}
    closed = Counter(each["why"] for each in watched.notes("closed"))
    assert closed == {"disconnect": DEVICES, "left": 1}
