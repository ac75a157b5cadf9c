"""Both READMEs tell the same, and every command in them works."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cqsc_conform.cli.references import running_api
from laws.commands import commands
from laws.pages import blocks, console, kit_words, links
from laws.repository import ROOT

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
KIT_PAGES = [page for page in dict.fromkeys(PAGES) if console(page)]
SERVED = "127.0.0.1:8080"


def told(page: Path) -> list[tuple[str, str, list[object]]]:
    return [(each.language, each.use, list(each.commands)) for each in console(page)]


def test_both_readmes_list_the_same_commands():
    assert told(READMES[0]) == told(READMES[1])


def test_the_two_commands_are_the_makefile_s():
    listed = [each.words for each in console(READMES[0])[0].commands]
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert listed == ["make demo", "make test"]
    assert all(f"\n{words.removeprefix('make ')}:" in targets for words in listed)


@pytest.mark.parametrize("page", KIT_PAGES, ids=lambda page: page.name)
def test_every_command_is_one_of_the_kit_s(page):
    known = commands("en")
    for block in console(page):
        for command in block.commands:
            words = kit_words(command)
            if words is None:
                continue
            path, rest = "", list(words)
            while rest and known[path]["group"] and f"{path} {rest[0]}".strip() in known:
                path = f"{path} {rest.pop(0)}".strip()
            assert path, command.words
            _check_words(known[path], rest, command.words)


def _check_words(told: dict, rest: list[str], line: str) -> None:
    places, given = 0, set()
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            places += 1
            continue
        name, _, value = word.partition("=")
        assert name in told["flags"], f"{line}: {name}"
        given.add(name)
        is_flag, _, _ = told["flags"][name]
        if not is_flag and not value:
            rest.pop(0)
    wanted = sum(required for _, required, _ in told["places"])
    endless = any(count == -1 for _, _, count in told["places"])
    assert wanted <= places, line
    assert endless or places <= len(told["places"]), line
    needed = {name for name, (_, required, _) in told["flags"].items() if required}
    assert not needed or needed & given, line


@pytest.mark.parametrize("page", dict.fromkeys(PAGES), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for link in links(page):
        assert (page.parent / link).exists(), link


def kit_on_path(folder: Path) -> dict[str, str]:
    """Make ``cqsc-conform`` a command of this very checkout."""
    bin_ = folder / "bin"
    bin_.mkdir()
    tool = bin_ / "cqsc-conform"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cqsc_conform "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    path = os.pathsep.join([str(bin_), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "CQSC_LANG": "en"}


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_every_file_shown_is_right(page, tmp_path):
    env = {**kit_on_path(tmp_path), "CQSC_REFERENCE_TOKEN": "reference-token"}
    shown = [each for each in blocks(page) if each.file]
    assert [each.file for each in shown] == ["target.yaml"]
    for each in shown:
        (tmp_path / str(each.file)).write_text(each.text, encoding="utf-8")
    done = subprocess.run(
        ["cqsc-conform", "plan", "target.yaml"], cwd=tmp_path, env=env, check=False
    )
    assert done.returncode == 0


@pytest.mark.timeout(240)
def test_the_readme_s_road_can_be_walked(tmp_path):
    page = READMES[0]
    env = kit_on_path(tmp_path)
    with running_api() as url:
        place = url.removeprefix("http://")
        for each in blocks(page):
            if each.file:
                text = each.text.replace(SERVED, place)
                (tmp_path / each.file).write_text(text, encoding="utf-8")
        for block in (each for each in console(page) if each.use == "run"):
            for command in block.commands:
                if command.words.startswith("export "):
                    name, _, value = command.words.removeprefix("export ").partition("=")
                    env[name] = value
                    continue
                done = subprocess.run(
                    ["bash", "-c", command.words],
                    cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60,
                )  # fmt: skip
                assert done.returncode == command.code, f"{command.words}\n{done.stderr}"


def test_what_the_readme_serves_is_served(tmp_path):
    (serve,) = [each for each in console(READMES[0]) if each.use == "serve"]
    (command,) = serve.commands
    assert SERVED in command.words
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command.words.replace(SERVED, place)}"],
        cwd=tmp_path, env=kit_on_path(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert place.encode() in (process.stdout.readline() if process.stdout else b"")
    finally:
        process.send_signal(2)
        process.communicate(timeout=20)
