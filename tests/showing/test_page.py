"""The page of a failure, in a real browser where there is one (Debian's chromium, Selenium)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from heald.finding import Finding
from heald.showing.evidence import failure_of
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


@pytest.mark.parametrize("width", [360, 1200, 2000])
def test_the_page_is_never_wider_than_the_window(
    browser: Any, tmp_path: Path, width: int
) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(page(tmp_path, MISSED, *found()).as_uri())
    root = "return document.documentElement."
    too_wide = f"{root}scrollWidth - document.documentElement.clientWidth"
    for number in range(4):
        browser.execute_script(f"show({number})")
        assert browser.execute_script(too_wide) <= 0
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_call_says_which_order_explains_it_and_why_the_next_cannot_be_placed(
    browser: Any, tmp_path: Path
) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    browser.get(page(tmp_path, *found()).as_uri())
    assert text(browser, "call") == (
        "thread 2: read() -> 0. Over before it began: write(1) -> none, read() -> 1. An order "
        "explains 2 calls: write(1) -> none, read() -> 1. This one cannot come next: the "
        "model accepts 1."
    )
    first = browser.find_element("css selector", "#lanes .call")
    ActionChains(browser).move_to_element(first).perform()
    assert "An order explains it: it comes first." in text(browser, "call")


def test_a_transfer_is_stepped_through_call_by_call(browser: Any, tmp_path: Path) -> None:
    browser.get(page(tmp_path, found()[1]).as_uri())
    assert text(browser, "count") == "2 of 2"
    assert text(browser, "values") == "bytes by sendfile 60 #2"
    assert "the script: cap 20" in text(browser, "said")
    assert "then: short transfer" in text(browser, "said")
    assert "bytes that arrived: 60" in text(browser, "bytes")


def test_the_byte_that_matters_is_marked_beyond_the_end(
    browser: Any, tmp_path: Path
) -> None:
    browser.get(page(tmp_path, found()[2]).as_uri())
    assert "what matters is byte 44, beyond the end" in text(browser, "input-about")
    assert browser.find_element("css selector", "#input .here").text == "??"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
def test_axe_finds_nothing_to_complain_of(
    browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_core_python.selenium", reason="needs axe-core-python")
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(page(tmp_path, MISSED, *found(), patch="-x\n+y", notes=["n"]).as_uri())
    wrong: list[dict[str, Any]] = []
    for number in range(4):
        browser.execute_script(f"show({number})")
        wrong += axe.Axe().run(browser)["violations"]
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert [(w["id"], w["nodes"][0]["html"]) for w in wrong] == []


def found() -> list[dict[str, Any]]:
    """What real threads, a transfer and a parser leave."""
    events = [
        [1, 0, 5, None, "write", 1],
        [2, 3, 8, 1, "read"],
        [2, 10, 14, 0, "read"],
    ]
    history = {"history": {"events": events}, "placed": [0, 1], "stuck_call": 2}
    history["accepted"] = ["1"]
    case = {"size": 100, "count": 100, "steps": [["CAP", 40], ["CAP", 20]]}
    calls = ["sendfile(100) = 40", "sendfile(60) = 20"]
    result = {"expected": 100, "moved": 60, "arrived": 60, "wrong_at": -1}
    transfer = {"case": case, "calls": calls, "acted": [0, 1], "result": result}
    data = {"data": bytes(40).hex(), "position": 44, "place": "flush", "alignment": 0}
    return [
        failure_of(Finding("non-linearizable history", "1 of 9", detail=history)),
        failure_of(Finding("short transfer", "returned 0 (complete)", detail=transfer)),
        failure_of(Finding("read outside", "touched byte 44", detail=data)),
    ]  # fmt: skip


def long_run(folder: Path, length: int) -> dict[str, Any]:
    """A run of four threads over two hundred variables and many lines of source."""
    file = folder / "long.c"
    file.write_text("".join(f"atomic_store(&slots[{i}], {i});\n" for i in range(1500)))
    steps: list[dict[str, Any]] = []
    for i in range(length):
        step = {
            "thread": 1 + i % 4,
            "op": ("load", "store", "rmw")[i % 3],
            "order": "seq_cst",
        }
        step |= {"at": f"x{i % 200}", "name": f"queue.slots[{i % 200}].value"}
        step |= {"file": str(file), "line": 1 + i * 7 % 1500}
        if step["op"] != "store":
            step |= {"old": str(i), "from": i - 200 if i >= 200 else None}
        if step["op"] != "load":
            step |= {"new": str(i + 1)}
        if step["op"] == "load":
            step["newer"] = [i - 3] if i >= 3 else []
        steps.append(step)
    threads = [{"id": number, "name": "worker"} for number in range(5)]
    return {**MISSED, "where": [], "trace": {"threads": threads, "steps": steps}}


@pytest.fixture
def spent(browser: Any) -> Iterator[Callable[[], float]]:
    """Say what processor time the page's own thread has had: a busy machine takes none of it."""
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds() -> float:
        told = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        [found] = [each["value"] for each in told if each["name"] == "TaskDuration"]
        return float(found)

    yield seconds
    browser.execute_cdp_cmd("Performance.disable", {})


STEPS = 30
STEPPED = f"""
const done = arguments[0];
let count = 0;
(function next() {{
  if (count++ >= {STEPS}) return done();
  go(at + 1);
  requestAnimationFrame(next);
}})();
"""


def test_a_run_of_two_thousand_steps_opens_at_once_and_steps_smoothly(
    browser: Any, tmp_path: Path, spent: Callable[[], float]
) -> None:
    began = time.process_time()
    file = page(tmp_path, long_run(tmp_path, 2000))
    assert time.process_time() - began < 2.0  # measured: 0.3
    before = spent()
    browser.get(file.as_uri())
    assert text(browser, "count").endswith(" of 2000")
    assert spent() - before < 0.8  # measured: 0.1
    browser.execute_script("go(500)")
    before = spent()
    browser.execute_async_script(STEPPED)
    assert text(browser, "count") == f"{501 + STEPS} of 2000"
    assert (spent() - before) / STEPS < 0.06  # measured: 0.013


def test_of_a_long_run_what_is_looked_at_is_drawn_and_all_of_it_is_there(
    browser: Any, tmp_path: Path
) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(page(tmp_path, long_run(tmp_path, 2000)).as_uri())
    press(browser, Keys.HOME)
    assert text(browser, "count") == "1 of 2000"
    assert text(browser, "s0").startswith("#1thread 1 worker")
    press(browser, Keys.END)
    assert text(browser, "count") == "2000 of 2000"
    assert text(browser, "s1999").startswith("#2000thread 4 worker")
    assert not browser.find_elements("id", "s1000")
    browser.execute_async_script(
        "const done = arguments[0]; $('steps').scrollTop = 1000 * 26;"
        "requestAnimationFrame(() => requestAnimationFrame(() => done()))"
    )
    assert text(browser, "s1000").startswith("#1001thread 1 worker")
    there = browser.find_elements("css selector", "#rows li")
    assert 10 < len(there) < 200
    assert there[0].get_attribute("aria-setsize") == "2000"
    active = browser.find_element("id", "rows").get_attribute("aria-activedescendant")
    assert active == "s1999"  # chosen, and still there
    assert browser.find_elements("id", active)
    browser.find_element("id", "s1000").click()
    assert text(browser, "count") == "1001 of 2000"
    rows = browser.find_elements("css selector", "#values tr.now td")
    assert rows[0].text == "queue.slots[0].value"
    for box, now in (
        ("steps", "#s1000"),
        ("source", "#source .now"),
        ("valued", "tr.now"),
    ):
        script = (
            "const [inner, outer] = [...arguments].map(at => document.querySelector(at)"
            ".getBoundingClientRect());"
            "return inner.top > outer.top - 2 && inner.bottom < outer.bottom + 2"
        )
        assert browser.execute_script(script, now, f"#{box}"), box
