"""The usual sequential objects, known to the search in C as well as to Python.

``known_models.queue(put="push", take="pop")`` is a model like any other (calling it gives an
object with these methods), and the linearizability search runs it in C. Operations are named
by the keywords; leave out those that the subject does not have.

========  ===============================================================================
register  read() -> value; write(v); swap(v) -> old; cas(expected, desired) -> bool
counter   read() -> value; add(n); fetch_add(n) -> before; add_fetch(n) -> after
stack     put(v); take() -> last put, or None where empty
queue     put(v); take() -> first put, or None where empty
set_      insert(k) -> changed; remove(k) -> changed; contains(k) -> bool
map_      put(k, v); get(k) -> v or None; delete(k) -> v or None
========  ===============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heald.scenario import Call, Result
from heald.verdicts import UsageError

KINDS = {
    "table": 0,
    "register": 1,
    "counter": 2,
    "stack": 3,
    "queue": 4,
    "set": 5,
    "map": 6,
}
"""``enum linear_model`` of csrc/include/heald/linearize.h."""

_CODES: Mapping[str, Mapping[str, int]] = {
    "register": {"read": 1, "write": 2, "swap": 3, "cas": 4},
    "counter": {"read": 1, "add": 5, "fetch_add": 6, "add_fetch": 7},
    "stack": {"put": 8, "take": 9},
    "queue": {"put": 8, "take": 9},
    "set": {"insert": 10, "remove": 11, "contains": 12},
    "map": {"put": 13, "get": 14, "delete": 15},
}
_SILENT = {2, 5, 8, 13}
_ARGUMENTS = {1: 0, 4: 2, 9: 0, 13: 2}


@dataclass(frozen=True)
class KnownModel:
    """A usual object under the subject's own names for its operations.

    Attributes
    ----------
    kind
        A key of ``KINDS``.
    roles
        The subject's name of an operation -> the object's, such as ``{"push": "put"}``.
    initial
        Of a register or counter.
    """

    kind: str
    roles: Mapping[str, str] = field(hash=False)
    initial: int = 0

    def __call__(self) -> Any:
        """Make a Python object with the subject's operations as its methods."""
        return _Renamed(_OBJECTS[self.kind](self.initial), self.roles)

    def code(self, call: Call) -> int:
        """Return the ``enum linear_code`` of a call.

        Raises
        ------
        UsageError
            If the object has no such operation, or not with so many arguments.
        """
        role = self.roles.get(call.op)
        if role is None:
            raise UsageError(
                f"the {self.kind} model knows {', '.join(self.roles)}, not {call.op!r}"
            )
        code = _CODES[self.kind][role]
        wanted = _ARGUMENTS.get(code, 1)
        if len(call.args) != wanted:
            raise UsageError(f"{call}: {role} of a {self.kind} takes {wanted} arguments")
        return code

    def is_silent(self, call: Call) -> bool:
        """Whether the operation returns nothing that could be wrong."""
        return self.code(call) in _SILENT


class _Renamed:
    """States are copied and compared by their attributes: only the object itself is one."""

    def __init__(self, made: Any, roles: Mapping[str, str]) -> None:
        self.made = made
        self._roles = dict(roles)

    def __getattr__(self, name: str) -> Callable[..., Result]:
        roles = self.__dict__.get("_roles", {})
        if name not in roles:
            raise AttributeError(name)
        method: Callable[..., Result] = getattr(self.__dict__["made"], roles[name])
        return method


class _Register:
    def __init__(self, initial: int) -> None:
        self.value = initial

    def read(self) -> Result:
        return self.value

    def write(self, value: int) -> Result:
        self.value = value

    def swap(self, value: int) -> Result:
        old, self.value = self.value, value
        return old

    def cas(self, expected: int, desired: int) -> Result:
        succeeds = self.value == expected
        if succeeds:
            self.value = desired
        return succeeds


class _Counter:
    def __init__(self, initial: int) -> None:
        self.value = initial

    def read(self) -> Result:
        return self.value

    def add(self, number: int) -> Result:
        self.value += number

    def fetch_add(self, number: int) -> Result:
        self.value += number
        return self.value - number

    def add_fetch(self, number: int) -> Result:
        self.value += number
        return self.value


class _Stack:
    def __init__(self, initial: int) -> None:
        del initial
        self.items: list[int] = []

    def put(self, value: int) -> Result:
        self.items.append(value)

    def take(self) -> Result:
        return self.items.pop() if self.items else None


class _Queue(_Stack):
    def take(self) -> Result:
        return self.items.pop(0) if self.items else None


class _Set:
    def __init__(self, initial: int) -> None:
        del initial
        self.keys: set[int] = set()

    def insert(self, key: int) -> Result:
        changed = key not in self.keys
        self.keys.add(key)
        return changed

    def remove(self, key: int) -> Result:
        changed = key in self.keys
        self.keys.discard(key)
        return changed

    def contains(self, key: int) -> Result:
        return key in self.keys


class _Map:
    def __init__(self, initial: int) -> None:
        del initial
        self.values: dict[int, int] = {}

    def put(self, key: int, value: int) -> Result:
        self.values[key] = value

    def get(self, key: int) -> Result:
        return self.values.get(key)

    def delete(self, key: int) -> Result:
        return self.values.pop(key, None)


_OBJECTS: Mapping[str, Callable[[int], Any]] = {
    "register": _Register,
    "counter": _Counter,
    "stack": _Stack,
    "queue": _Queue,
    "set": _Set,
    "map": _Map,
}


def _known(kind: str, names: Mapping[str, str | None], initial: int = 0) -> KnownModel:
    roles = {name: role for role, name in names.items() if name is not None}
    if not roles:
        raise UsageError(f"a {kind} without operations; it has {', '.join(_CODES[kind])}")
    return KnownModel(kind, roles, initial)


def register(
    *,
    read: str | None = None,
    write: str | None = None,
    swap: str | None = None,
    cas: str | None = None,
    initial: int = 0,
) -> KnownModel:
    """Return a register: one value."""
    return _known(
        "register", {"read": read, "write": write, "swap": swap, "cas": cas}, initial
    )


def counter(
    *,
    read: str | None = None,
    add: str | None = None,
    fetch_add: str | None = None,
    add_fetch: str | None = None,
    initial: int = 0,
) -> KnownModel:
    """Return a counter: a number that is added to."""
    names = {"read": read, "add": add, "fetch_add": fetch_add, "add_fetch": add_fetch}
    return _known("counter", names, initial)


def stack(*, put: str | None = None, take: str | None = None) -> KnownModel:
    """Return a stack: last in, first out, unbounded."""
    return _known("stack", {"put": put, "take": take})


def queue(*, put: str | None = None, take: str | None = None) -> KnownModel:
    """Return a queue: first in, first out, unbounded."""
    return _known("queue", {"put": put, "take": take})


def set_(
    *, insert: str | None = None, remove: str | None = None, contains: str | None = None
) -> KnownModel:
    """Return a set of keys."""
    return _known("set", {"insert": insert, "remove": remove, "contains": contains})


def map_(
    *, put: str | None = None, get: str | None = None, delete: str | None = None
) -> KnownModel:
    """Return a map: keys with values."""
    return _known("map", {"put": put, "get": get, "delete": delete})
