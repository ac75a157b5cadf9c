"""The law of the catalogues, over every area that there is."""

import re
from pathlib import Path

import polib
import pytest

from cqsc_conform.model.outcome import Blame, Conclusion, Effect, HoldsFor, Modal, Outcome, Status
from cqsc_conform.reports.messages import FOLDERS, Messages, fields
from cqsc_conform.resources import locales_root

AREAS = sorted({path.stem for path in locales_root().glob("*/*.po")})
OURS = ("engine", "report")
REPORTS = Path(__file__).parents[2] / "cqsc_conform" / "reports"


def entries(folder: str, area: str) -> list[polib.POEntry]:
    return list(polib.pofile((locales_root() / folder / f"{area}.po").read_text("utf-8")))


def sentences(folder: str, area: str) -> dict[str, str]:
    return {entry.msgid: entry.msgstr for entry in entries(folder, area)}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_every_code_with_the_same_fields(area):
    zh, en = (sentences(folder, area) for folder in FOLDERS.values())
    assert {code: fields(said) for code, said in zh.items()} == {
        code: fields(said) for code, said in en.items()
    }


@pytest.mark.parametrize("folder", FOLDERS.values())
@pytest.mark.parametrize("area", AREAS)
def test_every_entry_is_whole(folder, area):
    found = entries(folder, area)
    codes = [entry.msgid for entry in found]
    assert len(codes) == len(set(codes))
    for entry in found:
        assert re.fullmatch(rf"{area}(\.[a-z][a-z0-9_]*)+", entry.msgid), entry.msgid
        assert entry.msgstr.strip(), entry.msgid
        assert not entry.fuzzy, entry.msgid
        assert not entry.obsolete, entry.msgid
        entry.msgstr.encode("gbk")


@pytest.mark.parametrize("area", AREAS)
def test_a_next_step_belongs_to_a_code(area):
    said = sentences("en", area)
    for code in said:
        if code.endswith(".next"):
            assert code.removesuffix(".next") in said


@pytest.mark.parametrize("area", OURS)
def test_a_next_step_uses_the_fields_of_its_code(area):
    said = sentences("en", area)
    for code, sentence in said.items():
        if code.endswith(".next"):
            assert fields(sentence) <= fields(said[code.removesuffix(".next")]), code


@pytest.mark.parametrize("area", AREAS)
def test_braces_hold_nothing_but_fields(area):
    for folder in FOLDERS.values():
        for code, sentence in sentences(folder, area).items():
            bare = re.sub(r"\{[a-z][a-z0-9_]*\}", "", sentence)
            assert "{" not in bare, code
            assert "}" not in bare, code


@pytest.mark.parametrize("area", OURS)
def test_results_are_never_called_a_certificate(area):
    for code, sentence in sentences("en", area).items():
        assert "certif" not in sentence.lower().replace("client certificate (x.509)", ""), code
    for code, sentence in sentences("zh_CN", area).items():
        assert "证书" not in sentence.replace("数字证书（X.509）", ""), code
        assert "认证" not in sentence, code


def test_every_label_that_the_renderers_name_exists():
    known = sentences("en", "report")
    named = set()
    for path in REPORTS.glob("*.py"):
        source = path.read_text("utf-8")
        named.update(re.findall(r'"report\.([a-z_.]+)"', source))
        named.update(re.findall(r'\bsay\(\s*"([a-z_.]+)"', source))
    files = {"txt", "json", "xml", "md"}
    missing = {each for each in named if f"report.{each}" not in known} - files
    assert missing == set()


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("outcome", Outcome),
        ("conclusion", Conclusion),
        ("blame", Blame),
        ("effect", Effect),
        ("holds_for", HoldsFor),
        ("status", Status),
        ("modal", [each.name.lower() for each in Modal]),
        ("ended", ["complete", "cancelled", "failed"]),
        ("text_read", ["yes", "quoted", "no"]),
        ("data_class", ["synthetic", "test", "production"]),
        ("binding", ["tls_key", "client_certificate", "version_endpoint", "device_message",
                     "declared"]),
    ],
)  # fmt: skip
def test_every_word_of_a_closed_vocabulary_has_a_label(label, names):
    assert all(Messages("en").has(f"report.{label}.{name}") for name in names)


ENGINE = {
    "unobserved": {"code", "why"},
    "no_evidence": {"role"},
    "control_failed": {"which", "why"},
    "controls_alike": set(),
    "check_crashed": {"check", "error"},
    "not_applicable": {"ics"},
    "untested": set(),
    "draft": set(),
    "not_selected": set(),
    "no_consent": {"effect"},
    "over_authorization": {"effect"},
    "operation_unsupported": {"operation"},
    "identity_missing": {"identity"},
    "cells_passed": {"count"},
    "not_reached": set(),
    "nothing_to_pick": {"pick"},
    "interrupted": set(),
    "template": {"name"},
    "budget": {"limit"},
    "deadline": {"seconds"},
    "address_foreign": {"address"},
    "cancelled": set(),
    "repeats_differ": {"outcomes"},
    "above_level": {"level"},
    "nothing_relevant": {"check"},
    "unknown_requirement": {"id", "known"},
    "unknown_check": {"check"},
    "check_binding": {"check", "part", "name"},
    "check_parameter": {"check", "name", "fault"},
    "unknown_material": {"kind", "name"},
    "resume_other_plan": set(),
    "resume_complete": set(),
    "endpoint_missing": {"endpoint"},
    "value_unfit": {"name"},
    "target_died": {"why"},
    "subject_changed": {"proofs"},
    "unknown_evidence": {"name"},
    "unknown_ics": {"ics"},
    "probe_clash": {"probe"},
    "path_unfilled": {"operation", "name"},
    "body_clash": {"pointer"},
}


def test_the_engine_can_say_what_it_says():
    said = sentences("en", "engine")
    for name, wanted in ENGINE.items():
        assert fields(said[f"engine.{name}"]) == wanted
