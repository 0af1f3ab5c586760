"""Every cell of the table in ``subjects/`` that real threads can decide, and its completeness.

The exploring cells are data as well (``Variant.exploring``); they are held where the explorer
runs.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from heald import Scenario
from heald.building.compilers import find_compiler
from heald.native import NativeSession
from heald.native.trial import Trial, try_scenario
from heald.targets.of_subject import SubjectTarget
from heald.targets.places import targets_in
from heald.verdicts import UsageError
from subjects import cas, counter, publish, refcount, ring, stack
from subjects.expectations import MODELS, NEVER, Variant, always

VARIANTS: list[Variant] = [
    variant
    for module in (counter, publish, cas, stack, ring, refcount)
    for variant in module.VARIANTS
]
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
on_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="says what x86 shows")

SOUND = [
    "counter/fetch-add-relaxed",
    "counter/fetch-add-seq-cst",
    "counter/cas-bare",
    "counter/cas-yield",
    "counter/cas-backoff",
    "counter/mutex",
    "publish/release-acquire",
    "publish/fences",
    "publish/seq-cst",
    "cas/strong",
    "cas/weak",
    "cas/updated",
    "cas/single-shot",
    "stack/tagged",
    "stack/hazard",
    "ring/release-acquire",
    "ring/barriers",
    "refcount/acq-rel",
]
FLAWED_AND_SHOWN = [
    "counter/plain",
    "counter/volatile",
    "counter/load-store",
    "publish/plain-flag",
    "stack/malloc",
    "stack/pool",
    "stack/hazard-no-recheck",
]
FLAWED_AND_RARE = ["stack/tag-1-bit", "stack/tag-2-bits", "stack/hazard-relaxed-fence"]
FLAWED_AND_HIDDEN = [
    "publish/relaxed-relaxed",
    "publish/release-relaxed",
    "publish/relaxed-acquire",
    "publish/no-write-barrier",
    "publish/no-read-barrier",
    "publish/volatile-flag",
    "stack/hazard-relaxed-push",
    "ring/relaxed-publish",
    "ring/relaxed-observe",
    "ring/relaxed-recycle",
    "ring/relaxed-reuse",
    "ring/no-write-barrier",
    "ring/no-read-barrier",
    "refcount/relaxed-put",
]


def named(name: str) -> Variant:
    return next(variant for variant in VARIANTS if variant.name == name)


@pytest.mark.parametrize(
    ("names", "expected", "shown"),
    [
        pytest.param(SOUND, "sound", {"yes"}, id="sound"),
        pytest.param(FLAWED_AND_SHOWN, "flawed", {"yes"}, id="shown"),
        pytest.param(FLAWED_AND_RARE, "flawed", {"rare"}, id="rare"),
        pytest.param(FLAWED_AND_HIDDEN, "flawed", {"no"}, id="hidden"),
    ],
)
def test_every_row_is_there_with_its_verdict(
    names: list[str], expected: str, shown: set[str]
) -> None:
    found = {
        variant.name
        for variant in VARIANTS
        if variant.subject.expected == expected and variant.subject.shown_here in shown
    }
    assert found == set(names)


@each_variant
def test_every_row_says_what_exploring_shows_under_each_model_and_why(
    variant: Variant,
) -> None:
    assert set(variant.exploring) == set(MODELS)
    assert variant.why
    # What a stronger model shows, a weaker one shows as well.
    for stronger, weaker in pairwise(MODELS):
        assert bool(variant.exploring[stronger]) <= bool(variant.exploring[weaker])


def test_a_sound_row_with_a_finding_is_refused() -> None:
    subject = named("counter/mutex").subject
    with pytest.raises(ValueError, match=r"^counter/mutex is sound but something"):
        Variant(subject, always("data race"), frozenset(), "a slip")


def test_a_flawed_row_without_a_finding_is_refused() -> None:
    subject = named("counter/plain").subject
    with pytest.raises(ValueError, match=r"^counter/plain is flawed but exploring"):
        Variant(subject, NEVER, frozenset({"crash"}), "a slip")


def test_a_row_that_is_shown_here_without_saying_how_is_refused() -> None:
    subject = named("counter/plain").subject
    with pytest.raises(ValueError, match=r"^counter/plain: native= and shown_here="):
        Variant(subject, always("data race"), frozenset(), "a slip")


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession() as native:
        yield native


def attempt(
    session: NativeSession, variant: Variant, scenario: Scenario, budget_s: float
) -> Trial:
    return try_scenario(
        session,
        variant.subject,
        scenario,
        seed=1,
        budget_s=budget_s,
        until_failure=True,
        check_power=False,
    )


@on_x86
@pytest.mark.parametrize("name", SOUND + FLAWED_AND_HIDDEN)
def test_what_must_hold_on_real_threads_holds(name: str, session: NativeSession) -> None:
    variant = named(name)
    for scenario in variant.subject.interesting:
        for budget_s in (0.1, 1.0, 10.0):
            trial = attempt(session, variant, scenario, budget_s)
            assert not trial.findings
            if trial.samples:
                break  # else the machine is too busy to run anything in so short a time
        assert trial.samples > 0


SHOWING = {
    "counter/plain": (counter.TWICE, 1.0),
    "counter/volatile": (counter.TWICE, 1.0),
    "counter/load-store": (counter.TWICE, 1.0),
    "publish/plain-flag": (publish.WAITING, 5.0),
    "stack/malloc": (stack.MIXED, 60.0),
    "stack/pool": (stack.ABA, 60.0),
    "stack/hazard-no-recheck": (stack.MIXED, 60.0),
    "stack/tag-1-bit": (stack.TAG_WRAP_1, 60.0),
    "stack/tag-2-bits": (stack.TAG_WRAP_2, 60.0),
}
"""The scenario that shows each flaw, and the seconds within which it must.

Idle, the stacks take below two seconds (rates of 3e-6 to 1e-3 a sample); the bound is the
issue's. The relaxed fence is left out: it showed in 1 to 30 seconds, or not at all.
"""


@on_x86
@pytest.mark.parametrize("name", SHOWING)
def test_what_real_threads_must_show_they_show(name: str, session: NativeSession) -> None:
    variant, (scenario, within_s) = named(name), SHOWING[name]
    trial = attempt(session, variant, scenario, within_s)
    assert {finding.kind for finding in trial.findings} & variant.native


def test_every_flaw_that_must_show_has_a_scenario_that_shows_it() -> None:
    assert set(FLAWED_AND_SHOWN) <= set(SHOWING)


@on_x86
def test_the_run_goes_on_after_a_hang(session: NativeSession) -> None:
    variant = named("publish/plain-flag")
    hang = attempt(session, variant, publish.WAITING, 2.0)
    (finding,) = hang.findings
    assert finding.kind == "hang"
    assert "wait_receive" in finding.message
    after = attempt(session, variant, publish.TRYING, 1.0)
    assert after.samples > 0
    assert not after.findings


@each_variant
def test_campaigns_find_every_variant(variant: Variant) -> None:
    target = SubjectTarget(variant.subject)
    assert target.name == variant.name
    assert target.expected in ("sound", "flawed")
    assert target.shown_here == variant.subject.shown_here


STRICT = [
    "-std=c11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wvla",
    "-Werror",
    "-fsyntax-only",
]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_every_weakened_variant_compiles_without_a_warning(compiler: str) -> None:
    try:
        command = find_compiler(compiler).command
    except UsageError as error:
        pytest.skip(str(error))
    for variant in VARIANTS:
        subject = variant.subject
        defines = [f"-D{key}={value}" for key, value in subject.defines.items()]
        line = [*command, *STRICT, *subject.cflags, *defines, *map(str, subject.sources)]
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def undefined_symbols(file: Path) -> set[str]:
    shown = subprocess.run(
        ["nm", "-u", str(file)], capture_output=True, text=True, check=True
    )
    return {line.split()[-1] for line in shown.stdout.splitlines()}


@on_x86
def test_the_tagged_stack_is_lock_free_without_libatomic(tmp_path: Path) -> None:
    subject = named("stack/tagged").subject
    made = tmp_path / "tagged.o"
    source = str(subject.sources[0])
    for compiler in ("gcc", "clang"):
        try:
            command = find_compiler(compiler).command
        except UsageError:
            continue
        line = [*command, "-std=c11", "-O2", "-mcx16", "-c", source, "-o", str(made)]
        subprocess.run(line, check=True)
        assert not undefined_symbols(made)
    explored = undefined_symbols(subject.build("explored").path)
    # The code that is explored is the code that ships: on x86-64 a load is an exchange, too.
    assert any(name.startswith("__tsan_atomic128_compare_exchange") for name in explored)


@on_x86
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize(
    ("flavour", "kinds"),
    [("native-O0", set()), ("native-O1", {"hang"}), ("native-O3", {"hang"})],
)
def test_it_is_the_optimiser_that_makes_the_plain_flag_hang(
    compiler: str,
    flavour: str,
    kinds: set[str],
    session: NativeSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        find_compiler(compiler)
    except UsageError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("CC", compiler)
    subject = named("publish/plain-flag").subject.with_changes("plain-flag")
    trial = try_scenario(
        session,
        subject,
        publish.WAITING,
        seed=1,
        budget_s=0.2,
        check_power=False,
        flavour=flavour,
    )
    assert {finding.kind for finding in trial.findings} == kinds


def test_every_target_of_the_folder_has_a_name_of_its_own() -> None:
    """A campaign over ``subjects/`` refuses two targets of one name."""
    names = [target.name for target in targets_in("subjects")]
    assert len(names) > 100
    assert sorted(set(names)) == sorted(names)
