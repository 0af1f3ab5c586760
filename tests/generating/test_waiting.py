"""A scenario that may wait for ever by its own model is nobody's flaw, and is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Call, Scenario, Subject, Violated
from heald.generating.drawing import draw_each
from heald.generating.scope import Scope
from heald.generating.small import small_scenarios
from heald.generating.smaller import smaller_scenarios
from heald.generating.waiting import may_wait_for_ever
from heald.testing.repeated import HealdRun

CHANNEL = """\
#include <stdatomic.h>
struct channel { atomic_int state; int value; };
void put(struct channel *c, int value);
int get(struct channel *c);
void put(struct channel *c, int value) {
    int empty = 0;
    while (!atomic_compare_exchange_weak(&c->state, &empty, 1))
        empty = 0;
    c->value = value;
    atomic_store(&c->state, 2);
}
int get(struct channel *c) {
    int full = 2;
    while (!atomic_compare_exchange_weak(&c->state, &full, 3))
        full = 2;
    int value = c->value;
    atomic_store(&c->state, 0);
    return value;
}
"""


class OneValue:
    """A channel of one value whose calls wait."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def put(self, value: int) -> None:
        if self.items:
            raise heald.NotYet
        self.items.append(value)

    def get(self) -> int:
        if not self.items:
            raise heald.NotYet
        return self.items.pop()


@pytest.fixture
def channel(tmp_path: Path) -> Subject:
    return channel_of(tmp_path / "channel.c", CHANNEL)


def channel_of(source: Path, text: str) -> Subject:
    source.write_text(text)
    return Subject(
        source,
        state="struct channel",
        ops={
            "put": heald.op("void put(struct channel *c, int value)", value=st.just(1)),
            "get": heald.op("int get(struct channel *c)"),
        },
        model=OneValue,
    )


PUT, GET = Call("put", (1,)), Call("get")


@pytest.mark.parametrize(
    ("scenario", "waits"),
    [
        (Scenario(threads=((PUT,), (GET,))), False),
        (Scenario(threads=((GET,), (GET, PUT))), True),
        (Scenario(threads=((PUT, GET), (PUT, GET))), False),
        (Scenario(threads=((PUT, PUT), (GET, GET))), False),
        # Both may get first, and then nobody puts.
        (Scenario(threads=((GET, PUT), (GET, PUT))), True),
        (Scenario(threads=((PUT,), (GET,)), before=(GET,)), True),
        (Scenario(threads=((PUT,), (GET,)), after=(GET,)), True),
        (Scenario(threads=((GET,), (PUT, GET)), before=(PUT,)), False),
        (Scenario(threads=((GET,), (PUT,)), before=(PUT,), after=(GET,)), False),
        (Scenario(threads=((PUT,), (PUT,)), before=(), after=(GET, GET)), True),
    ],
)
def test_a_scenario_waits_for_ever_where_some_order_cannot_end(
    channel: Subject, scenario: Scenario, waits: bool
) -> None:
    assert may_wait_for_ever(channel, scenario) is waits


def test_without_a_model_nothing_is_known_to_wait(channel: Subject) -> None:
    ops = {"get": heald.op("int get(struct channel *c)")}
    free = Subject(*channel.sources, state="struct channel", ops=ops)
    assert not may_wait_for_ever(free, Scenario(threads=((GET,), (GET,))))


def test_every_maker_of_scenarios_leaves_them_out(channel: Subject) -> None:
    scope = Scope.of(channel, 2, 2)
    assert scope is not None
    drawn: list[Scenario] = []
    draw_each(heald.scenarios(channel), drawn.append, most=30, seed=1)
    made = [*scope, *small_scenarios(channel, most=50).scenarios, *drawn]
    assert len(drawn) >= 5
    assert not any(may_wait_for_ever(channel, scenario) for scenario in made)
    assert scope.count == len(list(scope)) > 5
    assert "that may wait for ever by the model are not asked" in str(scope)


def test_a_smaller_scenario_does_not_begin_to_wait(channel: Subject) -> None:
    fair = Scenario(threads=((PUT, GET), (PUT, GET)))
    smaller = [each.scenario for each in smaller_scenarios(channel, fair)]
    assert smaller
    assert not any(may_wait_for_ever(channel, scenario) for scenario in smaller)


def test_a_channel_that_waits_passes_and_one_without_release_fails(
    channel: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    heald.explored(channel)([HealdRun(1, 1.0, "quick", 0, said.append)])
    assert "that may wait for ever by the model are not asked" in said[0]
    weak = "atomic_store_explicit(&c->state, 2, memory_order_relaxed)"
    text = CHANNEL.replace("atomic_store(&c->state, 2)", weak)
    broken = channel_of(tmp_path / "broken.c", text)
    with pytest.raises(Violated, match="data race"):
        heald.explored(broken)([HealdRun(1, 20.0, "quick", 0, said.append)])
