import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import heald
from heald import Call, Finding, Scenario, Subject, UsageError, Violated
from heald.native.trial import Trial
from heald.targets.of_subject import SubjectTarget
from heald.testing import linearizable as one_line
from heald.testing.repeated import HealdRun, Test

COUNTER = """\
#include <stdatomic.h>
#ifdef PLAIN
struct counter { int value; };
int counter_next(struct counter *c) { return c->value++; }
#else
struct counter { _Atomic int value; };
int counter_next(struct counter *c) { return atomic_fetch_add(&c->value, 1); }
#endif
"""

STALE = """\
#include <stdatomic.h>
struct flag { _Atomic int value; };
struct reader { int last; };
void flag_add(struct flag *f) { atomic_fetch_add(&f->value, 1); }
int flag_get(struct flag *f, struct reader *r)
{
    int last = r->last;
    r->last = atomic_load(&f->value);
    return last; /* what the last call saw: right for some order, wrong for the one in time */
}
"""


FLAG_TEST = """\
import heald

class Flag:
    def __init__(self): self.value = 0
    def add(self): self.value += 1
    def get(self): return self.value

flag = heald.Subject(
    "flag.c",
    state="struct flag",
    local="struct reader",
    ops={
        "add": heald.op("void flag_add(struct flag *)", role="writer", when="threads"),
        "get": heald.op(
            "int flag_get(struct flag *, struct reader *)", role="reader", when="threads"
        ),
    },
    model=Flag,
)
test_flag = heald.linearizable(flag, threads=2, ops=4)
"""


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def next(self) -> int:
        self.value += 1
        return self.value - 1


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    monkeypatch.chdir(tmp_path)  # capsules go to .heald in the current directory
    (tmp_path / "counter.c").write_text(COUNTER)
    return Subject(
        tmp_path / "counter.c",
        state="struct counter",
        ops={"next": heald.op("int counter_next(struct counter *)")},
        model=Counter,
    )


@pytest.fixture
def plain(counter: Subject) -> Subject:
    return counter.with_defines("plain", expected="flawed", PLAIN=None)


def run(test: Test, *, budget_s: float = 0.3, seed: int = 1) -> None:
    test([HealdRun(seed=seed, budget_s=budget_s, profile="quick")])


BOTH = Scenario(threads=((Call("next"),), (Call("next"),)))
LOST = ((), (0,), (0,), ())


@pytest.mark.slow
def test_sound_subject_passes(counter: Subject) -> None:
    run(heald.linearizable(counter))


@pytest.mark.slow
def test_lost_update_ends_as_the_smallest_scenario_with_a_capsule(plain: Subject) -> None:
    with pytest.raises(Violated) as caught:
        run(heald.linearizable(plain, threads=3, ops=3), budget_s=5)
    finding = caught.value.finding
    assert finding is not None
    assert finding.scenario is not None
    assert len(finding.scenario.threads) == 2
    assert len(finding.scenario.calls) <= 4
    assert "counter/plain: forbidden outcome" in str(caught.value)
    assert "the model accepts" in str(caught.value)
    assert caught.value.capsule is not None
    assert caught.value.capsule.is_file()


@pytest.mark.slow
def test_result_that_is_wrong_in_time_is_caught_by_its_history_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flag.c").write_text(STALE)
    (tmp_path / "test_flag.py").write_text(FLAG_TEST)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--heald-budget",
        "5s",
        "test_flag.py",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "flag: non-linearizable history" in done.stdout
    assert "in the order in which they began:" in done.stdout
    (replay,) = re.findall(r"^heald (replay \S+)", done.stdout, re.MULTILINE)
    heald_command = Path(sys.executable).with_name("heald")
    again = [heald_command, *replay.split(), "--budget", "10s"]
    done = subprocess.run(again, capture_output=True, text=True)
    assert done.returncode == 1
    assert "failed again" in done.stdout + done.stderr


@pytest.mark.slow
def test_must_catch_passes_for_a_flaw(plain: Subject) -> None:
    run(heald.must_catch(plain, "forbidden outcome", budget_s=10))


@pytest.mark.slow
def test_must_catch_fails_for_sound_code(counter: Subject) -> None:
    with pytest.raises(pytest.fail.Exception, match="counter was not caught"):
        run(heald.must_catch(counter, budget_s=0.3))


@pytest.mark.slow
def test_few_scenarios_are_tried_again_until_time_is_up(
    counter: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def quick(
        _session: object,
        _subject: object,
        scenario: Scenario,
        *,
        budget_s: float,
        **_: object,
    ) -> Trial:
        tried.append(budget_s)
        return Trial(scenario, 0, 10, budget_s)

    monkeypatch.setattr(one_line, "try_scenario", quick)
    few = heald.must_catch(counter, threads=(2, 2), ops=(1, 1), budget_s=0.5)
    with pytest.raises(pytest.fail.Exception, match="samples of 9 scenarios"):
        run(few)
    assert len(tried) > 100


@pytest.mark.slow
def test_must_catch_asks_for_the_right_kind(plain: Subject) -> None:
    with pytest.raises(pytest.fail.Exception, match="was not caught \\(crash seen\\)"):
        run(heald.must_catch(plain, "crash", budget_s=0.3))


def test_flaw_that_cannot_show_itself_here_is_looked_for_in_the_explorer(
    plain: Subject, counter: Subject
) -> None:
    plain.shown_on = counter.shown_on = "no"
    run(heald.must_catch(plain))
    run(heald.must_catch(plain, "data race"))
    with pytest.raises(pytest.fail.Exception, match=r"was not caught .*executions of"):
        run(heald.must_catch(counter, budget_s=2))


@pytest.mark.slow
def test_outcome_table_holds_for_what_it_allows(counter: Subject) -> None:
    run(heald.shows_only(counter, BOTH, {LOST: "forbidden"}))


@pytest.mark.slow
@pytest.mark.parametrize("modelled", [True, False])
def test_outcome_that_the_table_forbids_fails(plain: Subject, modelled: bool) -> None:
    if not modelled:
        plain.model = None
    with pytest.raises(Violated, match=r"next\(\) -> 0 \|\| next\(\) -> 0"):
        run(heald.shows_only(plain, BOTH, {LOST: "forbidden"}), budget_s=5)


@pytest.mark.slow
def test_outcome_that_only_a_table_forbids_can_be_replayed(plain: Subject) -> None:
    plain.model = None
    finding = Finding("forbidden outcome", "", scenario=BOTH, outcome=LOST, seed=1)
    target = SubjectTarget(plain)
    again = target.replay_slice(finding, seconds=2.0, seed=1, stop=threading.Event())
    assert {found.kind for found in again.findings} == {"forbidden outcome"}
    assert again.findings[0].outcome == LOST


@pytest.mark.slow
def test_table_may_allow_what_the_model_forbids(plain: Subject) -> None:
    run(heald.shows_only(plain, BOTH, {LOST: "allowed"}))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({LOST: "maybe"}, 'an outcome is "allowed" or "forbidden"'),
        ({((0,), (0,)): "allowed"}, r"is no outcome of next\(\) \|\| next\(\)"),
    ],
)
def test_table_that_does_not_fit_is_refused(
    counter: Subject, table: dict[heald.Outcome, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        heald.shows_only(counter, BOTH, table)


def test_subject_without_a_model_cannot_be_linearizable(counter: Subject) -> None:
    counter.model = None
    with pytest.raises(UsageError, match="has no model to be linearizable against"):
        heald.linearizable(counter)


def test_run_that_could_not_have_failed_does_not_pass(
    counter: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubtful(
        _session: object, _subject: object, scenario: Scenario, **_: object
    ) -> Trial:
        return Trial(scenario, 0, 10, 0.1, doubts=("one processor",))

    monkeypatch.setattr(one_line, "try_scenario", doubtful)
    monkeypatch.setattr(one_line, "_QUIET_S", 0.0)  # it would be as doubtful later
    with pytest.raises(
        pytest.fail.Exception, match="UNTRUSTWORTHY counter: one processor"
    ):
        run(heald.shows_only(counter, BOTH, {}))


def test_large_count_is_one_item_with_a_seed_for_each_round(tmp_path: Path) -> None:
    """Ten thousand rounds of a test that does nothing cost no collection."""
    page = tmp_path / "test_rounds.py"
    page.write_text(
        "from pathlib import Path\n"
        "from heald.testing.repeated import repeated\n"
        "seeds = set()\n"
        "def check(run):\n"
        "    seeds.add(run.seed)\n"
        "    if run.number == 9_999: Path('seeds').write_text(str(len(seeds)))\n"
        "test_rounds = repeated(check, 'nothing')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--count", "10000", str(page)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout
    assert (tmp_path / "seeds").read_text() == "10000"
