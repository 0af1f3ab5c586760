"""Compare-exchange in the four forms of the textbooks; all of them are sound.

The C is in ``csrc/subjects/cas/``. What is checked is the checker as well: that a weak
exchange may fail for no reason, that `expected` is updated on failure, and that a single
try may fail without effect.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from heald import Call, Scenario, Subject, op
from heald.subject.operation import Operation
from subjects.expectations import NEVER, Variant

_FOLDER = "../csrc/subjects/cas"


class WordModel:
    """One word."""

    def __init__(self) -> None:
        self.value = 0

    def read(self) -> int:
        """Return the word."""
        return self.value

    def exchange(self, expected: int, desired: int) -> tuple[bool, int]:
        """Replace `expected` by `desired`; also return what was there."""
        seen = self.value
        if seen == expected:
            self.value = desired
        return seen == expected, seen

    def increment(self) -> int:
        """Add one and return the sum."""
        self.value += 1
        return self.value

    def try_increment(self) -> bool:
        """Add one; the description says that it may also refuse."""
        self.value += 1
        return True


_READ = op("int cas_read(struct cas *)")
_SMALL = st.integers(0, 3)
_EXCHANGE = op(
    "bool cas_exchange(struct cas *, int expected, int desired, int *seen)",
    expected=_SMALL,
    desired=_SMALL,
)
_INCREMENT = op("int cas_increment(struct cas *)")
_TRY = op("bool cas_try_increment(struct cas *)", may_return=[False])


def _same(call: Call) -> Scenario:
    return Scenario(threads=((call, call), (call,)), after=(Call("read"),))


def _cas(variant: str, file: str, name: str, form: Operation, **more: str) -> Subject:
    ops: Mapping[str, Operation] = {name: form, "read": _READ}
    call = Call(name, (0, 1)) if name == "exchange" else Call(name)
    return Subject(
        f"{_FOLDER}/{file}.c",
        name="cas",
        variant=variant,
        expected="sound",
        state="struct cas",
        init="void cas_init(struct cas *)",
        is_valid="bool cas_is_valid(struct cas *)",
        ops=ops,
        model=WordModel,
        after=["read"],
        interesting=[_same(call)],
        defines=more,
    )


def _sound(subject: Subject, why: str) -> Variant:
    return Variant(subject, exploring=NEVER, native=frozenset(), why=why)


VARIANTS = (
    _sound(
        _cas("strong", "cas_exchange", "exchange", _EXCHANGE),
        "fails only if another value was there",
    ),
    _sound(
        _cas("weak", "cas_exchange", "exchange", _EXCHANGE, CAS_WEAK="1"),
        "a failure for no reason is told from a real one by what was seen",
    ),
    _sound(
        _cas("updated", "cas_update", "increment", _INCREMENT),
        "a failed exchange leaves in `expected` what the next try needs",
    ),
    _sound(
        _cas("single-shot", "cas_try_increment", "try_increment", _TRY),
        "counts exactly as often as it says",
    ),
)

TARGETS = [variant.subject for variant in VARIANTS]
