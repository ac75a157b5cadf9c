"""What a kill matrix row depends on: the files that its check and its reference reach."""

from pathlib import Path

import pytest

from cqsc_conform.release.closure import closure, digest_of_files


@pytest.fixture
def package(tmp_path: Path) -> Path:
    place = tmp_path / "pkg"
    texts = {
        "a.py": "from pkg.room import b\nimport json\n",
        "room/__init__.py": "from pkg.room.c import C\n",
        "room/b.py": "from pkg.room.d import thing, other\n",
        "room/c.py": "C = 1\n",
        "room/d.py": "import pkg.e\nthing = other = 1\n",
        "e.py": "def late():\n    from pkg import f\n",
        "f.py": "from pkg import a\n",
        "alone.py": "",
        "uses_room.py": "from pkg.room import C\n",
    }
    for name, text in texts.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place


def names(package: Path, *modules: str) -> set[str]:
    return {each.relative_to(package).as_posix() for each in closure(package, modules)}


def test_all_that_is_reached_counts_and_nothing_else(package):
    assert names(package, "a") == {"a.py", "room/b.py", "room/d.py", "e.py", "f.py"}


def test_what_a_package_says_for_itself_leads_on(package):
    assert names(package, "uses_room") == {"uses_room.py", "room/__init__.py", "room/c.py"}


def test_a_change_moves_the_digest_of_those_who_reach_it_alone(package):
    before = {
        name: digest_of_files(package, closure(package, [name])) for name in ("a", "uses_room")
    }
    (package / "e.py").write_text("X = 1\n", encoding="utf-8")
    after = {
        name: digest_of_files(package, closure(package, [name])) for name in ("a", "uses_room")
    }
    assert before["a"] != after["a"]
    assert before["uses_room"] == after["uses_room"]
