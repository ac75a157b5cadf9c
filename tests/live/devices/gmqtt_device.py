"""An air quality sensor on gmqtt (MQTT 5.0), with the client's own queue for a link that is down.

    python gmqtt_device.py mqtt://HOST:PORT SCALE [USER PASSWORD]

A nominal second takes SCALE real ones.  Only the pause before a reconnect is shortened with it: the
client's 6 s are a constant.  Topics and messages are those that the profile has for its own.
"""

import asyncio
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import gmqtt

DEVICE = "510107-AQ-0007"
TOPIC = f"cqsc/510107/{DEVICE}"


def state(word: str) -> gmqtt.Message:
    said = {"device": DEVICE, "state": word, "time": round(time.time() * 1000)}
    return gmqtt.Message(f"{TOPIC}/status", said, qos=1)


def sample(number: int, at: float) -> gmqtt.Message:
    said = {
        "id": f"{DEVICE}/{number}",
        "device": DEVICE,
        "time": round(at * 1000),
        "seq": number,
        "readings": [
            {"name": "pm2_5", "value": 31 + number % 7, "unit": "ug/m3", "quality": "good"},
            {"name": "pm10", "value": 54 + number % 9, "unit": "ug/m3", "quality": "good"},
        ],
    }
    return gmqtt.Message(f"{TOPIC}/telemetry", said, qos=1)


async def run(url: str, scale: float, user: str | None, password: str | None) -> None:
    # Without an expiry the session ends with the connection, and the client then drops its queue.
    client = gmqtt.Client(
        DEVICE, clean_session=False, session_expiry_interval=3600, will_message=state("offline")
    )
    client.set_config({"reconnect_delay": 6 * min(1.0, 2 * scale), "reconnect_retries": -1})
    if user is not None:
        client.set_auth_credentials(user, password)

    def connected(_: gmqtt.Client, __: int, ___: int, ____: Any) -> None:
        client.publish(state("online"))

    client.on_connect = connected
    place = urlsplit(url)
    while True:
        try:
            await client.connect(place.hostname, place.port)
            break
        except OSError:
            await asyncio.sleep(0.05)
    asyncio.get_running_loop().create_task(beat(client, 50 * scale))
    begun, number = time.time(), 0
    while True:
        client.publish(sample(number, begun + number * 10 * scale))
        number += 1
        await asyncio.sleep(max(0.0, begun + number * 10 * scale - time.time()))


async def beat(client: gmqtt.Client, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        if client.is_connected:
            client.publish(state("alive"))


def main() -> None:
    url, scale, *login = sys.argv[1:]
    user, password = login or (None, None)
    asyncio.run(run(url, float(scale), user, password))


if __name__ == "__main__":
    main()
