"""Sequential models: what the operations do when one call is made at a time.

A model is written in one of two ways:

* a class with one method per operation. A method changes the object and returns what the
  operation returns; ``None`` is the way to say "empty". Nothing else is asked of it:
  states are copied and compared by their attributes.
* a ``StepModel``: a first state and a pure function from a state, an operation and its
  arguments to every pair of next state and result that is right. For specifications with
  more than one right answer.

A method (or step) raises ``NotYet`` where the operation would wait: the call cannot be
placed here, another thread has to go first.

``Machine`` numbers states and remembers transitions, so that each model step is computed
once, however many interleavings pass through it.
"""

from __future__ import annotations

import copy
import traceback
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from heald.scenario import Call, Result
from heald.verdicts import UsageError


class NotYet(Exception):
    """Raised by a model where the operation would wait for another thread."""


@dataclass(frozen=True)
class StepModel:
    """A model as a pure function.

    Attributes
    ----------
    initial
        The first state; hashable, as every state.
    step
        ``step(state, operation, arguments)`` gives all pairs (next state, result) that
        are right; none where the operation would wait.
    """

    initial: Hashable
    step: Callable[[Any, str, tuple[int, ...]], Iterable[tuple[Hashable, Result]]]


Model: TypeAlias = Callable[[], Any] | StepModel
"""A class, another function that makes a model object, or a ``StepModel``."""

Step: TypeAlias = tuple[int, Result]
"""The number of the next state, and the result."""


class Machine:
    """A model with numbered states; state 0 is the first.

    Parameters
    ----------
    model
        See the module.
    may_return
        Per operation, results that it may also give at any time, without effect: a weak
        compare-exchange that fails for no reason.
    """

    def __init__(
        self, model: Model, may_return: Mapping[str, Sequence[Result]] | None = None
    ) -> None:
        self.model = model
        self._stepper = (
            _PureStepper(model) if isinstance(model, StepModel) else _ObjectStepper(model)
        )
        self._may_return = dict(may_return or {})
        self._numbers: dict[Hashable, int] = {}
        self._states: list[Any] = []
        self._steps: dict[tuple[int, Call], tuple[Step, ...]] = {}
        self._number(self._stepper.initial())

    def __len__(self) -> int:
        """Count the states met so far."""
        return len(self._states)

    def steps(self, state: int, call: Call) -> tuple[Step, ...]:
        """Return every right way for `call` to happen in `state`; none if it would wait.

        Raises
        ------
        UsageError
            If the model has no such operation or fails in it, with the model's own line.
        """
        known = self._steps.get((state, call))
        if known is None:
            known = self._steps[state, call] = self._compute(state, call)
        return known

    def _compute(self, state: int, call: Call) -> tuple[Step, ...]:
        made = [
            (self._number(after), freeze(result))
            for after, result in self._stepper.step(self._states[state], call)
        ]
        made += [(state, freeze(result)) for result in self._may_return.get(call.op, ())]
        return tuple(dict.fromkeys(made))

    def _number(self, state: Any) -> int:
        key = freeze(state)
        number = self._numbers.setdefault(key, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number


class HasMachine(Protocol):
    """A subject with a model."""

    @property
    def machine(self) -> Machine:
        """The machine of its model."""


class _PureStepper:
    def __init__(self, model: StepModel) -> None:
        self._model = model

    def initial(self) -> Any:
        return self._model.initial

    def step(self, state: Any, call: Call) -> list[tuple[Any, Result]]:
        try:
            return list(self._model.step(state, call.op, call.args))
        except NotYet:
            return []
        except Exception as error:
            raise _failed(call, error) from error


class _ObjectStepper:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def initial(self) -> Any:
        return self._make()

    def step(self, state: Any, call: Call) -> list[tuple[Any, Result]]:
        after = copy.deepcopy(state)
        method = getattr(after, call.op, None)
        if not callable(method):
            raise UsageError(
                f"the model {type(after).__name__} has no method {call.op!r}; it needs one "
                "for each operation"
            )
        try:
            result = method(*call.args)
        except NotYet:
            return []
        except Exception as error:
            raise _failed(call, error) from error
        return [(after, result)]


def _failed(call: Call, error: Exception) -> UsageError:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return UsageError(
        f"the model failed in {call}: {type(error).__name__}: {error}\n"
        f"  {last.filename}:{last.lineno} in {last.name}\n    {last.line}"
    )


def freeze(value: Any) -> Hashable:
    """Return a hashable stand-in: equal for equal values, whatever they are made of.

    Raises
    ------
    UsageError
        For what can be neither hashed nor taken apart (an open file, a generator).
    """
    if value is None or isinstance(value, (int, str, bytes, float)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(map(freeze, value))
    if isinstance(value, Mapping):
        pairs = ((freeze(key), freeze(item)) for key, item in value.items())
        return ("mapping", frozenset(pairs))
    if isinstance(value, (set, frozenset)):
        return ("set", frozenset(map(freeze, value)))
    if isinstance(value, deque):
        return ("deque", tuple(map(freeze, value)))
    if hasattr(value, "__dict__") and not callable(value):
        return (type(value), freeze(vars(value)))
    if isinstance(value, Hashable):
        return value
    raise UsageError(
        f"a model's state holds a {type(value).__name__}, which cannot be compared; use "
        "numbers, strings, lists, tuples, sets, dictionaries and objects made of them"
    )
