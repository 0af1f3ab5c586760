"""Databases put together, and set beside each other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heald import UsageError, Verdict
from heald.campaign.comparing import changes
from heald.campaign.database import Database
from heald.campaign.judgement import judge
from heald.campaign.merging import merge
from heald.campaign.record import Record
from heald.cli import main
from heald.finding import Finding
from heald.targets.target import SliceResult
from tests.campaign.fakes import Fake, campaign_of, failing, good
from tests.campaign.test_run import run

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shard(name: str, which: tuple[int, int] | None, **plan: object) -> Path:
    """Run a few slices of a campaign, and return its database."""
    fakes = (Fake("good/one", good, "sound"), Fake("bad/one", failing, "flawed"))
    settings: dict[str, object] = {"budget_s": 60.0, "slice_s": 0.02, **plan}
    campaign = campaign_of(Path(name), *fakes, shard=which, **settings)
    run(campaign, lambda c: all(record.slices >= 3 for record in c.records.values()))
    campaign.database.close()
    return Path(name, "results.db")


def test_shards_are_disjoint_and_merge_into_their_campaign() -> None:
    paths = [shard("a", (0, 2)), shard("b", (1, 2))]
    seeds = []
    for which, path in enumerate(paths):
        with Database(path) as database:
            rows = list(database.slices(1))
            numbers = database._connection.execute("SELECT number FROM slice").fetchall()
        assert {number % 2 for (number,) in numbers} == {which}
        seeds.append({(row["target"], row["seed"]) for row in rows})
    assert not seeds[0] & seeds[1]
    with Database(Path("all.db")) as into:
        campaign = merge(paths, into)
        merged = {(row["target"], row["seed"]) for row in into.slices(campaign.id)}
        assert merged == seeds[0] | seeds[1]
        records = {record.name: record for record in into.records(campaign.id)}
        assert judge(records["bad/one"]).verdict is Verdict.PASSED
        outcomes = records["good/one"].outcomes
        assert outcomes["a"] == records["good/one"].slices * 600
        names = [row["name"] for row in into.machines(campaign.id)]
        assert names == ["results"]  # both are called so, and are the same machine
        capsules = [
            c for row in into.slices(campaign.id) for c in row["capsules"].values()
        ]
        assert capsules
        assert all(Path(capsule).is_file() for capsule in capsules)


def test_a_copy_of_a_campaign_counts_once() -> None:
    path = shard("a", None)
    shutil.copy(path, "copy.db")
    with Database(Path("all.db")) as into:
        campaign = merge([Path("copy.db"), path], into)
        merged = list(into.slices(campaign.id))
    with Database(path) as database:
        assert len(merged) == len(list(database.slices(1)))


def test_what_cannot_be_merged_is_named() -> None:
    path = shard("a", None)
    with Database(path) as into, pytest.raises(UsageError, match="cannot be merged into"):
        merge([path], into)
    Database(Path("empty.db")).close()
    with Database(Path("all.db")) as into:
        with pytest.raises(UsageError, match=r"^no campaign in empty\.db$"):
            merge([Path("empty.db")], into)
        with pytest.raises(UsageError, match=r"^no results in none\.db"):
            merge([Path("none.db")], into)


def heald(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_command_merges_shows_and_compares() -> None:
    paths = [str(shard(name, (n, 2))) for n, name in enumerate("ab")]
    result = heald("report", "--merge", *paths, "--db", "all.db")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "passed: 2 targets, 2 passed"
    result = heald("report", "--db", "all.db", "--against", paths[0], "--json")
    data = json.loads(result.stdout)
    assert [row["change"] for row in data["against"]] == ["same", "same"]
    assert data["machines"][0]["slices"] >= 12
    assert heald("report", paths[0]).exit_code == 2
    assert heald("report", "--merge").exit_code == 2


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    result = heald("stress", "--shard", text, "--seed", "1")
    assert result.exit_code == 2
    assert "a shard is one of some, such as 2/8" in result.output


def test_shards_need_a_seed() -> None:
    result = heald("stress", "--shard", "1/2")
    assert result.exit_code == 2
    assert "--shard needs a --seed, the same one for all shards" in result.output


def record(name: str, samples: int, *kinds: str, expected: str = "sound") -> Record:
    found = Record(name, "place", expected)
    found.add(SliceResult(samples, 1.0, {}, [Finding(kind, "") for kind in kinds]))
    return found


def test_a_comparison_says_what_is_worse_better_new_and_gone() -> None:
    before = [
        record("became/worse", 1000),
        record("became/better", 1000, "crash"),
        record("is/gone", 1000),
        record("is/slower", 1000),
        record("is/same", 1000),
        record("other/finding", 1000, "crash"),
    ]
    after = [
        record("became/worse", 1000, "lost update"),
        record("became/better", 1000),
        record("is/slower", 100),
        record("is/same", 1000),
        record("other/finding", 1000, "hang"),
        record("is/new", 1000),
    ]
    found = {change.name: change for change in changes(before, after)}
    assert {name: change.direction for name, change in found.items()} == {
        "became/worse": "worse",
        "became/better": "better",
        "is/slower": "same",
        "is/same": "same",
        "other/finding": "same",
        "is/new": "new",
        "is/gone": "gone",
    }
    assert str(found["became/worse"]) == (
        "worse: became/worse: passed -> failed; new: lost update"
    )
    assert str(found["is/slower"]).endswith("; 0.1 times the samples per second")
    assert not found["is/same"].is_notable
    assert (found["other/finding"].appeared, found["other/finding"].gone) == (
        ("hang",),
        ("crash",),
    )
