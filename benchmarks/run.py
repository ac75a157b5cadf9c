"""Ratios to named floors that do the same useful work: medians of five, in one run.

``python benchmarks/run.py`` prints a table.  All traffic stays on loopback.
"""

import contextlib
import hashlib
import http.client
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cqsc_conform.bundle.commit import verify_record  # noqa: E402 - found through the line above
from cqsc_conform.bundle.open import open_bundle  # noqa: E402
from cqsc_conform.catalog.library import Library  # noqa: E402
from cqsc_conform.cli.assemble import bench_from, prepare  # noqa: E402
from cqsc_conform.cli.finish import report_of  # noqa: E402
from cqsc_conform.cli.references import PUBLISHED, write_target  # noqa: E402
from cqsc_conform.cli.running import run_one  # noqa: E402
from cqsc_conform.engine.plan import Choices  # noqa: E402
from cqsc_conform.formats.strict_json import read_json  # noqa: E402
from cqsc_conform.model.evidence import Record  # noqa: E402

TIMES = 5
THINK_MS = 10
Asked = tuple[str, str, tuple[tuple[str, str], ...], bytes]


def seconds(act: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextlib.contextmanager
def reference(think_ms: float) -> Iterator[str]:
    """Serve the reference API from a process of its own."""
    command = [sys.executable, "-m", "cqsc_conform.reference", "catalog_api", "--die-with-stdin"]
    command += ["--think-ms", str(think_ms)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        yield json.loads(process.stdout.readline())["listening"]
        process.terminate()


def asked(folder: Path) -> list[Asked]:
    """Read off a run what it sent, in order."""
    with open_bundle(folder) as bundle:
        sent = [record.evidence.request for _, record in bundle.records()]
    return [
        (each.method, each.target, each.headers, each.body.data if each.body else b"")
        for each in sent
    ]


def bare(url: str, requests: list[Asked]) -> None:
    """Send the same requests in order by bare http.client and read the answers: the floor."""
    connection = http.client.HTTPConnection(url.partition("//")[2])
    token = f"Bearer {PUBLISHED['CQSC_REFERENCE_TOKEN']}"
    for method, target, headers, body in requests:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, token if name.lower() == "authorization" else value)
        connection.endheaders(body or None)
        connection.getresponse().read()
    connection.close()


def whole_run(think_ms: float) -> tuple[float, float, int, int]:
    """Give run, floor, number of requests, budget: plan to sealed bundle, in one process."""
    with tempfile.TemporaryDirectory() as place, reference(think_ms) as url:
        folder = Path(place)
        target = write_target(folder, url)

        def run(number: int) -> None:
            with contextlib.redirect_stderr(io.StringIO()):
                setup = prepare(target, ["di-catalog"], Choices(level=3))
                run_one(setup, folder / f"run{number}", ())

        run(0)
        requests = asked(folder / "run0")
        bare(url, requests)
        pairs = [
            (seconds(lambda n=number: run(n)), seconds(lambda: bare(url, requests)))  # type: ignore[misc]
            for number in range(1, TIMES + 1)
        ]
        budget = Library.open().profile("di-catalog").request_budget
    kit, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    return kit, floor, len(requests), budget


def read_all(place_of: Path) -> None:
    """Read, hash each file once, decode and validate: the floor of judging."""
    for path in sorted(place_of.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            hashlib.sha256(data).hexdigest()
            if path.suffix == ".json":
                read_json(data, max_bytes=1 << 26)
    for path in (*place_of.glob("evidence/*.ndjson"), place_of / "journal.ndjson"):
        for line in path.read_bytes().splitlines():
            row = msgspec.json.decode(line)
            if path.parent.name == "evidence":
                text = row["evidence"].get("response", {}).get("body", {}).get("text")
                read_json((text or "null").encode())


def read_and_commit(place_of: Path) -> None:
    """Do the same, and check the salted commitment of every leaf."""
    read_all(place_of)
    for path in place_of.glob("evidence/*.ndjson"):
        for line in path.read_bytes().splitlines():
            verify_record(msgspec.json.decode(line, type=Record))


def judge_again() -> tuple[float, float, float]:
    """Give re-judging, and its floors over the same evidence.

    The first reads, hashes each file once, decodes and validates; the second checks the salted
    commitment of every leaf as well, as judging does.
    """
    with tempfile.TemporaryDirectory() as place, reference(0) as url:
        folder = Path(place)
        target = write_target(folder, url)
        with contextlib.redirect_stderr(io.StringIO()):
            run_one(prepare(target, ["di-catalog"], Choices(level=3)), folder / "run", ())
        place_of = folder / "run"

        def again() -> None:
            with open_bundle(place_of) as bundle:
                report_of(bundle.plan, bundle.state, bundle.evidence_of, bench_from(bundle))

        def floors() -> tuple[float, float]:
            return seconds(lambda: read_all(place_of)), seconds(lambda: read_and_commit(place_of))

        again()
        floors()
        rows = [(seconds(again), *floors()) for _ in range(TIMES)]
    kit, base, leaves = (statistics.median(each) for each in zip(*rows, strict=True))
    return kit, base, leaves


def cold_start() -> tuple[float, float]:
    """Give ``--version``, and the interpreter that does nothing."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def start(*words: str) -> float:
        return seconds(
            lambda: subprocess.run(
                [sys.executable, *words], env=env, check=True, stdout=subprocess.DEVNULL
            )
        )

    start("-c", "pass")
    start("-m", "cqsc_conform", "--version")
    pairs = [(start("-m", "cqsc_conform", "--version"), start("-c", "pass")) for _ in range(TIMES)]
    kit, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    return kit, floor


def show(name: str, kit: float, floor_name: str, floor: float, bound: str) -> None:
    """Print one row."""
    print(
        f"| {name} | {kit * 1000:.1f} ms | {floor_name} | {floor * 1000:.1f} ms "
        f"| {kit / floor:.2f} | {bound} |"
    )


def main() -> None:
    """Measure everything once."""
    print("| what | kit | floor | floor time | ratio | bound |\n|---|---|---|---|---|---|")
    kit, floor = cold_start()
    show("cold start of --version", kit, "python -c pass", floor, "<= 2.5")
    kit, floor, sent, budget = whole_run(THINK_MS)
    name = f"whole di-catalog run, {sent} of {budget} requests, {THINK_MS} ms a reply"
    show(name, kit, "the same requests by http.client", floor, "<= 1.25")
    kit, floor, sent, _ = whole_run(0)
    name = f"the same, {sent} requests, replies without delay"
    show(name, kit, "the same requests by http.client", floor, "(told, not bound)")
    kit, floor, leaves = judge_again()
    show("judging again", kit, "read + hash + decode + validate", floor, "<= 2")
    show("judging again", kit, "the same + every salted leaf", leaves, "(told, not bound)")


if __name__ == "__main__":
    main()
