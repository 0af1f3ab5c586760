"""The commands end to end, over a place whose targets need no C."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heald.cli import main

pytestmark = pytest.mark.slow

PLACE = """
from heald import Finding
from heald.targets.target import SliceResult


class Target:
    def __init__(self, name, expected, fails):
        self.name, self.expected, self.fails = name, expected, fails

    def run_slice(self, *, seconds, seed, stop):
        findings = [Finding("lost update", "2 gave <1>", seed=seed)] if self.fails else []
        return SliceResult(1000, 0.01, {"1": 10, "<2>": 990}, findings)


TARGETS = [Target("counter/atomic", "sound", SOUND_FAILS), Target("counter/plain", "flawed", True)]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.py").write_text(PLACE.replace("SOUND_FAILS", "False"))
    (tmp_path / "broken.py").write_text(PLACE.replace("SOUND_FAILS", "True"))
    return tmp_path


def heald(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_campaign_that_goes_as_expected_ends_with_its_table_and_zero(here: Path) -> None:
    result = heald("stress", "fine.py", "--budget", "0.6s")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == (
        [
            "target",
            "variant",
            "expected",
            "verdict",
            "samples",
            "per",
            "s",
            "outcomes",
            "worth",
            "(95",
            "%)",
            "capsules",
        ]
    )
    assert re.search(r"counter +atomic +sound +passed +\d.* misses below ", lines[1])
    assert re.search(
        r"counter +plain +flawed +passed +\d.* caught: lost update x", lines[2]
    )
    assert lines[-1] == "passed: 2 targets, 2 passed"


def test_sound_variant_that_fails_makes_the_campaign_fail(here: Path) -> None:
    result = heald("stress", "broken.py", "--budget", "0.6s")
    assert result.exit_code == 1
    assert "counter/atomic: failed: lost update x" in result.stdout
    (capsule, *_) = re.findall(r"heald replay (\S+)", result.stdout)
    again = heald("replay", capsule, "--budget", "60s")
    assert again.exit_code == 1
    assert "failed: failed again: 1 of 1,000 samples" in again.stdout


def test_json_is_one_object_with_stable_keys_and_the_rest_goes_to_stderr(
    here: Path,
) -> None:
    result = heald("stress", "fine.py", "--budget", "0.6s", "--json", "--seed", "5")
    data = json.loads(result.stdout)
    assert data["verdict"] == "passed"
    assert data["seed"] == 5
    assert set(data) == {
        "campaign", "database", "seed", "seconds", "preparing_seconds", "interrupted",
        "verdict", "targets", "machines", "failures",
    }  # fmt: skip
    sound, flawed = data["targets"]
    assert sound["bound_on_missed"] < 0.01
    assert flawed["findings"]["lost update"] >= 1
    assert set(sound) == {
        "target", "place", "expected", "verdict", "worth", "samples", "seconds",
        "samples_per_second", "outcomes", "bound_on_missed", "findings", "capsules",
        "kinds", "explanations",
        "notes", "error",
    }  # fmt: skip


def test_plan_chooses_and_the_command_line_overrides_it(here: Path) -> None:
    (here / "plan.toml").write_text(
        'budget = "9h"\nplaces = ["fine.py"]\n[[target]]\nmatch = "*/plain"\nskip = true\n'
    )
    result = heald("stress", "--plan", "plan.toml", "--budget", "0.4s", "--json")
    assert [row["target"] for row in json.loads(result.stdout)["targets"]] == [
        "counter/atomic"
    ]


def test_finished_campaign_resumes_only_with_a_longer_budget(here: Path) -> None:
    heald("stress", "fine.py", "--budget", "0.4s", "--json")
    refused = heald("stress", "--resume")
    assert refused.exit_code == 2
    assert "nothing to resume: the last campaign" in refused.output
    first = json.loads(heald("stress", "--resume", "--budget", "0.8s", "--json").stdout)
    assert first["campaign"] == 1
    assert 0.7 < first["seconds"] < 30


def test_report_shows_the_campaign_again_and_escapes_what_subjects_say(
    here: Path,
) -> None:
    heald("stress", "broken.py", "--budget", "0.5s")
    table = heald("report")
    assert table.exit_code == 1
    assert table.stdout.splitlines()[-1] == "failed: 2 targets, 1 passed, 1 failed"
    assert heald("report", "--html", "out").exit_code == 1
    html = (here / "out" / "index.html").read_text()
    assert "2 gave &lt;1&gt;" in html
    assert "<code>&lt;2&gt;</code>" in html
    assert not re.search(r'(src|href)="(?!#|failures/)', html)
    page, *_ = re.findall(r'href="(failures/[^"]+)"', html)
    assert "2 gave" in (here / "out" / page).read_text()


def test_two_targets_of_one_name_are_refused(here: Path) -> None:
    result = heald("stress", "fine.py", "broken.py")
    assert result.exit_code == 2
    assert "two targets are called counter/atomic: one in fine.py, one in broken.py" in (
        result.output
    )


def test_list_names_the_targets(here: Path) -> None:
    result = heald("list", "fine.py")
    assert result.stdout.split() == [
        "counter/atomic",
        "sound",
        "fine.py",
        "counter/plain",
        "flawed",
        "fine.py",
    ]


def test_earlier_campaigns_are_listed_and_can_be_chosen(here: Path) -> None:
    heald("stress", "broken.py", "--budget", "0.6s")
    heald("stress", "fine.py", "--budget", "0.6s")
    listed = heald("report", "--list")
    assert listed.exit_code == 0, listed.output
    second, first = listed.stdout.splitlines()
    assert re.match(r"^2  20\d\d-.* UTC  .* of 0\.6.* s, complete  passed: ", second)
    assert re.match(r"^1  20\d\d-.* UTC  .* of 0\.6.* s, complete  failed: ", first)
    assert heald("report").exit_code == 0
    assert heald("report", "--campaign", "1").exit_code == 1
    page = heald("report", "--campaign", "1", "--html", "page")
    assert "<h1 class=" in Path(page.stdout.strip()).read_text()
    missing = heald("report", "--campaign", "7")
    assert missing.exit_code == 2
    assert "no campaign 7 in .heald/results.db; there are 1, 2" in missing.output


def test_output_says_when_the_budget_begins(here: Path) -> None:
    result = heald("stress", "fine.py", "--budget", "0.6s", "--json")
    assert "the budget begins when everything is compiled" in result.stderr
    assert json.loads(result.stdout)["preparing_seconds"] >= 0
    assert "budget begins" in heald("stress", "--help").stdout
