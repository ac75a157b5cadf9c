"""The library gives effective profiles, or every fault of a file at its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cqsc_conform.catalog.library import Library
from cqsc_conform.errors import Blame, KitError

PROFILE = "profiles/data-interface/di-catalog.yaml"
PROBES = "profiles/probes/catalog.yaml"
Say = Callable[[KitError], str]


def test_a_profile_is_effective(fixture_library: Library) -> None:
    profile = fixture_library.profile("di-catalog@1.0.0")
    assert profile is fixture_library.profile("di-catalog")
    assert [each.id for each in profile.requirements] == ["DI-CATALOG-001", "DI-CATALOG-013"]
    assert list(profile.probes) == ["catalog.walk", "catalog.details", "catalog.unknown"]
    assert list(profile.operations) == ["catalog.get", "catalog.list"]
    assert all(name == probe.id for name, probe in profile.probes.items())


def test_the_shipped_library_has_no_fault() -> None:
    assert Library.open().problems() == ()


def test_the_library_lists_what_it_holds(fixture_library: Library) -> None:
    assert fixture_library.ids() == ("di-catalog",)
    assert fixture_library.tables() == ("regions",)
    assert fixture_library.presets() == ("gateway-hmac",)
    assert fixture_library.payload_schemas() == ("entry",)
    assert "responsibility.list" in fixture_library.operation_names()
    assert fixture_library.table("regions").startswith("code,name\n")
    assert fixture_library.payload_schema("entry") == {"type": "object"}
    assert fixture_library.preset("gateway-hmac")["algorithm"] == "HMAC-SHA256"
    assert fixture_library.problems() == ()


def test_materials_are_digested_by_content(library_copy: Path) -> None:
    before = Library.open(library_copy)
    first = before.materials(before.profile("di-catalog"))
    with (library_copy / "profiles/tables/regions.csv").open("a") as file:
        file.write("510000,四川省\n")
    after = Library.open(library_copy)
    second = after.materials(after.profile("di-catalog"))
    assert first["table:regions"] != second["table:regions"]
    assert first["schema:entry"] == second["schema:entry"]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda library: library.profile("di-catlog"), "load.unknown_profile_near"),
        (lambda library: library.profile("../../etc/passwd"), "load.unknown_profile"),
        (lambda library: library.profile(""), "load.unknown_profile"),
        (lambda library: library.profile("di-catalog@2.0.0"), "load.other_version"),
        (lambda library: library.table("region"), "load.unknown_table_near"),
        (lambda library: library.payload_schema("xyzzy"), "load.unknown_schema"),
        (lambda library: library.preset("gateway-hmca"), "load.unknown_preset_near"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(
    fixture_library: Library, ask: Callable[[Library], object], code: str, said: Say
) -> None:
    with pytest.raises(KitError) as caught:
        ask(fixture_library)
    assert caught.value.code == code
    assert said(caught.value)


def test_a_folder_without_profiles_is_no_library(tmp_path: Path, said: Say) -> None:
    with pytest.raises(KitError) as caught:
        Library.open(tmp_path)
    assert caught.value.code == "load.no_library"
    assert said(caught.value)


FAULTS = [
    # file, old text, new text, code
    (PROFILE, "level: 1", "level: 4", "load.not_listed"),
    (PROFILE, "level: 1", "level: '1'", "load.type"),
    (PROFILE, "modal: 应", "modal: 必须", "load.not_listed"),
    (PROFILE, "holds_for: data", "hold_for: data", "load.unknown_name_near"),
    (PROFILE, "holds_for: data", "hold_for: data", "load.missing"),
    (PROFILE, "version: 1.0.0", "version: 1.0", "load.pattern"),
    (PROFILE, "profile: di-catalog", "profile: di-core", "load.profile_name"),
    (PROFILE, "family: data-interface", "family: iot", "load.profile_family"),
    (PROFILE, "DI-CATALOG-013", "DI-CATALOG-001", "load.id_twice"),
    (PROFILE, "DI-CATALOG-013", "DI-CORE-013", "load.id_form"),
    (PROFILE, "DI-CATALOG-013", "DI-CATALOG-13", "load.pattern"),
    (PROFILE, "ics: has_catalog,", "ics: has_katalog,", "load.unknown_ics_near"),
    (PROFILE, "number: cqsc-conform", "number: GB/T 21063.3", "load.kit_number"),
    (PROFILE, "core-metadata-complete", "5.2.1", "load.kit_clause"),
    (PROFILE, "uses: [catalog]", "uses: [catalogue]", "load.unknown_probe_file_near"),
    (PROFILE, "catalog.details/detail", "catalog.detail/detail", "load.unknown_probe_near"),
    (PROFILE, "catalog.details/detail", "catalog.details/entry", "load.unknown_step"),
    (PROFILE, "catalog.details/detail", "detail", "load.evidence_form"),
    (PROFILE, "catalog.unknown/after", "catalog.unknown/aftr", "load.unknown_step_near"),
    (PROFILE, "regions: regions", "regions: region", "load.unknown_table_near"),
    (PROFILE, "entry: entry", "entry: entri", "load.unknown_schema_near"),
    (PROFILE, "zh: 补齐缺少的元数据。", "zh: ''", "load.pattern"),
    (PROFILE, "abstract]}", 'abstract], most: "{ixit.xyzzy}"}', "load.unknown_ixit"),
    (PROFILE, "uses: [catalog]", "include: [di-catalog]", "load.include_cycle"),
    (PROFILE, "uses: [catalog]", "include: [di-catlog]", "load.unknown_profile_near"),
    (PROBES, "operation: catalog.get,", "operation: catalog.gte,", "load.unknown_operation_near"),
    (PROBES, "{entry.id}", "{entri.id}", "load.unknown_field_near"),
    (PROBES, "{entry.id}", "{ixit.entry}", "load.unknown_ixit"),
    (PROBES, "{entry.id}", "{entry.id", "load.template"),
    (
        PROBES,
        "over: catalog.walk/pages\n          max",
        "over: catalog.walk/page\n          max",
        "load.unknown_step_near",
    ),
    (
        PROBES,
        "over: catalog.walk/pages\n          max",
        "over: pages\n          max",
        "load.unknown_step",
    ),
    (PROBES, "- request: {as: before", "- reqest: {as: before", "load.unknown_name_near"),
    (PROBES, "items: /items\n", "items: items\n", "load.pointer"),
    (PROBES, "path: /catalog/entries\n", "path: catalog\n", "load.operation_path"),
    (PROBES, "paging: {style: page, first: 1}", "charset: big5", "load.charset"),
    (PROBES, "as: known, over", "at: rows, as: known, over", "load.pointer"),
    (PROBES, "as: after", "as: before", "load.step_twice"),
    (PROBES, "as: after", "as: After", "load.pattern"),
    (PROBES, "page_size: 20", "page_size: 0", "load.range"),
    (PROBES, "draws: [catalog.walk]", "draws: [catalog.wlk]", "load.not_drawn"),
    (PROBES, "draws: [catalog.walk]", "draws: [catalog.walk, xyzzy]", "load.unknown_probe"),
    (PROBES, "page_size: 20}", "page_size: 20}\n    draws: [catalog.details]", "load.draw_cycle"),
    (PROBES, "catalog.walk:\n", "Catalog walk:\n", "load.probe_form"),
    (
        PROBES,
        "- request: {as: before",
        (
            "- observe: {as: seen, seconds: 5, operations: [catalog.get], "
            "script: [{topic: t, after: 1}]}\n      - request: {as: before"
        ),
        "load.effect_safe",
    ),
]


# Where a fault shows at another line than the change that made it.
ELSEWHERE = {"load.missing": -3, "load.not_drawn": 4, "load.draw_cycle": 4}


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    FAULTS,
    ids=[f"{row[3]}-{at}" for at, row in enumerate(FAULTS)],
)
def test_a_fault_is_told_at_its_line(
    library_copy: Path, file: str, old: str, new: str, code: str, said: Say
) -> None:
    path = library_copy / file
    text = path.read_text()
    assert old in text
    line = text[: text.index(old)].count("\n") + 1 + ELSEWHERE.get(code, 0)
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(KitError) as caught:
        Library.open(library_copy).profile("di-catalog")
    assert caught.value.code == "load.invalid"
    assert caught.value.blame is Blame.PROFILE
    told = {(problem.code, problem.where.rsplit(":", 1)[0]) for problem in caught.value.problems}
    assert (code, f"{file}:{line}") in told
    assert said(caught.value)
    assert Library.open(library_copy).problems() == caught.value.problems


def test_all_faults_of_a_file_are_told_at_once(library_copy: Path) -> None:
    path = library_copy / PROFILE
    text = path.read_text()
    for old, new in [("level: 1", "level: 9"), ("modal: 应", "modal: x"), ("hint:", "hnt:")]:
        text = text.replace(old, new)
    path.write_text(text)
    with pytest.raises(KitError) as caught:
        Library.open(library_copy).profile("di-catalog")
    assert [problem.code for problem in caught.value.problems].count("load.not_listed") == 4
    assert [problem.code for problem in caught.value.problems].count("load.missing") == 2
    lines = [int(problem.where.split(":")[1]) for problem in caught.value.problems]
    assert lines == sorted(lines)


SOURCE = "source: {kind: K, number: cqsc-conform, clause: core-metadata-complete}"
STANDARD = "kind: S, number: GB/T 21063.3-2007, clause: '5.2'"


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("text_read: yes", set()),
        ("text_read: no", {"load.unread_active"}),
        ("quoted_from: []", {"load.unread_active"}),
        ("text_read: quoted", {"load.quoted_sources", "load.quoted_vectors"}),
        ("text_read: quoted, quoted_from: [a, a], vectors: v", {"load.quoted_sources"}),
        ("text_read: quoted, quoted_from: [a, b], vectors: v", set()),
    ],
)
def test_an_active_requirement_stands_on_a_text_that_was_read(
    library_copy: Path, source: str, codes: set[str], said: Say
) -> None:
    path = library_copy / PROFILE
    new = f"source: {{{STANDARD}, {source}}}"
    path.write_text(path.read_text().replace(SOURCE, new))
    found = {problem.code for problem in Library.open(library_copy).problems()}
    assert found == codes
    path.write_text(path.read_text().replace(new, f"{new}\n    status: draft"))
    Library.open(library_copy).profile("di-catalog")
    if codes:
        path.write_text(path.read_text().replace("    status: draft\n", ""))
        with pytest.raises(KitError) as caught:
            Library.open(library_copy).profile("di-catalog")
        assert said(caught.value)


@pytest.mark.parametrize("change", ["modal: 宜", "modal: 应\n    status: draft"])
def test_something_must_bind_at_level_1(library_copy: Path, change: str, said: Say) -> None:
    path = library_copy / PROFILE
    path.write_text(path.read_text().replace("modal: 应", change))
    with pytest.raises(KitError) as caught:
        Library.open(library_copy).profile("di-catalog")
    assert [problem.code for problem in caught.value.problems] == ["load.nothing_binds"]
    assert said(caught.value)


UNTESTED = "    untested: {zh: 编码宽度未读。, en: The widths were not read.}\n"


def test_exactly_one_of_check_and_untested(library_copy: Path, said: Say) -> None:
    path = library_copy / PROFILE
    text = path.read_text()
    head, _, tail = text.rpartition("    check:\n")
    controls = tail[tail.index("    controls:") :]
    path.write_text(head + UNTESTED)
    Library.open(library_copy).profile("di-catalog")
    for wrong, code in [
        (text + UNTESTED, "load.one_of"),
        (head, "load.one_of"),
        (head + UNTESTED + controls, "load.controls_alone"),
    ]:
        path.write_text(wrong)
        with pytest.raises(KitError) as caught:
            Library.open(library_copy).profile("di-catalog")
        assert [problem.code for problem in caught.value.problems] == [code]
        assert said(caught.value)


INCLUDER = """\
profile: di-wide
version: 0.1.0
family: data-interface
title: {zh: 宽, en: Wide}
about: {zh: 宽, en: Wide}
include: [di-catalog@1.0.0]
requirements:
  - id: DI-WIDE-001
    modal: 应
    level: 1
    holds_for: type
    title: {zh: 一, en: One}
    text: {zh: 一, en: One}
    source: {kind: K, number: cqsc-conform, clause: one}
    hint: {zh: 一, en: One}
    applies: [{ics: has_catalog, is: true}]
    check: {check: catalog.found, evidence: {replies: catalog.walk/pages}}
"""


def test_an_included_profile_is_part_of_the_including_one(library_copy: Path, said: Say) -> None:
    path = library_copy / "profiles/data-interface/di-wide.yaml"
    path.write_text(INCLUDER)
    library = Library.open(library_copy)
    wide = library.profile("di-wide")
    assert [each.id for each in wide.requirements] == [
        "DI-CATALOG-001",
        "DI-CATALOG-013",
        "DI-WIDE-001",
    ]
    assert wide.probes == library.profile("di-catalog").probes
    assert set(wide.ics) == {"has_catalog"}
    for old, new, code in [
        ("@1.0.0", "@9.0.0", "load.other_version"),
        (
            "requirements:",
            "ics: {has_catalog: {ask: {zh: 异, en: x}}}\nrequirements:",
            "load.defined_twice",
        ),
    ]:
        path.write_text(INCLUDER.replace(old, new, 1))
        with pytest.raises(KitError) as caught:
            Library.open(library_copy).profile("di-wide")
        assert [problem.code for problem in caught.value.problems] == [code]
        assert said(caught.value)


def test_two_profiles_that_include_each_other_are_refused(library_copy: Path, said: Say) -> None:
    (library_copy / "profiles/data-interface/di-wide.yaml").write_text(INCLUDER)
    path = library_copy / PROFILE
    path.write_text(path.read_text().replace("uses:", "include: [di-wide]\nuses:"))
    with pytest.raises(KitError) as caught:
        Library.open(library_copy).profile("di-catalog")
    assert [problem.code for problem in caught.value.problems] == ["load.include_cycle"]
    assert said(caught.value)


def test_probe_files_may_use_one_another(library_copy: Path, said: Say) -> None:
    more = library_copy / "profiles/probes/more.yaml"
    more.write_text(
        "uses: [catalog]\nprobes:\n  more.again:\n    title: {zh: 再, en: Again}\n"
        "    draws: [catalog.walk]\n    steps:\n"
        "      - par:\n          - pick: {as: one, over: catalog.walk/pages}\n"
        '          - request: {as: got, operation: catalog.get, params: {id: "{one.id}"}}\n'
    )
    path = library_copy / PROFILE
    text = path.read_text().replace("uses: [catalog]", "uses: [more]")
    path.write_text(text.replace("catalog.unknown/after", "more.again/got"))
    profile = Library.open(library_copy).profile("di-catalog")
    assert list(profile.probes) == [
        "catalog.walk",
        "catalog.details",
        "catalog.unknown",
        "more.again",
    ]
    more.write_text("operations: {catalog.list: {path: /other}}\nuses: [catalog]\n")
    with pytest.raises(KitError) as caught:
        Library.open(library_copy).profile("di-catalog")
    assert [problem.code for problem in caught.value.problems] == ["load.defined_twice"]
    assert said(caught.value)


def test_a_decimal_in_a_profile_is_a_number_where_one_may_stand(library_copy: Path) -> None:
    path = library_copy / PROFILE
    elements = "elements: [id, code, title, provider, abstract]"
    asked = f"{elements}, most: 1.50, rows: [2.5, '2.5'], name: '1.10'"
    path.write_text(path.read_text().replace(elements, asked))
    check = Library.open(library_copy).profile("di-catalog").requirements[0].check
    assert check is not None
    assert check.with_["most"] == 1.5
    assert check.with_["rows"] == (2.5, "2.5")
    assert check.with_["name"] == "1.10"


def test_one_id_in_two_families_is_refused(library_copy: Path, said: Say) -> None:
    (library_copy / "profiles/iot").mkdir()
    (library_copy / "profiles/iot/di-catalog.yaml").write_text("x: 1\n")
    with pytest.raises(KitError) as caught:
        Library.open(library_copy).ids()
    assert caught.value.code == "load.profile_twice"
    assert said(caught.value)


def test_broken_tables_schemas_and_presets_are_told(library_copy: Path, said: Say) -> None:
    (library_copy / "profiles/tables/regions.csv").write_bytes(b"\xff")
    (library_copy / "schemas/payload/entry.json").write_text("[1]")
    (library_copy / "profiles/presets/gateway-hmac.yaml").write_text("- 1\n")
    library = Library.open(library_copy)
    asks: list[tuple[Callable[[], object], str]] = [
        (lambda: library.table("regions"), "load.not_utf8"),
        (lambda: library.payload_schema("entry"), "load.not_json"),
        (lambda: library.preset("gateway-hmac"), "load.not_mapping"),
    ]
    for ask, code in asks:
        with pytest.raises(KitError) as caught:
            ask()
        assert caught.value.code == code
        assert said(caught.value)
    (library_copy / "schemas/payload/entry.json").write_text("{")
    with pytest.raises(KitError) as caught:
        library.payload_schema("entry")
    assert caught.value.code == "load.not_json"
