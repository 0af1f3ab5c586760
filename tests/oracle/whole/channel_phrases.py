"""What goes through the system, in C."""

from __future__ import annotations

from tests.oracle.program import Order, Value

from .channel_statements import (
    Assume,
    Choose,
    Count,
    EventRead,
    EventWrite,
    FutexAwait,
    FutexWait,
    FutexWake,
    Pause,
    PipeRead,
    PipeWrite,
    Poll,
)
from .program import SEMAPHORE, Statement, Whole

ORDERS = {
    Order.RLX: "__ATOMIC_RELAXED",
    Order.CON: "__ATOMIC_CONSUME",
    Order.ACQ: "__ATOMIC_ACQUIRE",
    Order.REL: "__ATOMIC_RELEASE",
    Order.AR: "__ATOMIC_ACQ_REL",
    Order.SC: "__ATOMIC_SEQ_CST",
}


def prepared(program: Whole) -> str:
    """What ``main`` makes for the program."""
    channels, text = program.channels, ""
    kinds = {type(statement) for statement in program.statements()}
    polled = {s.of for s in program.statements() if isinstance(s, Poll)}
    if kinds & {EventRead, EventWrite} or "event" in polled:
        flags = "EFD_SEMAPHORE" if channels.is_semaphore else "0"
        flags += "" if channels.waits else " | EFD_NONBLOCK"
        text += f"event = eventfd({channels.start}, {flags}); "
    if kinds & {PipeRead, PipeWrite} or "pipe" in polled:
        text += f"pipe2(ends, {'0' if channels.waits else 'O_NONBLOCK'}); "
    return text


def said(statement: Statement) -> str | None:  # noqa: C901  one case each
    """The statement in C, if it is one of these."""
    match statement:
        case EventWrite(value):
            return (
                f"{{ uint64_t more = {two_bits(value)}; "
                "if (write(event, &more, sizeof more) != sizeof more) abort(); }"
            )
        case EventRead(register):
            return (
                "{ uint64_t held = 0; long got = read(event, &held, sizeof held); "
                f"{register} = got == sizeof held ? (int)held : -1; }}"
            )
        case PipeWrite(value):
            return (
                f"{{ char byte = (char)({two_bits(value)}); "
                "if (write(ends[1], &byte, 1) != 1) abort(); }"
            )
        case PipeRead(register, room):
            return (
                f"{{ char had[2] = {{0}}; int got = (int)read(ends[0], had, {room}); "
                f"{register} = got < 0 ? -1 : got * 16 + had[0] + 4 * had[1]; }}"
            )
        case Poll(register, of, waits):
            which = "event" if of == "event" else "ends[0]"
            return (
                f"{{ struct pollfd wanted = {{{which}, POLLIN, 0}}; "
                f"{register} = poll(&wanted, 1, {-1 if waits else 0}); }}"
            )
        case FutexWait(register, location, value, timed):
            until = "&soon" if timed else "NULL"
            return f"{register} = futex(&{location}, FUTEX_WAIT, {value}, {until});"
        case FutexWake(register, location, everyone):
            most = "INT_MAX" if everyone else "1"
            return f"{register} = futex(&{location}, FUTEX_WAKE, {most}, NULL);"
        case FutexAwait(location, value, order):
            load = f"__atomic_load_n(&{location}, {ORDERS[order]})"
            return (
                f"for (int seen; (seen = {load}) != {value};) "
                f"futex(&{location}, FUTEX_WAIT, seen, NULL);"
            )
        case Count(register):
            return (
                f"{{ int left; sem_getvalue(&{SEMAPHORE}, &left); {register} = left; }}"
            )
        case Choose(register, count):
            return f"{register} = (int)heald_choose({count});"
        case Assume(register, constant):
            return f"heald_assume({register} != {constant});"
        case Pause(how):
            return f"{how};"
        case _:
            return None


def two_bits(value: Value) -> str:
    """An expression for the last two bits."""
    if value.register is None:
        return f"{value.constant % 4}u"
    return f"((unsigned){value.register} + {value.constant}u) % 4u"
