"""Judging opens no file and no socket: a recorded bundle is judged under an audit hook."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.references import running_api, write_target
from cqsc_conform.cli.running import run_one
from cqsc_conform.engine.settle import Choices

JUDGING = textwrap.dedent(
    """
    # Canonical JSON sorts by this codec, which Python loads when it is first met.
    import encodings.utf_16_be
    import sys
    from pathlib import Path

    from cqsc_conform.bundle.open import open_bundle
    from cqsc_conform.cli.assemble import bench_from
    from cqsc_conform.engine.run import judged, recorded
    from cqsc_conform.engine.transfer import carried
    from cqsc_conform.model.codec import encode_readable

    WORLD = ("open", "socket.", "os.", "subprocess.", "shutil.", "tempfile.", "glob.", "import")
    seen = []
    watching = False

    def watch(event, args):
        if watching and event.startswith(WORLD):
            seen.append(f"{event} {args!r}"[:200])

    sys.addaudithook(watch)
    with open_bundle(Path(sys.argv[1])) as bundle:
        plan = bundle.plan
        bench = bench_from(bundle)
        observed = recorded(plan, bundle.state, bundle.evidence_of, carried(plan, plan))
        state = bundle.state
        watching = True
        result = judged(plan, observed, bench, state)
        watching = False
        if len(sys.argv) > 2:
            watching = True
            open(sys.argv[1]).close()
            watching = False
    sys.stdout.write("\\n".join(seen) + "\\0" + encode_readable(result.verdicts).decode())
    """
)


@pytest.fixture(scope="module", params=[False, True], ids=["first", "second"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("judged")
    with running_api(second=request.param) as url:
        target = write_target(place, url, second=request.param)
        run_one(prepare(target, ["di-catalog"], Choices(level=3)), place / "run", ())
    return place / "run.cqsc.zip"


def judged_under_watch(*words: str) -> tuple[list[str], dict[str, object]]:
    here = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", JUDGING, *words],
        env={**os.environ, "PYTHONPATH": str(here)},
        capture_output=True,
        check=True,
        text=True,
    )
    seen, _, verdicts = done.stdout.partition("\0")
    return [each for each in seen.split("\n") if each], json.loads(verdicts)


def test_judging_a_bundle_opens_nothing(bundle):
    seen, verdicts = judged_under_watch(str(bundle))
    assert not seen
    assert verdicts == json.loads((bundle.with_name("run") / "verdicts.json").read_bytes())


def test_the_watch_would_see_it(bundle):
    seen, _ = judged_under_watch(str(bundle), "open")
    assert len(seen) == 1
    assert seen[0].startswith("open ")
