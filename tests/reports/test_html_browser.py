"""The page in a browser: what people do with it, and what it must never do to them."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile_words as hostile
import html_samples as seen
import pytest
import report_samples as samples
import trace_samples as traces
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from cqsc_conform.reports.html import render_html

SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1200,900",
)  # fmt: skip
CANARY = (
    '"><script>document.title="owned";alert(1)</script><img src=http://127.0.0.1:9/x '
    "onerror=\"document.title='owned'\"><svg/onload=alert(2)>'</style><iframe src=//127.0.0.1:9>"
)


class Reader:
    """Somebody with a page in front of them."""

    def __init__(self, browser: webdriver.Chrome, folder: Path) -> None:
        self.browser = browser
        self.folder = folder

    def open(self, data: bytes, name: str = "report.html") -> None:
        self.browser.get_log("performance")
        path = self.folder / name
        path.write_bytes(data)
        self.command("Emulation.clearDeviceMetricsOverride")
        self.command("Emulation.setEmulatedMedia", media="", features=[])
        self.browser.get(path.as_uri())

    def command(self, name: str, **given: object) -> dict[str, Any]:
        return self.browser.execute_cdp_cmd(name, given)  # type: ignore[no-any-return]

    def find(self, query: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, query)

    def rows(self) -> list[str]:
        """The requirements that are to be seen."""
        return self.run(
            "return [...document.querySelectorAll('.row')].filter(row => row.checkVisibility())"
            ".map(row => row.querySelector('.id').textContent)"
        )

    def run(self, script: str) -> Any:
        return self.browser.execute_script(script)

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def colour(self, query: str, name: str = "color") -> str:
        return self.find(query).value_of_css_property(name)

    def text(self) -> str:
        return self.find("body").text

    def asked_of_the_network(self) -> list[str]:
        """Addresses that the page asked for, itself left out."""
        messages = [json.loads(each["message"])["message"]
                    for each in self.browser.get_log("performance")]  # fmt: skip
        urls = [each["params"]["request"]["url"] for each in messages
                if each["method"] == "Network.requestWillBeSent"]  # fmt: skip
        return [url for url in urls if url != self.browser.current_url]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    chromium, chromedriver = (shutil.which(name) for name in ("chromium", "chromedriver"))
    assert chromium and chromedriver, "scripts/setup apt installs the browser"  # noqa: PT018
    options.binary_location = chromium
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('user')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield browser
    browser.quit()


@pytest.fixture
def reader(browser: webdriver.Chrome, tmp_path: Path) -> Reader:
    reader = Reader(browser, tmp_path)
    reader.open(render_html(samples.report(), seen.evidence(), "zh"))
    return reader


@pytest.fixture
def printed(reader: Reader, tmp_path: Path) -> Callable[[], tuple[int, str]]:
    def pages() -> tuple[int, str]:
        made = reader.command("Page.printToPDF", preferCSSPageSize=True)
        path = tmp_path / "report.pdf"
        path.write_bytes(base64.b64decode(made["data"]))
        info = _said("pdfinfo", str(path))
        assert re.search(r"Page size: +59\d(\.\d+)? x 84\d", info)
        return int(re.findall(r"Pages: +(\d+)", info)[0]), _said(
            "pdftotext", "-layout", str(path), "-"
        )

    return pages


def watched(given: traces.Given, lang: str = "zh") -> bytes:
    return render_html(given.report, given.evidence, lang, frames=given.frames)  # type: ignore[arg-type]


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()


def test_search_finds_in_either_language(reader):
    assert len(reader.rows()) == 9
    field = reader.find("#seek")
    field.send_keys("DI-02")
    assert reader.rows() == ["DI-02"]
    field.clear()
    field.send_keys("OFFSET")
    assert reader.rows() == ["DI-05"]
    assert reader.find("#count").text == "1"
    field.clear()
    field.send_keys("翻页 CQSC-K")
    assert reader.rows() == ["DI-02"]
    field.clear()
    field.send_keys("zzz")
    assert reader.rows() == []
    assert reader.find("#nothing").is_displayed()
    reader.find("#clear").click()
    assert len(reader.rows()) == 9


def test_filters_narrow_each_other(reader):
    def choose(name: str, value: str) -> None:
        reader.find(f'input[name="{name}"][value="{value}"] + span').click()

    choose("outcome", "fail")
    assert reader.rows() == ["DI-02", "DI-03"]
    choose("outcome", "pass")
    assert reader.rows() == ["DI-01", "DI-02", "DI-03"]
    choose("modal", "should")
    assert reader.rows() == ["DI-03"]
    choose("modal", "should")
    choose("outcome", "fail")
    choose("outcome", "pass")
    choose("level", "2")
    assert reader.rows() == ["DI-05"]


def test_the_language_switches(reader):
    root = reader.find("html")
    assert "符合性测试报告" in reader.text()
    assert "Conformance test report" not in reader.text()
    assert reader.browser.title == "符合性测试报告"
    reader.find('label[for="to-en"]').click()
    assert "Conformance test report" in reader.text()
    assert not re.search("符合性测试报告|必须改正|依据", reader.text())
    assert root.get_attribute("lang") == "en"
    assert reader.browser.title == "Conformance test report"


def test_without_a_script_all_is_there(reader):
    reader.command("Emulation.setScriptExecutionDisabled", value=True)
    reader.browser.refresh()
    try:
        assert "符合性测试报告" in reader.text()
        assert "Conformance test report" not in reader.text()
        assert not reader.find("#seek").is_displayed()
        reader.find('label[for="to-en"]').click()
        assert "Conformance test report" in reader.text()
        reader.find("#must_mend .evidence summary").click()
        assert "GET /entries?page=1" in reader.text()
        reader.find("#r1 > summary").click()
        assert reader.find("#r1 .facts").is_displayed()
    finally:
        reader.command("Emulation.setScriptExecutionDisabled", value=False)


def test_dark_follows_the_system_and_the_switch(reader):
    light = reader.colour("body", "background-color")
    prefer = {"name": "prefers-color-scheme", "value": "dark"}
    reader.command("Emulation.setEmulatedMedia", features=[prefer])
    dark = reader.colour("body", "background-color")
    assert dark != light
    reader.find('input[value="light"] + span').click()
    assert reader.colour("body", "background-color") == light
    reader.command("Emulation.setEmulatedMedia", features=[])
    reader.find('input[value="dark"] + span').click()
    assert reader.colour("body", "background-color") == dark


def test_evidence_unfolds_where_it_is_cited(reader):
    reader.find("#r2 > summary").click()
    link = reader.find("#r2 a.cite")
    link.click()
    copy = reader.find("#r2 .evidence.copy")
    assert "GET /entries?page=1" in copy.text
    assert link.get_attribute("aria-expanded") == "true"
    assert reader.run("return new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"
                      " === document.querySelectorAll('[id]').length")  # fmt: skip
    link.click()
    assert reader.browser.find_elements(By.CSS_SELECTOR, "#r2 .evidence.copy") == []


def test_the_keyboard_reaches_everything(reader):
    reader.press(Keys.TAB)
    assert reader.run("return document.activeElement.name") == "lang"
    reader.press(Keys.ARROW_RIGHT)
    assert "Conformance test report" in reader.text()
    reader.press(Keys.TAB)
    assert reader.run("return document.activeElement.className") == "skip"
    assert reader.find(".skip").rect["x"] >= 0
    reader.press(Keys.ENTER)
    assert reader.run("return document.activeElement.id") == "main"
    focused = "return document.activeElement.closest('.evidence') !== null"
    for _ in range(20):
        reader.press(Keys.TAB)
        if reader.run(focused):
            break
    assert reader.run("return document.activeElement.matches('summary:focus-visible')")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert reader.run(outline) == "solid"
    reader.press(Keys.ENTER)
    assert reader.run("return document.activeElement.parentElement.open")
    assert "GET /entries?page=1" in reader.text()
    reader.find("#seek").click()
    reader.press(Keys.TAB, Keys.SPACE)
    assert reader.rows() == ["DI-02", "DI-03"]


def test_paper_holds_the_whole_result_and_the_evidence_of_failures(reader, printed):
    pages, text = printed()
    assert pages >= 2
    said = re.sub(r"\s+", "", text)
    assert f"1/{pages}" in said
    assert f"{pages}/{pages}" in said
    assert text.count(f"cqsc-conform {samples.RUN.run}") == pages
    for wanted in ("不符合", "共9条，已判定3条", "GET/entries?page=1", '"id":"A-7"', "DI-01",
                   "每个资源有唯一标识符", "报告结束", "不是CMA/CNAS检验检测报告"):  # fmt: skip
        assert wanted in said
    for screen_only in ("打印", "搜索", "清除条件", "English"):
        assert screen_only not in said
    assert reader.browser.find_elements(By.CSS_SELECTOR, ".evidence[open]") == []


def test_paper_is_light_in_the_dark(reader):
    prefer = {"name": "prefers-color-scheme", "value": "dark"}
    reader.command("Emulation.setEmulatedMedia", media="print", features=[prefer])
    assert reader.colour("body", "background-color") == "rgba(255, 255, 255, 1)"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_telephone_needs_no_scrolling_sideways(reader, lang):
    reader.open(render_html(samples.report(), seen.evidence(), lang))
    size = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    reader.command("Emulation.setDeviceMetricsOverride", **size)
    reader.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert reader.run("return document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("planted", [CANARY, hostile.MARKUP], ids=["canary", "markup"])
def test_nothing_planted_runs_shows_or_calls_out(reader, planted):
    data = render_html(samples.hostile_report(planted), seen.hostile_evidence(planted), "en")
    reader.open(data)
    reader.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert reader.browser.title == "Conformance test report"
    with pytest.raises(NoAlertPresentException):
        _ = reader.browser.switch_to.alert.text
    assert (
        reader.run(
            "return document.querySelectorAll('img, iframe, svg:not(.drawn), object').length"
        )
        == 0
    )
    assert reader.run("return document.scripts.length") == 1
    assert planted.split("\n", maxsplit=1)[0] in reader.text()
    assert reader.asked_of_the_network() == []
    assert reader.browser.get_log("browser") == []


def test_nothing_that_a_device_planted_runs(reader):
    reader.open(watched(traces.hostile(CANARY), "en"))
    reader.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert reader.browser.title == "Conformance test report"
    forbidden = "return document.querySelectorAll('img, iframe, svg:not(.drawn), object').length"
    assert reader.run(forbidden) == 0
    assert reader.run("return document.scripts.length") == 1
    assert '"><script>' in reader.text()
    assert reader.asked_of_the_network() == []
    assert reader.browser.get_log("browser") == []


def test_the_course_of_a_trace_is_seen_at_once_without_a_script(reader):
    reader.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        reader.open(watched(traces.Given(traces.outage(), (10, 27))))
        film = reader.find("#must_mend .evidence")
        assert film.get_attribute("open")
        for words in ("#10", "#27", "补传", "连接 2 次", "12 s", "客户端标识 d1", '"seq": 4'):
            assert words in film.text
        mark = film.find_element(By.CSS_SELECTOR, ".topic line.hit")
        width = film.find_element(By.CSS_SELECTOR, ".topic > svg").rect["width"]
        assert width > 300
        offset = mark.rect["x"] - film.find_element(By.CSS_SELECTOR, ".topic > svg").rect["x"]
        assert abs(offset / width - 4 / 30) < 0.02
    finally:
        reader.command("Emulation.setScriptExecutionDisabled", value=False)


def test_paper_holds_the_course_and_the_packets(reader, printed):
    reader.open(watched(traces.Given(traces.outage(), (10, 27))))
    said = re.sub(r"\s+", "", printed()[1])
    for wanted in ("引用的报文", "12s", "25s", "#10", '"seq":4', "切断链路", "03:04:09.000"):
        assert wanted in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_trace_fits_a_telephone(reader, lang):
    reader.open(watched(traces.Given(traces.outage(), (10, 30)), lang))
    size = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    reader.command("Emulation.setDeviceMetricsOverride", **size)
    reader.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert reader.run("return document.documentElement.scrollWidth") == 360


# WCAG 2.2, 1.4.3: each text that is to be seen against the nearest ground that is not transparent.
CONTRASTS = """
const parse = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map((each) => each / 255)
  .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
  .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = parse(getComputedStyle(each).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const found = [];
for (const each of document.querySelectorAll("body *")) {
  const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !each.checkVisibility() || each.matches("script, style")) continue;
  const style = getComputedStyle(each);
  const ink = parse(each instanceof SVGElement ? style.fill : style.color);
  const [high, low] = [light(ink), light(ground(each))].sort((a, b) => b - a);
  const ratio = (high + 0.05) / (low + 0.05);
  if (ratio < 4.5) found.push([each.tagName, each.className, each.textContent, ratio]);
}
return [found, document.querySelectorAll("body *").length];
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_that_is_seen_stands_out(reader, theme):
    given = traces.Given(traces.outage(), (10, 27, 30), (4,))
    evidence = {**seen.evidence(), **given.evidence, "denied/reply.1": (traces.handshake(()),)}
    reader.open(render_html(given.report, evidence, "en", frames=given.frames))
    reader.find(f'input[value="{theme}"] + span').click()
    reader.run("for (const each of document.querySelectorAll('details')) each.open = true")
    faint, looked_at = reader.run(CONTRASTS)
    assert faint == []
    assert looked_at > 500


def test_the_policy_holds_what_would_be_planted(reader):
    reader.run(
        "const made = document.createElement('script'); made.textContent = 'document.title=1';"
        "document.body.append(made); const image = new Image(); image.src = 'http://127.0.0.1:9/';"
        "document.body.append(image)"
    )
    assert reader.browser.title == "符合性测试报告"
    told = [each["message"] for each in reader.browser.get_log("browser")]
    assert len([each for each in told if "Content Security Policy" in each]) == 2


def test_five_thousand_requirements_are_searched_and_filtered(reader):
    reader.open(render_html(seen.large_report(5000), seen.evidence(), "en"))
    assert reader.find("#count").text == "5000"
    reader.find("#seek").send_keys("DI-04999")
    assert reader.rows() == ["DI-04999"]
    reader.find("#clear").click()
    reader.find('input[value="fail"] + span').click()
    assert reader.find("#count").text == "1112"
    shown = reader.run("return document.querySelectorAll('.row:not([hidden])').length")
    assert shown == 1112
