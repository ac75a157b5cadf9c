"""Many devices in one small process: ``python fleet.py PORT DEVICES MESSAGES SECONDS``.

Each connects, publishes so many messages of QoS 1 over the seconds, waits for the answer to each,
and disconnects.  Prints what was answered and the longest wait, as JSON.
"""

import asyncio
import json
import resource
import sys
import time

HANG = 120.0


def publish(device: int, number: int) -> bytes:
    """Write a PUBLISH of QoS 1, MQTT 3.1.1."""
    name = f"500103-AQ-{device:04}"
    topic = f"cqsc/500103/{name}/telemetry".encode()
    told = {"id": f"m{number}", "device": name, "time": 1, "seq": number, "pad": "x" * 60}
    body = len(topic).to_bytes(2, "big") + topic + (number + 1).to_bytes(2, "big")
    body += json.dumps(told).encode()
    return bytes((0x32, len(body) & 0x7F | 0x80, len(body) >> 7)) + body


async def device(number: int, port: int, messages: int, seconds: float) -> tuple[int, float]:
    """Live one device's life; gives how many answers came and the longest wait for one."""
    await asyncio.sleep(seconds * number / 20_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    name = f"d-{number}".encode()
    head = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
    writer.write(bytes((0x10, len(head))) + head)
    answered, longest = int(await reader.readexactly(4) == b"\x20\x02\x00\x00"), 0.0
    for place in range(messages):
        await asyncio.sleep(seconds / messages)
        began = time.perf_counter()
        writer.write(publish(number, place))
        answered += (await reader.readexactly(4))[0] == 0x40
        longest = max(longest, time.perf_counter() - began)
    writer.write(b"\xe0\x00")
    await reader.read()
    writer.close()
    return answered, longest


async def fleet(port: int, devices: int, messages: int, seconds: float) -> dict[str, float]:
    """Let all live at once."""
    lives = [device(number, port, messages, seconds) for number in range(devices)]
    found = await asyncio.wait_for(asyncio.gather(*lives), HANG + seconds)
    return {"answered": sum(row[0] for row in found), "longest": max(row[1] for row in found)}


if __name__ == "__main__":
    _, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))
    PORT, DEVICES, MESSAGES = map(int, sys.argv[1:4])
    sys.stdout.write(json.dumps(asyncio.run(fleet(PORT, DEVICES, MESSAGES, float(sys.argv[4])))))
