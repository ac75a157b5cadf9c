"""di-gateway on gateways of other making: each requirement's outcome, and why."""

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.cli.assemble import prepare
from cqsc_conform.cli.references import PUBLISHED, running_gateway
from cqsc_conform.cli.running import observed_and_judged
from cqsc_conform.engine.settle import Choices
from cqsc_conform.model.outcome import Effect
from cqsc_conform.resources import reference_targets_root
from live.gateway import SECRET, gateway
from live.running import EXAMPLES, WHOLE, cqsc, read, target_at

NAME = "signed-gateway"
OLD = "gateway-secret-that-was-revoked"
SECRETS = {"GATEWAY_SECRET": SECRET, "GATEWAY_OLD_SECRET": OLD}
REASONS = {
    "DI-GATEWAY-001": "gateway.refused",
    "DI-GATEWAY-002": "gateway.refused",
    "DI-GATEWAY-003": "gateway.refused",
    "DI-GATEWAY-004": "gateway.refused",
    "DI-GATEWAY-005": "gateway.all_refused",
    "DI-GATEWAY-006": "gateway.refused",
    "DI-GATEWAY-007": "gateway.refused",
    "DI-GATEWAY-008": "gateway.all_refused",
    "DI-GATEWAY-009": "gateway.refused",
    "DI-GATEWAY-010": "signs_query",
    "DI-GATEWAY-011": "gateway.all_refused",
    "DI-GATEWAY-012": "secret_refresh",
    "DI-GATEWAY-013": "quota",
    "DI-GATEWAY-014": "gateway.codes_agree",
    "DI-GATEWAY-015": "audit_id",
    "DI-GATEWAY-016": "gateway.tells_nothing",
}


def run(folder, *words, careless=False, target=None, **environment):
    with gateway(careless=careless) as (url, _):
        path = target_at(f"examples/targets/{NAME}.yaml", url, folder)
        if target:
            path.write_text(target(path.read_text("utf-8")), "utf-8")
        said = cqsc("run", path, *WHOLE, *words, "-o", folder / "run", **SECRETS | environment)
    return said, {row["id"]: row for row in read(folder / "run" / "report.json")["requirements"]}


def test_each_requirement_comes_out_as_expected_and_for_its_reason(tmp_path):
    said, rows = run(tmp_path, "--expect", EXAMPLES / "expect" / f"{NAME}.yaml")
    assert said.code == 0, said.out
    for id_, wanted in REASONS.items():
        why = rows[id_]["reason"]
        assert wanted == why["code"] or f"({wanted})" in why["en"], id_
    no_secret(tmp_path / "run", SECRET, OLD)


def no_secret(folder, *secrets):
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 2
    for path in files:
        data = path.read_bytes()
        assert not [each for each in secrets if each.encode() in data], path


def test_carelessness_is_found_where_it_is_and_nowhere_else(tmp_path):
    said, rows = run(tmp_path, careless=True)
    assert said.code == 1
    failed = {id_: row["reason"]["en"] for id_, row in rows.items() if row["outcome"] == "fail"}
    assert set(failed) == {"DI-GATEWAY-005", "DI-GATEWAY-006", "DI-GATEWAY-007"}
    assert "omit=timestamp" in failed["DI-GATEWAY-005"]
    assert {row["outcome"] for row in rows.values()} == {"fail", "pass", "not_applicable"}


def test_with_a_wrong_secret_nothing_is_concluded(tmp_path):
    said, rows = run(tmp_path, GATEWAY_SECRET="not-the-secret-0")
    assert said.code == 3
    assert {row["outcome"] for row in rows.values()} == {"inconclusive", "not_applicable"}


def test_where_refusals_look_like_grants_nothing_is_concluded(tmp_path):
    def without_mapping(text):
        return text.replace("  pointer: /head/code\n", "")

    said, rows = run(tmp_path, target=without_mapping)
    assert said.code == 3, said.out
    assert "fail" not in {row["outcome"] for row in rows.values()}
    assert rows["DI-GATEWAY-002"]["outcome"] == "inconclusive"


@pytest.mark.parametrize(("second", "not_applicable"), [(False, set()), (True, {"DI-GATEWAY-012"})])
def test_both_references_pass_within_the_budget(second, not_applicable, tmp_path):
    with running_gateway(tmp_path, second=second) as target:
        choices = Choices(level=3, consent=frozenset(Effect))
        setup = prepare(target, ["di-gateway"], choices, Library.open())
        report = observed_and_judged(setup, tmp_path / "run")
    said = {row.id: row.outcome.value for row in report.requirements}
    assert {id_ for id_, each in said.items() if each == "not_applicable"} == not_applicable
    assert {each for id_, each in said.items() if id_ not in not_applicable} == {"pass"}
    assert setup.plan.max_requests <= 60
    no_secret(tmp_path / "run", *PUBLISHED.values())


def test_the_examples_map_what_the_kit_s_own_target_files_map():
    def lines(path):
        said = path.read_text(encoding="utf-8").splitlines()
        return [each for each in said if each.strip() and not each.lstrip().startswith("#")]

    own = reference_targets_root() / "gateway_api.yaml"
    assert lines(EXAMPLES / "targets" / "two-stage-gateway.yaml") == lines(own)
