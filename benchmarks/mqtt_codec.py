"""The MQTT codec against a bare decode loop over the same octets: medians of five, in one run.

The floor does the least that is still decoding: it finds the packet's end, its topic as text and
its payload, and keeps them; it checks nothing.  ``python benchmarks/mqtt_codec.py`` prints a table.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from cqsc_conform.formats.mqtt import (
    MQTT_3_1_1,
    MQTT_5,
    Decoder,
    Direction,
    Publish,
    Version,
    encode,
)

TIMES = 5
MESSAGES = 100_000
PACKET = 128
FEW, MANY = 8, 2_000
CHUNK = 1 << 16


def stream(version: Version, qos: int = 0, topics: int = FEW) -> list[bytes]:
    """Make packets of 128 octets each, cut into chunks as a socket gives them."""
    packets = []
    for number in range(MESSAGES):
        topic = f"cq/device-{number % topics:04}/telemetry"
        packet_id = number % 65_535 + 1 if qos else None
        before = 2 + 2 + len(topic) + 2 * bool(qos) + (version == MQTT_5)
        payload = b"x" * (PACKET - before)
        packets.append(encode(Publish(topic, payload, qos, packet_id=packet_id), version))
    whole = b"".join(packets)
    return [whole[at : at + CHUNK] for at in range(0, len(whole), CHUNK)]


def bare(chunks: list[bytes], version: Version, qos: int = 0) -> int:
    """Decode by a loop that trusts everything: the floor."""
    kept, left = [], b""
    behind = 2 * bool(qos) + (version == MQTT_5)
    for chunk in chunks:
        data, at = left + chunk, 0
        size = len(data)
        while size - at > 2:
            length, body = data[at + 1], at + 2
            if length > 127:
                length = length & 127 | data[at + 2] << 7
                body += 1
            stop = body + length
            if stop > size:
                break
            cut = body + 2 + (data[body] << 8 | data[body + 1])
            kept.append((data[body + 2 : cut].decode(), data[cut + behind : stop]))
            at = stop
        left = data[at:]
    return len(kept)


def kit(chunks: list[bytes], version: Version, qos: int = 0) -> int:
    """Decode by the kit, and keep the packets."""
    del qos
    decoder, kept = Decoder(version, Direction.TO_SERVER), []
    for chunk in chunks:
        kept.extend(decoder.feed(chunk))
    return len(kept)


def seconds(act: Callable[[], int]) -> float:
    """Time one call that has to find every message."""
    gc.collect()
    start = time.perf_counter()
    found = act()
    took = time.perf_counter() - start
    if found != MESSAGES:
        sys.exit(f"{found} of {MESSAGES} packets were decoded")
    return took


def codec(version: Version, qos: int, topics: int) -> tuple[float, float]:
    """Give the medians of the kit and of the floor, measured in turn."""
    chunks = stream(version, qos, topics)
    pairs = [
        (seconds(lambda: kit(chunks, version)), seconds(lambda: bare(chunks, version, qos)))
        for _ in range(TIMES)
    ]
    mine, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    return mine, floor


def main() -> None:
    """Measure each version and QoS once."""
    print("| PUBLISH of 128 octets | kit, messages/s | bare loop, messages/s | ratio | bound |")
    print("|---|---|---|---|---|")
    for version, name in ((MQTT_3_1_1, "3.1.1"), (MQTT_5, "5.0")):
        for qos, topics in ((0, FEW), (0, MANY), (1, FEW)):
            mine, floor = codec(version, qos, topics)
            row = f"{name}, QoS {qos}, {topics} topics"
            rates = f"{MESSAGES / mine:,.0f} | {MESSAGES / floor:,.0f}"
            print(f"| {row} | {rates} | {floor / mine:.2f} | >= 0.3 |")


if __name__ == "__main__":
    main()
