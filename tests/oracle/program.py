"""Litmus programs as a small tree, and the text they are written in.

The text is C-like, threads side by side::

    x.store(1, rlx); fence(sc); a = y.load(acq) || b = y.fetch_add(1, ar)

Statements: ``x.store(E, O)``, ``r = x.load(O)``, ``r = x.OP(E, O)`` with OP one of
``exchange fetch_add fetch_sub fetch_and fetch_or fetch_xor fetch_nand``,
``r = x.cas(EXPECTED, E, SUCCESS, FAILURE)`` or ``cas_weak`` (r is the value found),
``fence(O)`` and ``if (r == K) { ... } else { ... }``. E is a number, ``r`` or ``r + number``.
Locations are ``x y z`` and start at 0; any other name is a register of its thread, 0 until
assigned.
Orders: ``rlx con acq rel ar sc``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

LOCATIONS = ("x", "y", "z", "w")
RMW_OPS = (
    "exchange", "fetch_add", "fetch_sub", "fetch_and", "fetch_or", "fetch_xor", "fetch_nand",
)  # fmt: skip


class Order(Enum):
    """A C11 memory order; the value is its short name in programs and in graphs."""

    RLX = "rlx"
    CON = "con"
    ACQ = "acq"
    REL = "rel"
    AR = "ar"
    SC = "sc"

    @property
    def acquires(self) -> bool:
        """At least acquire; consume counts as acquire."""
        return self in (Order.CON, Order.ACQ, Order.AR, Order.SC)

    @property
    def releases(self) -> bool:
        """At least release."""
        return self in (Order.REL, Order.AR, Order.SC)


LOAD_ORDERS = (Order.RLX, Order.CON, Order.ACQ, Order.SC)
STORE_ORDERS = (Order.RLX, Order.REL, Order.SC)
RMW_ORDERS = (Order.RLX, Order.ACQ, Order.REL, Order.AR, Order.SC)
FENCE_ORDERS = (Order.ACQ, Order.REL, Order.AR, Order.SC)
FAILURE_ORDERS = {  # C11 7.17.7.4: no release part, not stronger than on success
    Order.RLX: (Order.RLX,),
    Order.ACQ: (Order.RLX, Order.ACQ),
    Order.REL: (Order.RLX,),
    Order.AR: (Order.RLX, Order.ACQ),
    Order.SC: (Order.RLX, Order.ACQ, Order.SC),
}


@dataclass(frozen=True)
class Value:
    """What a statement writes: a constant, plus a register if one is named."""

    constant: int
    register: str | None = None

    def __str__(self) -> str:
        if self.register is None:
            return str(self.constant)
        return f"{self.register} + {self.constant}" if self.constant else self.register


@dataclass(frozen=True)
class Load:
    """``register = location.load(order)``."""

    register: str
    location: str
    order: Order

    def __str__(self) -> str:
        return f"{self.register} = {self.location}.load({self.order.value})"


@dataclass(frozen=True)
class Store:
    """``location.store(value, order)``."""

    location: str
    value: Value
    order: Order

    def __str__(self) -> str:
        return f"{self.location}.store({self.value}, {self.order.value})"


@dataclass(frozen=True)
class Rmw:
    """``register = location.op(value, order)``; the register gets the old value."""

    register: str
    op: str
    location: str
    value: Value
    order: Order

    def __str__(self) -> str:
        return f"{self.register} = {self.location}.{self.op}({self.value}, {self.order.value})"


@dataclass(frozen=True)
class Cas:
    """Compare-exchange; the register gets the value found. A weak one may fail for no reason."""

    register: str
    location: str
    expected: int
    desired: Value
    success: Order
    failure: Order
    weak: bool = False

    def __str__(self) -> str:
        orders = f"{self.success.value}, {self.failure.value}"
        name = "cas_weak" if self.weak else "cas"
        call = f"{self.location}.{name}({self.expected}, {self.desired}, {orders})"
        return f"{self.register} = {call}"


@dataclass(frozen=True)
class Fence:
    """``atomic_thread_fence(order)``."""

    order: Order

    def __str__(self) -> str:
        return f"fence({self.order.value})"


@dataclass(frozen=True)
class If:
    """``if (register == constant) {then} else {otherwise}``."""

    register: str
    constant: int
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()

    def __str__(self) -> str:
        text = f"if ({self.register} == {self.constant}) {{ {_join(self.then)} }}"
        return f"{text} else {{ {_join(self.otherwise)} }}" if self.otherwise else text


Statement = Load | Store | Rmw | Cas | Fence | If


@dataclass(frozen=True)
class Program:
    """Threads side by side, started together, locations 0 at first."""

    threads: tuple[tuple[Statement, ...], ...]

    def __str__(self) -> str:
        return " || ".join(_join(thread) for thread in self.threads)


def _join(statements: tuple[Statement, ...]) -> str:
    return "; ".join(str(statement) for statement in statements)


_TOKEN = re.compile(r"\s*(\|\||==|-?\d+|\w+|[.(){},;=+])")


class _Reader:
    """Recursive descent over the tokens of one program text."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, at = text, [], 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise ValueError(f"cannot read {text[at:]!r} in {text!r}")
            self.tokens.append(match[1])
            at = match.end()
        self.tokens.append("end")

    def next(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        if wanted and token not in wanted:
            raise ValueError(
                f"expected {' or '.join(wanted)}, not {token!r}, in {self.text!r}"
            )
        return token

    def order(self) -> Order:
        return Order(self.next())

    def value(self) -> Value:
        token = self.next()
        if not token.isidentifier():
            return Value(int(token))
        if self.tokens[0] != "+":
            return Value(0, token)
        self.next("+")
        return Value(int(self.next()), token)

    def block(self, *ends: str) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        while self.tokens[0] not in ends:
            statements.append(self.statement())
            if self.tokens[0] == ";":
                self.next()
        self.next(*ends)
        return tuple(statements)

    def statement(self) -> Statement:
        word = self.next()
        if word == "fence":
            self.next("(")
            order = self.order()
            self.next(")")
            return Fence(order)
        if word == "if":
            return self.branch()
        if self.tokens[0] == ".":
            return self.access(word)
        self.next("=")
        return self.access(self.next(*LOCATIONS), register=word)

    def branch(self) -> If:
        self.next("(")
        register = self.next()
        self.next("==")
        constant = int(self.next())
        self.next(")")
        self.next("{")
        then = self.block("}")
        if self.tokens[0] != "else":
            return If(register, constant, then)
        self.next("else")
        self.next("{")
        return If(register, constant, then, self.block("}"))

    def access(self, location: str, register: str = "_") -> Statement:
        self.next(".")
        what = self.next("load", "store", "cas", "cas_weak", *RMW_OPS)
        self.next("(")
        result: Statement
        if what == "load":
            result = Load(register, location, self.order())
        elif what.startswith("cas"):
            expected = int(self.next())
            self.next(",")
            desired = self.value()
            self.next(",")
            success = self.order()
            self.next(",")
            failure, weak = self.order(), what == "cas_weak"
            result = Cas(register, location, expected, desired, success, failure, weak)
        else:
            value = self.value()
            self.next(",")
            order = self.order()
            result = (
                Store(location, value, order)
                if what == "store"
                else Rmw(register, what, location, value, order)
            )
        self.next(")")
        return result


def parse(text: str) -> Program:
    """Read a program from its text.

    Raises
    ------
    ValueError
        If the text is not a program; the message shows the text.
    """
    reader = _Reader(text)
    threads = [reader.block("||", "end")]
    while reader.tokens:
        threads.append(reader.block("||", "end"))
    return Program(tuple(threads))
