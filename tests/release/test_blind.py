"""Blind rounds: the seed chooses, nothing tells, and findings are scored rightly."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cli.kit import COMMAND, environment
from cli.within import within
from cqsc_conform.cli.blind import broken_in, read_seed
from cqsc_conform.cli.references import api_command, device_command, tls_command
from cqsc_conform.errors import KitError
from cqsc_conform.reference.mutants import AREAS
from cqsc_conform.release.blind import Broken, Found, chosen, round_id, score, score_round

SEED = "a seed that nobody guesses"
MUTANTS = (Broken("A-1.x", "A-1"), Broken("A-2.x", "A-2", ("A-3",)))


def test_a_seed_always_chooses_the_same_and_another_something_else():
    api = broken_in("api")
    row = [chosen(SEED, "api", number, api) for number in range(1, 201)]
    assert row == [chosen(SEED, "api", number, api[::-1]) for number in range(1, 201)]
    assert row != [chosen(SEED + "2", "api", number, api) for number in range(1, 201)]
    conforming = row.count(None)
    assert 20 < conforming < 90
    assert len({each.id for each in row if each is not None}) > 30


def test_a_round_s_name_is_its_own_and_depends_on_what_can_be_chosen():
    api = broken_in("api")
    names = {round_id(SEED, area, n, api) for area in ("api", "tls") for n in range(1, 101)}
    assert len(names) == 200
    assert round_id(SEED, "api", 1, api) != round_id(SEED, "api", 1, api[1:])


@pytest.mark.parametrize(
    ("served", "failing", "judged", "result", "alarms"),
    [
        (MUTANTS[0], {"A-1"}, None, "hit", ()),
        (MUTANTS[1], {"A-2", "A-3"}, None, "hit", ()),
        (MUTANTS[0], {"A-1", "A-3"}, None, "hit", ("A-3",)),
        (MUTANTS[0], set(), None, "miss", ()),
        (MUTANTS[1], {"A-3"}, None, "miss", ()),
        (MUTANTS[0], set(), {"A-1", "A-2"}, "miss", ()),
        (MUTANTS[0], set(), {"A-2"}, "unseen", ()),
        (None, set(), None, "clean", ()),
        (None, {"A-1"}, None, "alarm", ("A-1",)),
    ],
)
def test_findings_are_held_against_what_was_served(served, failing, judged, result, alarms):
    looked = None if judged is None else frozenset(judged)
    found = score_round(Found("r", frozenset(failing), looked), "api", 1, served)
    assert (found.result, found.false_alarms) == (result, alarms)


def test_a_laboratory_is_scored_over_its_rounds():
    found = []
    for number in range(1, 41):
        served = chosen(SEED, "api", number, MUTANTS)
        failing = frozenset({served.kills}) if served and number % 2 else frozenset()
        found.append(Found(round_id(SEED, "api", number, MUTANTS), failing))
    lab, unknown = score(SEED, {"api": MUTANTS}, "lab", [*found, Found("00", frozenset())])
    assert unknown == ("00",)
    assert lab.hits + lab.misses + lab.clean == 40
    assert lab.false_alarms == lab.unseen == 0
    assert lab.hits
    assert lab.misses
    assert not lab.faultless


@pytest.mark.parametrize(
    ("area", "command"),
    [
        ("api", api_command(None, "127.0.0.1:0")),
        ("tls", tls_command(None, "127.0.0.1:0", None)),
        ("device", device_command(None, "mqtt://127.0.0.1:9", 1.0)),
    ],
)
def test_a_reference_does_not_say_what_it_was_told_to_be(area, command):
    mutant = AREAS[area][-1].id
    process = subprocess.Popen(
        [*command, "--mutant-from-stdin", "--die-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{mutant}\n".encode())
    process.stdin.flush()
    first = process.stdout.readline()
    assert json.loads(first)["mutant"] is None
    shown = b""
    if sys.platform == "linux":
        proc = Path(f"/proc/{process.pid}")
        shown = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    # Its standard input closes: it ends by itself.
    out, err = process.communicate(timeout=60)
    assert mutant.encode() not in first + out + err + shown


def test_rounds_follow_one_another_and_only_their_ids_are_said(tmp_path):
    seed = tmp_path / "seed"
    seed.write_text(SEED, encoding="utf-8")
    seed.chmod(0o600)
    process = subprocess.Popen(
        [*COMMAND, "mock", "api", "--listen", "127.0.0.1:0", "--blind", f"file:{seed}",
         "--rounds", "2", "--lang", "en"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    told = []
    for number in (1, 2):
        told.append(process.stdout.readline().strip())
        line = process.stderr.readline()
        assert line.startswith(f"Round {number} (up to 2): http://127.0.0.1:")
        if number == 1:
            assert "Enter" in process.stderr.readline()
        request = urllib.request.Request(line.rpartition(" ")[2].strip() + "/nothing")  # noqa: S310 - our own
        with pytest.raises(urllib.error.HTTPError) as answered:
            urllib.request.urlopen(request)  # noqa: S310 - our own
        answered.value.close()
        process.stdin.write("\n")
        process.stdin.flush()
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert told == [round_id(SEED, "api", number, broken_in("api")) for number in (1, 2)]
    assert not any(each.id in out + err for each in AREAS["api"])
    findings = tmp_path / "findings.yaml"
    findings.write_text(
        "schema: cqsc-findings/1\nlab: lab A\nrounds:\n"
        + "".join(f"  - {{round: '{each}', failing: []}}\n" for each in told),
        encoding="utf-8",
    )
    done = within("mock", "score", f"file:{seed}", findings, "--json")
    found = json.loads(done.out)["labs"][0]
    assert [row["round"] for row in found["rounds"]] == told
    assert done.code == (1 if found["misses"] else 0)
    other = within("mock", "score", SEED + "2", findings, "--json")
    assert json.loads(other.out)["error"]["code"] == "cli.blind_unknown_round"
    twice = findings.read_text(encoding="utf-8") + f"  - {{round: '{told[0]}', failing: []}}\n"
    findings.write_text(twice, encoding="utf-8")
    done = within("mock", "score", SEED, findings, "--json")
    assert json.loads(done.out)["error"]["code"] == "cli.blind_round_twice"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--blind", "short"), "cli.blind_seed_short"),
        (("--blind", SEED, "--mutant", "DI-CATALOG-001.x"), "cli.usage"),
        (("--blind", SEED, "--list"), "cli.usage"),
        (("--rounds", "2"), "cli.usage"),
        (("--blind", "env:NOT_SET_ANYWHERE"), "http.secret_env"),
    ],
)
def test_blindness_is_asked_for_rightly(words, code):
    done = within("mock", "api", *words)
    assert done.code == 2
    if "--blind" in words and "--mutant" not in words and "--list" not in words:
        with pytest.raises(KitError) as caught:
            read_seed(words[1])
        assert caught.value.code == code
