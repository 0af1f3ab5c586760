"""The report of a campaign, as text and in a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from heald.campaign.comparing import Change
from heald.campaign.database import Database
from heald.campaign.plan import Plan
from heald.campaign.record import Record
from heald.campaign.report import write_report
from heald.finding import Finding
from heald.targets.target import SliceResult
from heald.topology import this_machine
from heald.verdicts import Verdict

HOSTILE = "<script>document.title='taken'</script>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three targets: a sound one, one that fails and says hostile things, one that never ran."""
    folder = tmp_path_factory.mktemp("report")
    with Database(folder / "results.db") as database:
        campaign = database.start(
            Plan(), seed=1, topology=this_machine().to_json(), heald="0"
        )
        started = database.campaigns()[0].started
        crash = Finding("crash", HOSTILE, seed=3)
        slices = {
            "a/sound": [(SliceResult(9000, 1.0, {"1": 8000, "2": 1000}), 1.0)],
            "b/broken": [
                (SliceResult(100, 1.0, findings=(crash,)), 2.0),
                (SliceResult(100, 1.0, findings=(crash,)), 4.0),
            ],
            "c/never": [],
        }
        for name, results in slices.items():
            target = database.add_target(campaign, Record(name, "place", "sound"))
            for result, after_s in results:
                database.add_slice(
                    campaign,
                    target,
                    result,
                    seed=1,
                    used_s=after_s,
                    capsules={},
                    at=started + after_s,
                )
        database.set_state(campaign, "complete", used_s=5.0)
        changed = [Change("a/sound", Verdict.FAILED, Verdict.PASSED, (), ("hang",), 2.0)]
        write_report(database, database.campaigns()[0], folder / "out", changed)
    return folder / "out" / "index.html"


def names(browser: Any) -> list[str]:
    rows = browser.find_elements("css selector", "#targets tbody tr")
    return [row.find_element("tag name", "a").text for row in rows if row.is_displayed()]


def test_failures_come_first_and_have_a_page(report: Path) -> None:
    html = report.read_text()
    assert re.findall(r'<td><a href="#\d">(.*?)</a>', html) == [
        "b/broken",
        "c/never",
        "a/sound",
    ]
    assert HOSTILE not in html
    [page] = {*re.findall(r'href="(failures/[^"]+)"', html)}
    assert "b/broken" in (report.parent / page).read_text()


def test_it_shows_when_what_was_found_and_what_changed(report: Path) -> None:
    html = report.read_text()
    assert "crash after 2.0 s" in html
    assert re.findall(r'left: ([\d.]+)%" title="crash', html) == ["50.00", "99.50"]
    assert re.search(r"a/sound</td><td [^>]*>better</td><td>failed</td><td>passed", html)
    assert (
        '8,000</td><td><span class="times" aria-hidden="true"><span style="width: 100'
        in html
    )
    assert "width: 12.5%" in html


def test_targets_are_searched_filtered_and_sorted(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    browser.find_element("id", "search").send_keys("crash")
    assert names(browser) == ["b/broken"]
    assert browser.find_element("id", "shown").text == "1 of 3 targets"
    browser.get(report.as_uri())
    select = pytest.importorskip("selenium.webdriver.support.ui").Select
    select(browser.find_element("id", "verdict")).select_by_visible_text("passed")
    assert names(browser) == ["a/sound"]
    browser.get(report.as_uri())
    header = browser.find_elements("css selector", "#targets th button")[3]
    header.click()
    assert names(browser) == ["c/never", "b/broken", "a/sound"]
    header.send_keys("\ue007")  # Enter
    assert names(browser) == ["a/sound", "b/broken", "c/never"]
    assert not browser.get_log("browser")


def test_a_link_leads_to_the_failure(browser: Any, report: Path) -> None:
    browser.get(report.as_uri())
    browser.find_element("link text", "step by step").click()
    assert browser.find_element("id", "title").text == "b/broken"
    assert HOSTILE in browser.find_element("id", "what").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_no_complaint_about_the_report(
    browser: Any, report: Path, scheme: str
) -> None:
    axe = pytest.importorskip("axe_core_python.selenium", reason="needs axe-core-python")
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(report.as_uri())
    wrong = axe.Axe().run(browser)["violations"]
    assert [(w["id"], w["nodes"][0]["html"]) for w in wrong] == []
