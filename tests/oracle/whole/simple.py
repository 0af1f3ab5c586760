"""The statements that are one step each."""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle.program import Cas, Fence, Load, Rmw, Store
from tests.oracle.unfold import wrap

from .program import Assert, Await, PlainRead, PlainWrite, Statement, TryCas
from .steps import Step, evaluate, number

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "exchange": lambda old, operand: operand,
    "fetch_add": lambda old, operand: old + operand,
    "fetch_sub": lambda old, operand: old - operand,
    "fetch_and": lambda old, operand: old & operand,
    "fetch_or": lambda old, operand: old | operand,
    "fetch_xor": lambda old, operand: old ^ operand,
    "fetch_nand": lambda old, operand: ~(old & operand),
}


def simple(statement: Statement) -> Step:  # noqa: C901  one case each
    match statement:
        case Load(register, location, order):
            return Step("load", number(register), location, order)
        case Await(location, value, order, _):
            awaited = lambda found, _: found == value  # noqa: E731  one expression
            return Step("load", None, location, order, guard=awaited, spins=True)
        case Store(location, written, order):
            return Step("store", None, location, order, value=written)
        case Rmw(register, op, location, operand, order):
            apply = _ARITHMETIC[op]
            return Step(
                "update",
                number(register),
                location,
                order,
                change=lambda old, r: (wrap(apply(old, evaluate(operand, r))),),
            )
        case Cas(register, location, expected, desired, success, failure):
            return Step(
                "update",
                number(register),
                location,
                success,
                failure,
                change=lambda old, r: (
                    evaluate(desired, r) if old == expected else None,
                ),
            )
        case TryCas(register, location, expected, desired, success, failure, fails):
            return Step(
                "update",
                None,
                location,
                success,
                failure,
                change=lambda old, r: (
                    (evaluate(desired, r), *((None,) if fails else ()))
                    if old == expected
                    else (None,)
                ),
                got=number(register),
            )
        case Fence(order):
            return Step("fence", order=order)
        case PlainRead(register, variable):
            return Step("read", number(register), variable)
        case PlainWrite(variable, written):
            return Step("write", location=variable, value=written)
        case Assert(register, constant):
            return Step("assert", number(register), constant=constant)
    raise AssertionError(f"no step for {statement}")
