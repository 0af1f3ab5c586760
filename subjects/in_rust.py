"""The listings that books give in C and in Rust: the Rust ones, beside their C forms.

The Rust is in ``csrc/subjects/``, each file in the folder of its C. Models and scenarios are
those of the C, so what differs is the language. Without rustc there are none.
"""

from __future__ import annotations

import shutil

from hypothesis import strategies as st

from heald import Call, Scenario, Subject, op
from heald.subject.subject import ShownOn
from subjects import cas, counter, publish
from subjects.expectations import (
    FORBIDDEN,
    HIDDEN_BY_X86,
    NEVER,
    WRONG,
    Variant,
    always,
    only_rc11,
)

_FOLDER = "../csrc/subjects"
_EXCHANGE = Call("exchange", (0, 1))


def _counter(variant: str, *cfg: str) -> Subject:
    return Subject(
        f"{_FOLDER}/counter/counter.rs",
        name="counter",
        variant=variant,
        expected="flawed" if cfg else "sound",
        catch_within_s=1.0,
        state="struct Counter",
        init="void counter_init(struct Counter *)",
        ops={
            "increment": op("void counter_increment(struct Counter *)"),
            "read": op("long counter_read(struct Counter *)"),
        },
        model=counter.CounterModel,
        after=["read"],
        interesting=[counter.TWICE, counter.TWO_EACH, counter.THREE_THREADS],
        defines=dict.fromkeys(cfg),
    )


def _publish(variant: str, *cfg: str) -> Subject:
    shown: ShownOn = HIDDEN_BY_X86 if cfg else "yes"
    return Subject(
        f"{_FOLDER}/publish/publish.rs",
        name="publish",
        variant=variant,
        expected="flawed" if cfg else "sound",
        shown_here=shown,
        state="struct Publish",
        init="void publish_init(struct Publish *)",
        ops={
            "send": op(
                "bool publish_send(struct Publish *, int value)",
                role="sender",
                value=st.integers(1, 9),
            ),
            "try_receive": op(
                "bool publish_try_receive(struct Publish *, int *value)",
                result=lambda ok, value: value if ok else None,
            ),
            "wait_receive": op("int publish_wait_receive(struct Publish *)"),
        },
        model=publish.PublishModel,
        scenarios=publish.SCENARIOS,
        interesting=[publish.WAITING, publish.TRYING, publish.TWO_RECEIVERS],
        defines=dict.fromkeys(cfg),
    )


def _cas(variant: str, *cfg: str) -> Subject:
    small = st.integers(0, 3)
    return Subject(
        f"{_FOLDER}/cas/cas.rs",
        name="cas",
        variant=variant,
        expected="flawed" if cfg else "sound",
        state="struct Cas",
        init="void cas_init(struct Cas *)",
        ops={
            "exchange": op(
                "bool cas_exchange(struct Cas *, int expected, int desired, int *seen)",
                expected=small,
                desired=small,
            ),
            "read": op("int cas_read(struct Cas *)"),
        },
        model=cas.WordModel,
        interesting=[
            Scenario(
                threads=((_EXCHANGE, _EXCHANGE), (_EXCHANGE,)), after=(Call("read"),)
            )
        ],
        defines=dict.fromkeys(cfg),
    )


def _variants() -> tuple[Variant, ...]:
    nothing: frozenset[str] = frozenset()
    hidden = "; x86 keeps stores and loads in order, and LLVM moves nothing here"
    weakened = {
        "relaxed_raise": "the acquire has no partner",
        "relaxed_see": "the release has no partner",
    }
    return (
        Variant(
            _counter("rust-fetch-add"),
            exploring=NEVER,
            native=nothing,
            why="a read-modify-write reads the latest value whatever its order",
        ),
        Variant(
            _counter("rust-load-store", "load_store"),
            exploring=always(WRONG),
            native=FORBIDDEN,
            why="both threads load the same value, and one of the increments is lost",
        ),
        Variant(
            _publish("rust-release-acquire"),
            exploring=NEVER,
            native=nothing,
            why="the flag orders the data",
        ),
        *(
            Variant(
                _publish(f"rust-{cfg.replace('_', '-')}", cfg),
                exploring=only_rc11("data race"),
                races_allowed=only_rc11(WRONG),
                native=nothing,
                why=why + hidden,
            )
            for cfg, why in weakened.items()
        ),
        Variant(
            _cas("rust-strong"),
            exploring=NEVER,
            native=nothing,
            why="one step, and a failure says what was there",
        ),
        Variant(
            _cas("rust-looked-first", "looked_first"),
            exploring=always(WRONG),
            native=FORBIDDEN,
            why="two threads see the same value, and both say that they replaced it",
        ),
    )


VARIANTS = _variants() if shutil.which("rustc") else ()

TARGETS = [variant.subject for variant in VARIANTS]
