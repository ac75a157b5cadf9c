"""What is built holds all that the kit needs, and works far from the checkout."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from laws.repository import ROOT, files

PACKED = ("profiles", "schemas")


def run(*words: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(each) for each in words],
        cwd=cwd, env={**kept, **env}, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source archive, and the wheel that was built from it and from nothing else."""
    out = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (source,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return source, wheel


def shipped() -> set[str]:
    """Names of the files that users need, as they stand in the checkout."""
    names = {path.relative_to(ROOT).as_posix() for path in files()}
    return {name for name in names if name.split("/")[0] in {"cqsc_conform", *PACKED}}


def test_the_wheel_holds_the_whole_library(built):
    with zipfile.ZipFile(built[1]) as wheel:
        inside = set(wheel.namelist())
    wanted = {
        f"cqsc_conform/_data/{name}" if name.split("/")[0] in PACKED else name for name in shipped()
    }
    assert wanted - inside == set()
    for part in (
        "_data/profiles/data-interface/di-catalog.yaml",
        "_data/profiles/probes/catalog.yaml",
        "_data/profiles/presets/gateway-hmac-sha256.yaml",
        "_data/profiles/tables/gbt2260-cqsc.csv",
        "_data/profiles/matrix/di-catalog.json",
        "_data/schemas/target.schema.json",
        "locales/zh_CN/report.po",
        "locales/en/report.po",
        "reference/__main__.py",
        "reference/targets/catalog_api.yaml",
        "py.typed",
    ):
        assert f"cqsc_conform/{part}" in inside


def test_the_wheel_holds_nothing_else(built):
    with zipfile.ZipFile(built[1]) as wheel:
        tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {each for each in tops if not each.endswith(".dist-info")} == {"cqsc_conform"}


def test_the_source_archive_holds_the_project(built):
    with tarfile.open(built[0]) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    tracked = {path.relative_to(ROOT).as_posix() for path in files()}
    assert tracked - inside == set()


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The wheel in an environment of its own; its dependencies are read from this one's."""
    place = tmp_path_factory.mktemp("far") / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    done = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index",
        "--disable-pip-version-check", built[1], cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    mine = Path(run(python, "-c", asked, cwd=place).stdout.strip())
    # A folder in a .pth file is searched last, and its own .pth files are not read: the kit that
    # answers is the wheel's.
    theirs = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (mine / "dependencies.pth").write_text("\n".join(theirs) + "\n", encoding="utf-8")
    return place / "bin"


def test_what_is_installed_is_the_wheel(installed, tmp_path):
    asked = "import cqsc_conform; print(cqsc_conform.__file__)"
    done = run(installed / "python", "-c", asked, cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(installed.parent)


def test_the_installed_kit_tells_its_version(installed, tmp_path):
    done = run(installed / "cqsc-conform", "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("cqsc-conform ")


def test_the_installed_kit_walks_the_whole_road(installed, tmp_path):
    done = run(installed / "cqsc-conform", "demo", "-o", "demo", cwd=tmp_path, CQSC_LANG="en")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "demo.cqsc.zip").is_file()
    again = run(installed / "cqsc-conform", "judge", "demo.cqsc.zip", "-o", "again", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "report.json").read_bytes() == (
        tmp_path / "demo" / "report.json"
    ).read_bytes()


def test_the_installed_kit_finds_its_library_whole(installed, tmp_path):
    done = run(installed / "cqsc-conform", "release", "lint", cwd=tmp_path, CQSC_LANG="en")
    assert done.returncode == 0, done.stdout + done.stderr


# scripts/setup wheels
WHEELS = ROOT / ".cache" / "wheels"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def wheelhouse(built, tmp_path_factory):
    """What ``make wheelhouse`` makes, with the kit's wheel as it is now."""
    assert WHEELS.is_dir(), "run: scripts/setup wheels"
    place = tmp_path_factory.mktemp("house") / "wheelhouse"
    place.mkdir()
    for wheel in (*WHEELS.glob("*.whl"), built[1]):
        if wheel == built[1] or not wheel.name.startswith("cqsc_conform-"):
            (place / wheel.name).symlink_to(wheel)
    return place


@pytest.fixture(scope="module")
def air_gapped(wheelhouse, tmp_path_factory):
    """An environment that was empty, installed with no index in reach."""
    place = tmp_path_factory.mktemp("gap") / "venv"
    venv.create(place, with_pip=False)
    done = run(
        sys.executable, "-m", "pip", "--isolated", "--python", place / "bin" / "python", "install",
        "--no-index", "--find-links", wheelhouse, "--disable-pip-version-check", "cqsc-conform",
        cwd=place, http_proxy=NOBODY, https_proxy=NOBODY,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "bin"


@pytest.fixture(scope="module")
def shown(air_gapped, tmp_path_factory):
    """The demo, run where the kit was installed without a network."""
    place = tmp_path_factory.mktemp("shown")
    done = run(
        air_gapped / "cqsc-conform", "demo", "-o", "demo", "--mutant", "SEC-TRANSPORT-001.tls1.0",
        cwd=place, CQSC_LANG="en", http_proxy=NOBODY, https_proxy=NOBODY,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "jsonschema" not in done.stderr
    return place


def test_without_a_network_the_kit_installs_and_shows_a_fault(shown):
    report = (shown / "demo" / "report.txt").read_text(encoding="utf-8")
    assert "SEC-TRANSPORT-001" in report
    assert "jsonschema" not in report


def test_where_the_quick_library_is_missing_the_verdicts_are_the_same(shown, air_gapped):
    removed = run(
        sys.executable, "-m", "pip", "--python", air_gapped / "python", "uninstall", "-y", "-q",
        "jsonschema-rs", cwd=shown,
    )  # fmt: skip
    assert removed.returncode == 0, removed.stderr
    kit = air_gapped / "cqsc-conform"
    done = run(kit, "judge", "demo.cqsc.zip", "-o", "slow", "-f", "text", cwd=shown, CQSC_LANG="en")
    assert done.returncode == 1, done.stderr
    assert "jsonschema-rs is not installed here" in done.stderr
    same = [(shown / name / "verdicts.json").read_bytes() for name in ("demo", "slow")]
    assert same[0] == same[1]
    for name in ("report.txt", "report.html"):
        told = (shown / "slow" / name).read_text(encoding="utf-8")
        assert "to the same verdicts" in " ".join(told.split())
    # What people write is read strictly there too.
    (shown / "bad.yaml").write_text("schema: cqsc-target/2\n", encoding="utf-8")
    checked = run(kit, "target", "check", "bad.yaml", "--json", cwd=shown)
    assert checked.returncode == 2, checked.stderr
    assert '"load.not_listed"' in checked.stdout


@pytest.mark.parametrize(
    ("system", "machine", "wanted"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("darwin", "arm64", True),
        ("win32", "AMD64", True),
        ("linux", "loongarch64", False),
        ("linux", "riscv64", False),
        ("linux", "armv7l", False),
        ("linux", "s390x", False),
        ("freebsd14", "amd64", False),
    ],
)
def test_the_quick_library_is_asked_for_where_it_has_wheels(built, system, machine, wanted):
    with zipfile.ZipFile(built[1]) as wheel:
        (name,) = [each for each in wheel.namelist() if each.endswith("/METADATA")]
        told = wheel.read(name).decode()
    needs = [
        Requirement(line.partition(": ")[2])
        for line in told.splitlines()
        if line.startswith("Requires-Dist: jsonschema")
    ]
    here = {"sys_platform": system, "platform_machine": machine, "extra": ""}
    asked = {each.name for each in needs if each.marker is None or each.marker.evaluate(here)}
    assert asked == ({"jsonschema", "jsonschema-rs"} if wanted else {"jsonschema"})
