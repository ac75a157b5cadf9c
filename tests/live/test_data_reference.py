"""Three profiles in one run on one system: all is passed within 400 requests, nothing remains."""

import json
import urllib.request

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.references import PUBLISHED, running_data
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.outcome import Effect
from cqsc_conform.resources import reference_targets_root
from live.running import EXAMPLES

PROFILES = ("di-core", "di-catalog", "di-exchange")
MOST_REQUESTS = 400


def url_in(target):
    lines = target.read_text(encoding="utf-8").splitlines()
    return next(line.partition('"')[2].partition('"')[0] for line in lines if "url:" in line)


def listed(url):
    headers = {"Authorization": f"Bearer {PUBLISHED['CQSC_REFERENCE_TOKEN']}"}
    asked = urllib.request.Request(f"{url}/records?limit=50", headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - loopback
        return json.loads(answer.read())["items"]


def test_three_profiles_are_passed_in_one_run_within_their_budget(tmp_path):
    with running_data(tmp_path) as target:
        before = listed(url_in(target))
        setup = prepare(target, [], Choices(level=3, consent=frozenset(Effect)), Library.open())
        report = observed_and_judged(setup, tmp_path / "run")
        after = listed(url_in(target))
    asked = {each.id for name in PROFILES for each in Library.open().profile(name).requirements}
    outcomes = {row.id: row.outcome.value for row in report.requirements}
    assert outcomes.keys() == asked
    untested = {id_ for id_, outcome in outcomes.items() if outcome == "untested"}
    assert untested == {"DI-CATALOG-023"}
    assert {outcome for id_, outcome in outcomes.items() if id_ not in untested} == {"pass"}
    assert report.conclusion.value == "conformant"
    assert report.requests <= MOST_REQUESTS
    assert sum(line.created for line in report.ledger) == 9
    assert not [line for line in report.ledger if line.remaining]
    assert before == after


def test_the_example_says_what_the_kit_s_own_target_file_says():
    def lines(path):
        said = path.read_text(encoding="utf-8").splitlines()
        return [each for each in said if each.strip() and not each.lstrip().startswith("#")]

    own = reference_targets_root() / "data_api.yaml"
    assert lines(EXAMPLES / "targets" / "data-service.yaml") == lines(own)
