"""Whole programs as C: many in one file, the argument of its ``main`` says which one runs.

Shared objects are plain ``int`` accessed with the compilers' atomic built-ins, so that atomic and
ordinary accesses can meet. Behind each ordinary access the compiler may carry nothing over in a
register, so that every access of the text is one of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value

from .program import (
    ATOMICS,
    MUTEXES,
    PLAIN,
    Assert,
    Await,
    Block,
    If,
    Join,
    Locked,
    PlainRead,
    PlainWrite,
    Repeat,
    Spawn,
    Statement,
    TryLocked,
    Whole,
    registers_of,
)

ORDERS = {
    Order.RLX: "__ATOMIC_RELAXED",
    Order.CON: "__ATOMIC_CONSUME",
    Order.ACQ: "__ATOMIC_ACQUIRE",
    Order.REL: "__ATOMIC_RELEASE",
    Order.AR: "__ATOMIC_ACQ_REL",
    Order.SC: "__ATOMIC_SEQ_CST",
}
THREADS = 8
HEAD = f"""\
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
/* Every access and fence stays, and is not made another: where nobody uses a result, too. */
#define STAY() __asm__ volatile("" : : : "memory")
#define USED(value) __asm__ volatile("" : : "r"(value))
int {", ".join((*ATOMICS, *PLAIN))};
int {", ".join(f"res{i}" for i in range(THREADS))};
pthread_t {", ".join(f"h{i}" for i in range(THREADS))};
pthread_mutex_t {", ".join(f"{m} = PTHREAD_MUTEX_INITIALIZER" for m in MUTEXES)};
static const struct timespec soon = {{0, 1}};
"""


def to_c(programs: Sequence[Whole]) -> str:
    """One file; program number N of it runs as ``main N``."""
    lines = [HEAD]
    for number, program in enumerate(programs):
        prefix = f"p{number}_"
        lines += [
            f"static void *{prefix}t{thread}(void *);"
            for thread in range(1, len(program.threads))
        ]
        used = max(
            (int(r[1:]) for t in program.threads for r in registers_of(t)), default=0
        )
        for thread, block in enumerate(program.threads):
            lines += _thread(prefix, thread, block, used + 1)
    lines.append("int main(int argc, char **argv) {")
    lines.append("    switch (argc == 2 ? atoi(argv[1]) : -1) {")
    for number in range(len(programs)):
        lines.append(f"    case {number}: p{number}_t0(NULL); return 0;")
    lines += ["    default: return 2;", "    }", "}", ""]
    return "\n".join(lines)


def _thread(prefix: str, thread: int, block: Block, used: int) -> Iterator[str]:
    yield f"static void *{prefix}t{thread}(void *unused) {{"
    names = [f"r{i}" for i in range(used)]
    for name in names:
        yield f"    int {name} = 0;"
    yield from _block(block, prefix, "    ")
    result = " + ".join(f"(unsigned){name} * {7**i}u" for i, name in enumerate(names))
    yield f"    __atomic_store_n(&res{thread}, (int)({result}), __ATOMIC_RELAXED);"
    yield "    return unused;"
    yield "}"


def _block(block: Block, prefix: str, indent: str) -> Iterator[str]:
    deeper = indent + "    "
    for statement in block:
        match statement:
            case If(register, constant, then, otherwise):
                yield f"{indent}if ({register} == {constant}) {{"
                yield from _block(then, prefix, deeper)
                yield f"{indent}}} else {{"
                yield from _block(otherwise, prefix, deeper)
                yield f"{indent}}}"
            case Repeat(times, body, register, constant):
                yield f"{indent}for (int round = 0; round < {times}; round++) {{"
                yield from _block(body, prefix, deeper)
                yield f"{deeper}if ({register} == {constant})"
                yield f"{deeper}    break;"
                yield f"{indent}}}"
            case Locked(mutex, body):
                yield f"{indent}pthread_mutex_lock(&{mutex});"
                yield from _block(body, prefix, deeper)
                yield f"{indent}pthread_mutex_unlock(&{mutex});"
            case TryLocked(mutex, body, timed):
                call = (
                    f"trylock(&{mutex})" if not timed else f"timedlock(&{mutex}, &soon)"
                )
                yield f"{indent}if (pthread_mutex_{call} == 0) {{"
                yield from _block(body, prefix, deeper)
                yield f"{deeper}pthread_mutex_unlock(&{mutex});"
                yield f"{indent}}}"
            case _:
                yield f"{indent}{_simple(statement, prefix)}"


def _simple(statement: Statement, prefix: str) -> str:  # noqa: C901  one case each
    match statement:
        case Load(register, location, order):
            load = f"__atomic_load_n(&{location}, {ORDERS[order]})"
            return f"{register} = {load}; USED({register});"
        case Await(location, value, order):
            load = f"__atomic_load_n(&{location}, {ORDERS[order]})"
            return f"while ({load} != {value}) ;"
        case Store(location, value, order):
            return f"__atomic_store_n(&{location}, {_value(value)}, {ORDERS[order]});"
        case Rmw(register, op, location, value, order):
            call = "exchange_n" if op == "exchange" else op
            arguments = f"&{location}, {_value(value)}, {ORDERS[order]}"
            return f"{register} = __atomic_{call}({arguments}); USED({register});"
        case Cas(register, location, expected, desired, success, failure):
            orders = f"{ORDERS[success]}, {ORDERS[failure]}"
            call = "__atomic_compare_exchange_n"
            arguments = f"&{location}, &found, {_value(desired)}, 0, {orders}"
            return (
                f"{{ int found = {expected}; {call}({arguments}); {register} = found; "
                f"USED({register}); }}"
            )
        case Fence(order):
            return f"__atomic_thread_fence({ORDERS[order]}); STAY();"
        case PlainRead(register, variable):
            return f"{register} = {variable}; USED({register}); STAY();"
        case PlainWrite(variable, value):
            return f"{variable} = {_value(value)}; STAY();"
        case Spawn(thread):
            return f"pthread_create(&h{thread}, NULL, {prefix}t{thread}, NULL);"
        case Join(thread):
            return f"pthread_join(h{thread}, NULL);"
        case Assert(register, constant):
            return f"assert({register} != {constant});"
    raise AssertionError(f"no C for {statement}")


def _value(value: Value) -> str:
    if value.register is None:
        return str(value.constant)
    return f"(int)((unsigned){value.register} + {value.constant}u)"
