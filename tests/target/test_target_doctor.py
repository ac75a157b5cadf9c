"""The doctor against the reference APIs: a right mapping is quiet, a wrong one is named."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from target_bench import HERE, sample, written

from cqsc_conform.catalog.guess.draft import Draft
from cqsc_conform.engine.doctor import MOST_REQUESTS
from cqsc_conform.reports.messages import Messages

Told = dict[str, Any]
ENV = {
    "PYTHONPATH": str(HERE.parents[1]),
    "PYTHONUTF8": "1",
    "PATH": os.environ.get("PATH", ""),
    "CQSC_TOKEN": "reference-token",
    "CQSC_APP_SECRET": "reference-secret",
    "CQSC_API_KEY": "no-such-key",
}


def served(name: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cqsc_conform.reference", name, "--die-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENV,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["listening"]
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(scope="module")
def first() -> Iterator[str]:
    yield from served("catalog_api")


@pytest.fixture(scope="module")
def second() -> Iterator[str]:
    yield from served("catalog_api_b")


def doctor(page: str, folder: Path, **env: str) -> tuple[int, Told]:
    path = folder / "target.yaml"
    path.write_text(page, "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "cqsc_conform", "target", "doctor", "target.yaml", "--json"],
        capture_output=True, text=True, check=False, cwd=folder, timeout=60, env=ENV | env,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def plain(url: str) -> str:
    return written(Draft(source="template")).replace("http://127.0.0.1:8080", url)


def mapped(url: str) -> str:
    """Finish the guessed mapping of the second reference as its vendor would."""
    page = re.sub(r'"http://10\.20\.30\.40:9080"', url, sample("pinyin"))
    page = re.sub(
        r"    use:  # guessed.*\n      scheme: key\n      name: X-App-Key\n.*\n",
        "    use:\n"
        "      scheme: signed\n"
        "      app_id: reference-app\n"
        "      secret: env:CQSC_APP_SECRET\n"
        "      preset: gateway-hmac-sha256\n",
        page,
    )
    assert "scheme: signed\n      app_id: reference-app" in page
    page = page.replace("# timezone:", "timezone:")
    for name in ("denied", "not_found", "invalid", "limited"):
        page = page.replace(f"  # {name}:", f"  {name}:")
    return page


def bad(told: Told) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for each in told["findings"]:
        if each["level"] != "ok":
            found.setdefault(each["code"].removeprefix("target.doctor_"), each)
    return found


def line_of(page: str, found: Told) -> str:
    return page.splitlines()[int(found["where"].split(":")[1]) - 1]


def test_the_default_mapping_fits_the_first_reference(first: str, tmp_path: Path) -> None:
    code, told = doctor(plain(first), tmp_path)
    assert bad(told) == {}
    assert code == 0
    assert told["requests"] <= MOST_REQUESTS
    seen = {each["code"] for each in told["findings"]}
    assert {"target.doctor_reached", "target.doctor_clock_ok", "target.doctor_items",
            "target.doctor_total", "target.doctor_page", "target.doctor_elements",
            "target.doctor_unknown"} <= seen  # fmt: skip


def test_a_finished_guess_fits_the_second_reference(second: str, tmp_path: Path) -> None:
    code, told = doctor(mapped(second), tmp_path)
    assert bad(told) == {}
    assert code == 0
    asked = {each["args"].get("operation") for each in told["findings"]}
    assert {"catalog.list", "catalog.get", "dataset.schema", "responsibility.list"} <= asked


WRONG = [
    ("items: /data/rows", "items: /data/list", "pointer_missing_better", "/data/rows"),
    ("items: /data/rows", "items: /data", "pointer_type_better", "/data/rows"),
    ("total: /data/count", "total: /data/total", "pointer_missing_better", "/data/count"),
    ("total: /data/count", "total: /code", "pointer_type_better", "/data/count"),
    ("item: /data", "item: /result", "pointer_missing_better", "/data"),
    ("title: /zymc", "title: /mingcheng", "element_better", "/zymc"),
    ("region: /xzqh", "region: /qh", "element_better", "/xzqh"),
    ("page: pageNum", "page: page_no", "page_stuck", "page_no"),
    ("page_size: pageSize", "page_size: size", "page_size", "size"),
    ("/catalog/query", "/catalog/nowhere", "no_path", "/catalog/nowhere"),
    ("method: POST", "method: GET", "code_unlisted", "405"),
    ("timezone: Asia", "# timezone: Asia", "timezone", "Asia/Shanghai"),
    ('not_found: ["404"]', 'not_found: ["410"]', "unknown_code", "404"),
    ('success: ["200"]', 'success: ["0"]', "code_unlisted", "200"),
    ("pointer: /code", "pointer: /status", "no_code", "/status"),
    ("share_type: {at: /gxlx, values: {", "share_type: {at: /gxlx, values: {x", "coded", ""),
    ("type: /lx}", "type: /type}", "member", "/lx"),
    ("id: zybh", "id: bianhao", "refused", ""),
]


@pytest.mark.parametrize(("right", "wrong", "code", "said"), WRONG)
def test_a_wrong_mapping_is_named_with_its_line(
    right: str, wrong: str, code: str, said: str, second: str, tmp_path: Path
) -> None:
    page = mapped(second)
    assert right in page
    page = page.replace(right, wrong)
    if "{x" in wrong:
        page = re.sub(r'\{x"1"', '{"8"', page)
    ended, told = doctor(page, tmp_path)
    found = bad(told)
    assert code in found
    assert said in json.dumps(found[code], ensure_ascii=False)
    assert ended == (0 if found[code]["level"] == "warning" else 3)
    for each in found.values():
        for lang in ("zh", "en"):
            assert each[lang]["seen"]
            assert each[lang]["change"]
            assert "target.doctor" not in each[lang]["change"]
    if found[code]["where"] != "target.yaml":
        assert line_of(page, found[code])


def test_the_line_to_change_is_the_wrong_one(second: str, tmp_path: Path) -> None:
    page = mapped(second).replace("title: /zymc", "title: /mingcheng")
    _, told = doctor(page, tmp_path)
    assert "title: /mingcheng" in line_of(page, bad(told)["element_better"])


def test_an_envelope_without_an_outcome_mapping_is_seen(second: str, tmp_path: Path) -> None:
    page = re.sub(r"(?m)^outcome:\n(?:  .*\n)+", "", mapped(second))
    code, told = doctor(page, tmp_path)
    assert code == 3
    assert bad(told)["code_unmapped"]["args"]["value"] == "200"
    assert bad(told)["unknown_unmapped"]["args"]["value"] == "404"


def test_a_wrong_credential_is_named(first: str, second: str, tmp_path: Path) -> None:
    code, told = doctor(plain(first), tmp_path, CQSC_TOKEN="wrong-token")
    assert code == 3
    assert bad(told)["denied"]["at"] == ["identities", "default"]
    code, told = doctor(mapped(second), tmp_path, CQSC_APP_SECRET="wrong-secret")
    assert code == 3
    assert "denied" in bad(told)
    assert "wrong" not in json.dumps(told)


def test_what_cannot_be_reached_ends_with_four(tmp_path: Path) -> None:
    code, told = doctor(plain("http://127.0.0.1:9"), tmp_path)
    assert code == 4
    assert told["requests"] == 1
    assert "no_port" in bad(told)


def test_every_finding_has_words_in_both_languages() -> None:
    for lang in ("zh", "en"):
        words = Messages("zh" if lang == "zh" else "en")
        for _, _, code, _ in WRONG:
            assert words.has(f"target.doctor_{code}")
            assert words.has(f"target.doctor_{code}.next")
