"""Laws of the repository: what holds for every file, requirement, sentence and command."""

import ast
import re
import subprocess
import sys

import pytest

from cqsc_conform.catalog.adoptions import Adoptions
from cqsc_conform.catalog.schemas import generate
from cqsc_conform.checks import registered
from cqsc_conform.cli.app import COMMANDS
from cqsc_conform.model.outcome import Modal
from cqsc_conform.reference.mutants import MUTANTS
from cqsc_conform.resources import locales_root, schemas_root
from laws.commands import commands, loaded_by
from laws.repository import PACKAGE, ROOT, changed_since_release, python_files, texts
from laws.shelf import cards, guides, library, matrix, mutants_of, profiles, requirements
from reports.test_locale_use import USES

HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = {Modal.SHALL: "shall", Modal.SHOULD: "should", Modal.MAY: "may"}
HEAVY = {"requests", "hypothesis", "pytest", "jsonschema", "paho", "starlette"}


def test_every_requirement_is_checked_or_says_why_not():
    for profile, each in requirements():
        assert (each.check is None) != (each.untested is None), f"{profile.id}: {each.id}"


def test_every_check_is_used_by_some_profile():
    used = set()
    for _, each in requirements():
        uses = (each.check, each.controls.before, each.controls.after)
        used |= {use.check for use in uses if use is not None}
    assert set(registered()) == used | {guide.check for _, _, guide in guides()}


def test_what_guides_a_search_is_judged_by_whoever_reads_it():
    """A guide only leads: the requirement that reads the step has the same file's rule judge it."""
    for probe, step, guide in guides():
        leads = registered()[guide.check].function.__module__
        readers = [
            registered()[each.check.check].function.__module__
            for _, each in requirements()
            if each.check is not None and f"{probe}/{step}" in each.check.evidence.values()
        ]
        assert readers, probe
        assert set(readers) == {leads}, probe


def test_every_checked_requirement_has_a_mutant():
    armed = {each.kills for each in MUTANTS}
    assert [each.id for _, each in requirements() if each.check and each.id not in armed] == []


def test_every_mutant_breaks_a_checked_requirement():
    checked = {each.id for _, each in requirements() if each.check}
    named = {each.kills for each in MUTANTS} | {
        other.requirement for each in MUTANTS for other in each.also
    }
    assert named <= checked


@pytest.mark.parametrize("profile", profiles(), ids=lambda each: each.id)
def test_the_kill_matrix_is_whole(profile):
    kept = matrix(profile)
    assert kept.whole
    assert kept.version == profile.version
    assert {row.mutant for row in kept.matrix} == mutants_of(profile)
    assert set(kept.requirements) == {each.id for each in profile.requirements if each.check}


@pytest.mark.parametrize("profile", profiles(), ids=lambda each: each.id)
def test_the_kill_matrix_is_fresh(profile):
    kept = {row.mutant: row.key for row in matrix(profile).matrix}
    stale = [card.id for card in cards(profile) if kept.get(card.id) != card.key]
    assert stale == [], "run: cqsc-conform release kill"


def test_every_profile_has_a_requirement_that_binds():
    for profile in profiles():
        assert any(
            each.modal is Modal.SHALL and each.level == 1 and each.status.value == "active"
            for each in profile.requirements
        )


def test_the_library_is_clean():
    assert library().problems() == ()
    assert Adoptions(library(), registered()).problems() == ()


@pytest.mark.parametrize(("profile", "each"), requirements(), ids=lambda it: it.id)
def test_a_requirement_says_its_modal_in_both_languages(profile, each):
    assert each.modal.value in each.text.zh, profile.id
    assert ENGLISH[each.modal] in each.text.en.lower().split()


@pytest.mark.parametrize(("profile", "each"), requirements(), ids=lambda it: it.id)
def test_a_requirement_speaks_both_languages(profile, each):
    said = [each.title, each.text, each.hint, *([each.untested] if each.untested else [])]
    for text in (*said, profile.title, profile.about):
        assert HAN.search(text.zh)
        assert text.en.strip()
        assert "必须" not in text.zh
        assert "不得" not in text.zh


def test_every_code_belongs_to_a_catalogue():
    areas = {path.stem for path in locales_root().glob("*/*.po")}
    assert {use.code.partition(".")[0] for use in USES} <= areas


def test_the_schemas_are_fresh():
    made = generate()
    kept = {path.name: path.read_bytes() for path in schemas_root().glob("*.schema.json")}
    assert sorted(kept) == sorted(made)
    stale = [name for name, content in made.items() if kept[name] != content]
    assert stale == [], "run: python -m cqsc_conform.catalog.schemas"


def test_every_command_and_option_helps_in_both_languages():
    zh, en = commands("zh"), commands("en")
    assert zh.keys() == en.keys()
    assert {path.split()[0] for path in zh if path} == set(COMMANDS)
    for path, told in zh.items():
        pairs = [(told["help"], en[path]["help"])]
        pairs += [(said, en[path]["options"][name]) for name, said in told["options"].items()]
        for chinese, english in pairs:
            assert HAN.search(chinese or ""), path
            # A code that found no sentence is shown as the code itself.
            assert re.search(r"[a-z] ?", english or ""), path
            assert not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", english), path


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_loads_nothing_heavy(name):
    loaded = loaded_by(*filter(None, [name]), "--help")
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


def test_version_loads_no_room():
    rooms = {name for name in loaded_by("--version") if name.startswith("cqsc_conform.")}
    assert rooms <= {f"cqsc_conform.{name}" for name in ("cli", "cli.app", "cli.lang", "model",
                                                         "model.text")}  # fmt: skip


def test_a_change_that_users_notice_is_in_the_changelog():
    changed = [
        name
        for name in changed_since_release()
        if name.startswith(("cqsc_conform/", "profiles/", "schemas/"))
    ]
    fragments = [path for path in (ROOT / "changes").glob("*.md") if path.name != "README.md"]
    assert not changed or fragments


def test_changelog_fragments_are_two_lines_in_two_languages():
    for path in (ROOT / "changes").glob("*.md"):
        if path.name == "README.md":
            continue
        assert re.fullmatch(
            r"\d{4}(-[a-z-]+)?\.(added|changed|fixed|removed|security)\.md", path.name
        )
        zh, en = path.read_text(encoding="utf-8").splitlines()
        assert HAN.search(zh)
        assert not HAN.search(en)


# Written in two halves, so that this file keeps its own law.
MARKS = ("TO" + "DO", "FIX" + "ME")
PLACES = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/")
HOSTS = ("py" + "pi.org", "python" + "hosted.org", "registry." + "npmjs", "crates" + ".io")


def test_no_file_names_a_machine_a_registry_or_work_undone():
    found = [
        f"{name}: {word}"
        for name, text in texts()
        for word in (*MARKS, *PLACES, *HOSTS)
        if word in text
    ]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail():
    banned = {"skip", "skipif", "skipIf", "xfail", "importorskip", "SkipTest"}
    for path in python_files(ROOT / "tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in banned:
                named = ast.unparse(node)
                assert not named.startswith(("pytest.", "unittest.")), f"{path}: {named}"


def test_files_are_small():
    long = {
        path.name: lines
        for path in python_files(PACKAGE)
        if (lines := path.read_text(encoding="utf-8").count("\n")) >= 450
    }
    assert long == {}


def test_every_module_says_what_it_is_for():
    for path in python_files(PACKAGE):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path.name


def test_no_import_hides_in_a_function_outside_the_command_line():
    for path in python_files(PACKAGE):
        if path.parent.name == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = any(
                    isinstance(each, ast.Import | ast.ImportFrom) for each in ast.walk(node)
                )
                assert not inner, f"{path.name}: {node.name}"


def test_the_floors_hold():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()",
         "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
