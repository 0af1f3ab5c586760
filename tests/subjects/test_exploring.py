"""Every exploring cell of the table in ``subjects/``, held by the explorer.

Flawed variants must show what their row says under each memory model, and nothing where it
says so ("fine under sc" is really explored under sc). Sound ones are verified exhaustively at
the sizes that the catalogue promises: two threads with three calls each, three threads with
two calls each, under every model.
"""

from __future__ import annotations

from itertools import product

import pytest

from heald import Call, Scenario, Verdict
from heald.explorer.exploration import Exploration, explore_scenario
from subjects import cas, counter, publish, refcount, ring, stack
from subjects.expectations import MODELS, Kinds, Variant

MODULES = (counter, publish, cas, stack, ring, refcount)
VARIANTS: list[Variant] = [variant for module in MODULES for variant in module.VARIANTS]
SOUND = [variant for variant in VARIANTS if variant.sound]
FLAWED = [variant for variant in VARIANTS if not variant.sound]

each_model = pytest.mark.parametrize("model", MODELS)

_INC = Call("increment")


def _cas_words(subject_name: str, threads: int, calls: int) -> Scenario:
    interesting = next(
        v for v in cas.VARIANTS if v.name == subject_name
    ).subject.interesting
    (call, *_) = interesting[0].threads[0]
    return Scenario(threads=((call,) * calls,) * threads, after=(Call("read"),))


def _publishing(receiving: list[list[str]]) -> Scenario:
    receivers = tuple(tuple(map(Call, words)) for words in receiving)
    return publish._scenario(
        [1, 2, 3][: 3 if len(receiving) == 1 else 2], list(receivers)
    )


#: Per subject: two threads with three calls each, and three with two. Single-producer subjects
#: have two threads at most: there the second size is more calls.
SIZES: dict[str, list[Scenario]] = {
    "counter": [
        Scenario(threads=((_INC, _INC, _INC),) * 2, after=(Call("read"),)),
        Scenario(threads=((_INC, _INC),) * 3, after=(Call("read"),)),
    ],
    "publish": [
        _publishing([["try_receive"] * 3]),
        _publishing([["try_receive"] * 2, ["try_receive"] * 2]),
    ],
    "stack": [
        stack.scenario(2, "ouo", "oou"),
        stack.scenario(0, "uuo", "oou"),
        stack.scenario(1, "ou", "ou", "ou"),
    ],
    "ring": [ring.scenario("", 3, 3), ring.scenario("p", 4, 4)],
    "refcount": [
        refcount.scenario(["get", "use"], ["use", "use"]),
        refcount.scenario(["use"], ["use"], ["use"]),
    ],
}


def sizes_of(variant: Variant) -> list[Scenario]:
    family, _, _ = variant.name.partition("/")
    if family == "cas":
        return [_cas_words(variant.name, 2, 3), _cas_words(variant.name, 3, 2)]
    return SIZES[family]


def first_findings(
    variant: Variant, model: str, races: str
) -> tuple[set[str], Exploration]:
    """Explore the variant's interesting scenarios up to the first that shows something."""
    # What must show nothing is searched to the end: two scenarios are enough of that here.
    wanted = variant.exploring if races == "fail" else variant.races_allowed or {}
    most = None if wanted[model] else 2
    for scenario in variant.subject.interesting[:most]:
        result = explore_scenario(variant.subject, scenario, model=model, races=races)
        if result.findings:
            break
    return {finding.kind for finding in result.findings}, result


def hold(variant: Variant, model: str, races: str, wanted: Kinds) -> None:
    seen, result = first_findings(variant, model, races)
    if wanted:
        assert seen & wanted, f"{variant.why}: {seen or 'nothing'} seen"
    else:
        assert not seen, result.findings[0].message
        assert result.exhaustive


@each_model
@pytest.mark.parametrize("variant", FLAWED, ids=lambda variant: variant.name)
def test_flawed_variant_shows_what_its_row_says(variant: Variant, model: str) -> None:
    hold(variant, model, "fail", variant.exploring[model])


@each_model
@pytest.mark.parametrize(
    "variant", [v for v in FLAWED if v.races_allowed], ids=lambda variant: variant.name
)
def test_flawed_variant_with_races_allowed_shows_what_its_row_says(
    variant: Variant, model: str
) -> None:
    assert variant.races_allowed is not None
    hold(variant, model, "allow", variant.races_allowed[model])


@each_model
@pytest.mark.parametrize("variant", SOUND, ids=lambda variant: variant.name)
def test_sound_variant_is_verified_at_two_by_three_and_three_by_two(
    variant: Variant, model: str
) -> None:
    for scenario in sizes_of(variant):
        result = explore_scenario(variant.subject, scenario, model=model, budget_s=60)
        assert result.verdict is Verdict.PASSED, result.findings
        assert result.exhaustive
        assert result.executions > 0


def test_promised_sizes_are_what_they_say() -> None:
    for variant, number in product(SOUND, (0, -1)):
        scenario = sizes_of(variant)[number]
        lengths = [len(thread) for thread in scenario.threads]
        assert sum(lengths) >= 6, variant.name
