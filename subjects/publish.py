"""Publishing: one thread writes data and raises a flag, others see it and read the data.

The C is in ``csrc/subjects/publish/``. Scenarios are well formed: one thread sends, before
anything else it does, so that whoever waits for a message gets one.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from heald import Call, NotYet, Scenario, Subject, op
from heald.subject.subject import ShownOn
from subjects.expectations import HIDDEN_BY_X86, NEVER, WRONG, Variant, always, only_rc11

_FOLDER = "../csrc/subjects/publish"


class PublishModel:
    """A message that is there or not."""

    def __init__(self) -> None:
        self.message: int | None = None

    def send(self, value: int) -> bool:
        """Leave the message unless there is one."""
        if self.message is not None:
            return False
        self.message = value
        return True

    def try_receive(self) -> int | None:
        """Return the message, if there is one."""
        return self.message

    def wait_receive(self) -> int:
        """Return the message once there is one."""
        if self.message is None:
            raise NotYet
        return self.message


def _receivers(most_calls: int) -> st.SearchStrategy[tuple[Call, ...]]:
    one = st.sampled_from([Call("try_receive"), Call("wait_receive")])
    return st.lists(one, min_size=1, max_size=most_calls).map(tuple)


def _scenario(messages: list[int], receivers: list[tuple[Call, ...]]) -> Scenario:
    sends = tuple(Call("send", (message,)) for message in messages)
    return Scenario(threads=(sends, *receivers), after=(Call("try_receive"),))


SCENARIOS = st.builds(
    _scenario,
    st.lists(st.integers(1, 9), min_size=1, max_size=2),
    st.lists(_receivers(3), min_size=1, max_size=2),
)

WAITING = _scenario([1], [(Call("wait_receive"),)])
TRYING = _scenario([1], [(Call("try_receive"),)])
TWO_RECEIVERS = _scenario([1], [(Call("wait_receive"),), (Call("try_receive"),) * 2])


def _publish(
    variant: str, file: str, shown_here: ShownOn | None, defines: Mapping[str, str]
) -> Subject:
    return Subject(
        f"{_FOLDER}/{file}.c",
        name="publish",
        variant=variant,
        expected="flawed" if shown_here else "sound",
        shown_here=shown_here or "yes",
        state="struct publish",
        init="void publish_init(struct publish *)",
        is_valid="bool publish_is_valid(struct publish *)",
        ops={
            "send": op(
                "bool publish_send(struct publish *, int value)",
                role="sender",
                value=st.integers(1, 9),
            ),
            "try_receive": op(
                "bool publish_try_receive(struct publish *, int *value)",
                result=lambda ok, value: value if ok else None,
            ),
            "wait_receive": op("int publish_wait_receive(struct publish *)"),
        },
        model=PublishModel,
        scenarios=SCENARIOS,
        interesting=[WAITING, TRYING, TWO_RECEIVERS],
        defines=defines,
    )


_RELAXED = "memory_order_relaxed"
_SEQ_CST = "memory_order_seq_cst"


def _sound(variant: str, file: str, why: str, **defines: str) -> Variant:
    subject = _publish(variant, file, None, defines)
    return Variant(subject, exploring=NEVER, native=frozenset(), why=why)


def _weakened(variant: str, file: str, why: str, **defines: str) -> Variant:
    return Variant(
        _publish(variant, file, HIDDEN_BY_X86, defines),
        exploring=only_rc11("data race"),
        races_allowed=only_rc11(WRONG),
        native=frozenset(),
        why=f"{why}; x86 keeps stores and loads in order, and gcc moves nothing here",
    )


VARIANTS = (
    _sound("release-acquire", "publish_atomic", "the flag orders the data"),
    _sound("fences", "publish_fence", "the fences order the data"),
    _sound(
        "seq-cst",
        "publish_atomic",
        "stronger than release and acquire",
        PUBLISH_RAISE=_SEQ_CST,
        PUBLISH_SEE=_SEQ_CST,
        PUBLISH_OWN=_SEQ_CST,
    ),
    _weakened(
        "relaxed-relaxed",
        "publish_atomic",
        "nothing orders the data with the flag",
        PUBLISH_RAISE=_RELAXED,
        PUBLISH_SEE=_RELAXED,
    ),
    _weakened(
        "release-relaxed",
        "publish_atomic",
        "the release has no partner: data may be read before the flag",
        PUBLISH_SEE=_RELAXED,
    ),
    _weakened(
        "relaxed-acquire",
        "publish_atomic",
        "the acquire has no partner: data may be written after the flag",
        PUBLISH_RAISE=_RELAXED,
    ),
    _weakened(
        "no-write-barrier",
        "publish_fence",
        "the read barrier has no partner",
        PUBLISH_RAISE_FENCE=_RELAXED,
    ),
    _weakened(
        "no-read-barrier",
        "publish_fence",
        "the write barrier has no partner",
        PUBLISH_SEE_FENCE=_RELAXED,
    ),
    Variant(
        _publish(
            "volatile-flag",
            "publish_plain",
            HIDDEN_BY_X86,
            {"PUBLISH_QUALIFIER": "volatile"},
        ),
        exploring=always("data race"),
        races_allowed=only_rc11(WRONG),
        native=frozenset(),
        why="a race on the flag itself under every model, stale data under rc11; on x86 "
        "volatile keeps the load in the loop and the machine keeps the order",
    ),
    Variant(
        _publish("plain-flag", "publish_plain", "yes", {}),
        exploring=always("data race"),
        races_allowed=always("endless loop"),
        native=frozenset({"hang"}),
        why="nobody may change an ordinary variable meanwhile, so gcc loads the flag once, "
        "before the loop, and the loop never ends",
    ),
)

TARGETS = [variant.subject for variant in VARIANTS]
