from __future__ import annotations

import re
from pathlib import Path

import pytest

from heald import UsageError
from heald.campaign.plan import Plan, Rule, load_plan


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def test_whole_plan_is_read(tmp_path: Path) -> None:
    text = """
        budget = "8h"
        places = ["subjects", "mine.py"]
        jobs = 3
        seed = 1234
        slice = "5s"
        patience = "1m"
        floor = 0.25
        [[target]]
        match = "stack/*"
        weight = 3
        catch_within = "2m"
        [[target]]
        match = "stack/tagged"
        skip = true
    """
    plan = load_plan(written(tmp_path, text))
    assert plan == Plan(
        places=("subjects", "mine.py"),
        budget_s=28800.0,
        jobs=3,
        seed=1234,
        slice_s=5.0,
        patience_s=60.0,
        floor=0.25,
        rules=(
            Rule("stack/*", 3.0, catch_within_s=120.0),
            Rule("stack/tagged", skip=True),
        ),
    )
    assert plan.rule_for("stack/pool").weight == 3.0
    assert plan.rule_for("stack/tagged").skip
    assert plan.rule_for("ring/sound") == Rule("ring/sound")


def test_empty_plan_is_the_default(tmp_path: Path) -> None:
    assert load_plan(written(tmp_path, "")) == Plan()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("budget = ", "is not TOML"),
        ('bugdet = "8h"', "there is no entry 'bugdet'; there are places, budget, "),
        ('budget = "8 hours"', r"budget is a duration like \"8h\"; got '8 hours'"),
        ("jobs = 0", "jobs is a number from 1; got 0"),
        ("jobs = true", "jobs is a number from 1; got True"),
        ("floor = 1.5", "floor is a number above 0, at most 1; got 1.5"),
        (
            'places = "subjects"',
            r"places is a list like \[\"subjects\"\]; got 'subjects'",
        ),
        (
            "[target]\nmatch = 'a'",
            r"write each rule about targets under its own \[\[target\]\]",
        ),
        ("[[target]]\nweight = 2", r"a \[\[target\]\] needs match"),
        ("[[target]]\nmatch='a'\nweight = 0", "weight is a number above 0; got 0"),
        ("[[target]]\nmatch='a'\nskip = 1", "skip is true or false; got 1"),
    ],
)
def test_mistake_in_a_plan_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_plan(written(tmp_path, text))
    assert re.search(complaint, str(caught.value))


def test_missing_plan_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^cannot read the plan .*none\.toml: No such file"
    ):
        load_plan(tmp_path / "none.toml")
