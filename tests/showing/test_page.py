"""The page of a failure, in a real browser where there is one (Debian's chromium, Selenium)."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heald.showing.page import Page
from tests.showing.test_trace import MISSED

HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'


def page(tmp_path: Path, *failures: dict[str, Any], **parts: Any) -> Path:
    file = tmp_path / "page.html"
    Page("mp.c", "mp.c: failed", failures or (MISSED,), **parts).save(file)
    return file


def data_of(file: Path) -> Any:
    text = file.read_text()
    [found] = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', text
    )
    return json.loads(found)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    steps = [{**MISSED["trace"]["steps"][0], "name": HOSTILE, "file": HOSTILE}]
    failure = {**MISSED, "message": HOSTILE, "trace": {**MISSED["trace"], "steps": steps}}
    file = page(tmp_path, failure, patch=HOSTILE, notes=[HOSTILE])
    assert file.read_text().count("<script") == 2
    assert "onerror" not in re.sub(r'id="data">.*?</script>', "", file.read_text())
    assert data_of(file)["failures"][0]["message"] == HOSTILE


def test_the_page_asks_the_network_for_nothing(tmp_path: Path) -> None:
    text = page(tmp_path).read_text()
    assert "default-src 'none'" in text
    assert set(re.findall(r"https?://[^\"' ]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_a_page_holds_the_capsule_and_the_source(tmp_path: Path) -> None:
    capsule, source = tmp_path / "c.json", tmp_path / "mp.c"
    capsule.write_text("{}")
    source.write_text("int data;\n")
    steps = [{**MISSED["trace"]["steps"][0], "file": str(source), "line": 1}]
    failure = {**MISSED, "capsule": str(capsule)}
    failure["trace"] = {**MISSED["trace"], "steps": steps}
    [shown] = data_of(page(tmp_path, failure))["failures"]
    assert shown["capsule"] == {"name": "c.json", "text": "{}"}
    assert shown["sources"] == {str(source): ["int data;"]}
    assert shown["replay"] == f"heald replay {capsule}"


def test_a_failure_without_a_trace_has_a_page(tmp_path: Path) -> None:
    bare = {"kind": "leak", "message": "16 bytes"}
    [shown] = data_of(page(tmp_path, bare))["failures"]
    assert shown["steps"] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs Debian's chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    found = webdriver.Chrome(options=options, service=service)
    yield found
    found.quit()


def text(browser: Any, name: str) -> str:
    return str(browser.find_element("id", name).text)


def press(browser: Any, *keys: str) -> None:
    for key in keys:
        browser.find_element("tag name", "body").send_keys(key)


def test_arrow_keys_step_to_the_failing_step(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(page(tmp_path).as_uri())
    press(browser, Keys.HOME)
    assert text(browser, "count") == "1 of 5"
    press(browser, *[Keys.ARROW_RIGHT] * 3)
    assert text(browser, "said").startswith("#4 thread 2 reader: data is 0")
    assert "STALE: the initial value" in text(browser, "said")
    press(browser, Keys.END)
    assert text(browser, "count") == "5 of 5"
    assert "FAILS" in text(browser, "said")
    assert not browser.get_log("browser")


def test_values_are_those_after_the_step(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(page(tmp_path).as_uri())
    press(browser, Keys.HOME)
    assert text(browser, "values").split("\n") == ["data 1 #1", "flag 0"]
    press(browser, Keys.ARROW_RIGHT)
    assert text(browser, "values").split("\n") == ["data 1 #1", "flag 1 #2"]


def test_edges_are_turned_off_and_on(browser: Any, tmp_path: Path) -> None:
    browser.get(page(tmp_path).as_uri())
    missed = '#edges path[data-kind="fr"]'
    assert len(browser.find_elements("css selector", missed)) == 1
    browser.find_element("id", "edge-fr").click()
    assert not browser.find_elements("css selector", missed)


def test_markup_in_names_is_shown_as_text(browser: Any, tmp_path: Path) -> None:
    steps = [{**MISSED["trace"]["steps"][0], "name": HOSTILE}]
    failure = {**MISSED, "message": HOSTILE, "trace": {**MISSED["trace"], "steps": steps}}
    browser.get(page(tmp_path, failure).as_uri())
    assert browser.title == "mp.c - heald"
    assert HOSTILE in text(browser, "what")
    assert not browser.find_elements("tag name", "img")


@pytest.mark.parametrize("width", [500, 1200, 1900])
def test_the_page_is_never_wider_than_the_window(
    browser: Any, tmp_path: Path, width: int
) -> None:
    browser.set_window_size(width, 900)
    browser.get(page(tmp_path).as_uri())
    root = "return document.documentElement."
    wide = browser.execute_script(
        f"{root}scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0


def test_a_run_of_two_thousand_steps_opens_within_a_second(
    browser: Any, tmp_path: Path
) -> None:
    place = {"file": "mp.c", "line": 4}
    steps = [
        {"thread": 1 + i % 2, "op": "load", "at": f"x{i % 50}", "old": "0", "from": i // 2, **place}
        for i in range(2000)
    ]  # fmt: skip
    file = page(tmp_path, {**MISSED, "trace": {**MISSED["trace"], "steps": steps}})
    browser.get(file.as_uri())
    timing = "const t = performance.getEntriesByType('navigation')[0];"
    taken_ms = browser.execute_script(f"{timing} return t.domComplete - t.responseEnd")
    assert text(browser, "count") == "2000 of 2000"
    assert taken_ms < 5000  # measured: a tenth of it; a busy machine is no failure
