"""The same program for the explorer: as C11, and as numbers for ``interpreter.c``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .program import (
    LOCATIONS,
    RMW_OPS,
    Cas,
    Fence,
    If,
    Load,
    Order,
    Program,
    Rmw,
    Statement,
    Store,
    Value,
)

_ORDERS = {
    Order.RLX: "memory_order_relaxed",
    Order.CON: "memory_order_consume",
    Order.ACQ: "memory_order_acquire",
    Order.REL: "memory_order_release",
    Order.AR: "memory_order_acq_rel",
    Order.SC: "memory_order_seq_cst",
}
_STEPS = ("load", "store", *RMW_OPS, "cas", "fence", "unless", "skip", "cas_weak")


def to_c(programs: Sequence[Program], *, plain: bool = False) -> str:
    """One C file with a ``main`` that runs the program whose number is its argument.

    With ``plain``, relaxed loads and stores are plain ones, volatile so that all of them stay;
    the programs must have no other accesses.
    """
    lines = [
        "#include <pthread.h>",
        "#include <stdatomic.h>",
        "#include <stdlib.h>",
        "/* Of a read-modify-write whose result nobody uses, clang makes a store. */",
        '#define USED(value) __asm__ volatile("" : : "r"(value))',
        # Not static: a compiler may take what nobody writes in its own file for a constant.
        f"{'volatile int' if plain else 'atomic_int'} {', '.join(LOCATIONS)};",
        "static void run(int count, void *(*const functions[])(void *)) {",
        "    pthread_t threads[4];",
        "    for (int i = 0; i < count; i++)",
        "        pthread_create(&threads[i], NULL, functions[i], NULL);",
        "    for (int i = 0; i < count; i++)",
        "        pthread_join(threads[i], NULL);",
        "}",
    ]
    for number, program in enumerate(programs):
        for index, thread in enumerate(program.threads):
            for line in _thread(f"p{number}_t{index}", thread):
                lines.append(_made_plain(line) if plain else line)
    lines.append("int main(int argc, char **argv) {")
    lines.append("    switch (argc == 2 ? atoi(argv[1]) : -1) {")
    for number, program in enumerate(programs):
        names = ", ".join(f"p{number}_t{i}" for i in range(len(program.threads)))
        functions = f"(void *(*const[])(void *)){{{names}}}"
        lines.append(f"    case {number}: run({len(program.threads)}, {functions});")
        lines.append("        return 0;")
    lines += ["    default: return 2;", "    }", "}", ""]
    return "\n".join(lines)


def _thread(name: str, statements: tuple[Statement, ...]) -> Iterator[str]:
    yield f"static void *{name}(void *unused) {{"
    for register in sorted(_registers(statements)):
        yield f"    int {register} = 0;"
    yield from _block(statements, "    ")
    yield "    return unused;"
    yield "}"


def _block(statements: tuple[Statement, ...], indent: str) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, If):
            yield f"{indent}if ({statement.register} == {statement.constant}) {{"
            yield from _block(statement.then, indent + "    ")
            yield f"{indent}}} else {{"
            yield from _block(statement.otherwise, indent + "    ")
            yield f"{indent}}}"
        else:
            yield f"{indent}{_simple(statement)}"
            if isinstance(statement, Load | Rmw | Cas):
                yield f"{indent}USED({statement.register});"


def _simple(statement: Load | Store | Rmw | Cas | Fence) -> str:
    if isinstance(statement, Fence):
        return f"atomic_thread_fence({_ORDERS[statement.order]});"
    place = f"&{statement.location}"
    if isinstance(statement, Cas):
        orders = f"{_ORDERS[statement.success]}, {_ORDERS[statement.failure]}"
        strength = "weak" if statement.weak else "strong"
        call = f"atomic_compare_exchange_{strength}_explicit"
        return (
            f"{{ int found = {statement.expected}; "
            f"{call}({place}, &found, {_wrapped(statement.desired)}, {orders}); "
            f"{statement.register} = found; }}"
        )
    order = _ORDERS[statement.order]
    if isinstance(statement, Load):
        return f"{statement.register} = atomic_load_explicit({place}, {order});"
    if isinstance(statement, Store):
        return f"atomic_store_explicit({place}, {_wrapped(statement.value)}, {order});"
    call = f"atomic_{statement.op}_explicit"
    if statement.op == "fetch_nand":  # gcc and clang have it, C11 does not
        call, place = "__atomic_fetch_nand", f"(int *){place}"
    return (
        f"{statement.register} = {call}({place}, {_wrapped(statement.value)}, {order});"
    )


def _wrapped(value: Value) -> str:
    if value.register is None:
        return str(value.constant)
    return f"(int)((unsigned){value.register} + {value.constant}u)"


def _made_plain(line: str) -> str:
    line = re.sub(r"atomic_load_explicit\(&(\w), memory_order_relaxed\)", r"\1", line)
    store = r"atomic_store_explicit\(&(\w), (.*), memory_order_relaxed\);"
    line = re.sub(store, r"\1 = \2;", line)
    assert "atomic" not in line, line
    return line


def _registers(statements: tuple[Statement, ...]) -> set[str]:
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement, If):
            found |= {statement.register}
            found |= _registers(statement.then) | _registers(statement.otherwise)
        elif isinstance(statement, Load | Rmw | Cas):
            found.add(statement.register)
    return found


def to_numbers(program: Program) -> str:
    """The argument of ``interpreter.c``: per thread a count of steps, then the steps."""
    numbers: list[int] = []
    for thread in program.threads:
        registers = {name: i for i, name in enumerate(sorted(_registers(thread)))}
        steps = list(_steps(thread, registers))
        numbers.append(len(steps))
        numbers += [number for step in steps for number in step]
    return " ".join(map(str, numbers))


def _steps(
    statements: tuple[Statement, ...], registers: dict[str, int]
) -> Iterator[tuple[int, ...]]:
    for statement in statements:
        if isinstance(statement, If):
            then = list(_steps(statement.then, registers))
            otherwise = list(_steps(statement.otherwise, registers))
            then.append(_step("skip", source=len(otherwise)))
            target = registers[statement.register]
            yield _step(
                "unless", target=target, constant=statement.constant, source=len(then)
            )
            yield from then
            yield from otherwise
        else:
            yield _one_step(statement, registers)


def _one_step(
    statement: Load | Store | Rmw | Cas | Fence, registers: dict[str, int]
) -> tuple[int, ...]:
    if isinstance(statement, Fence):
        return _step("fence", order=statement.order)
    at = LOCATIONS.index(statement.location)
    if isinstance(statement, Load):
        target = registers[statement.register]
        return _step("load", location=at, order=statement.order, target=target)
    value = statement.desired if isinstance(statement, Cas) else statement.value
    source = -1 if value.register is None else registers.get(value.register, -1)
    if isinstance(statement, Store):
        return _step(
            "store",
            location=at,
            order=statement.order,
            constant=value.constant,
            source=source,
        )
    return _step(
        ("cas_weak" if statement.weak else "cas")
        if isinstance(statement, Cas)
        else statement.op,
        location=at,
        order=statement.success if isinstance(statement, Cas) else statement.order,
        failure=statement.failure if isinstance(statement, Cas) else Order.RLX,
        target=registers[statement.register],
        constant=value.constant,
        source=source,
        expected=statement.expected if isinstance(statement, Cas) else 0,
    )


def to_script(program: Program) -> str:
    """The text of ``tests/engine/scripted.h``; locations are its variables from ``k`` on."""
    threads = []
    for thread in program.threads:
        names = {name: "abcdefgh"[i] for i, name in enumerate(sorted(_registers(thread)))}
        threads.append("; ".join(_words(thread, names)))
    return " | ".join(threads)


def _words(statements: tuple[Statement, ...], names: dict[str, str]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, If):
            then = list(_words(statement.then, names))
            otherwise = list(_words(statement.otherwise, names))
            then.append(f"J {len(otherwise)}")
            yield f"? {names[statement.register]} != {statement.constant} {len(then)}"
            yield from then
            yield from otherwise
        elif isinstance(statement, Fence):
            yield f"F {statement.order.value}"
        else:
            yield _access(statement, names)


def _access(statement: Load | Store | Rmw | Cas, names: dict[str, str]) -> str:
    variable = "klmn"[LOCATIONS.index(statement.location)]
    if isinstance(statement, Load):
        return f"R {names[statement.register]} {variable} {statement.order.value}"
    if isinstance(statement, Store):
        value = _term(statement.value, names)
        return f"W {variable} {value} {statement.order.value}"
    if isinstance(statement, Rmw):
        op, value = statement.op.removeprefix("fetch_"), _term(statement.value, names)
        op = "xchg" if op == "exchange" else op
        target = names[statement.register]
        return f"U {target} {variable} {op} {value} {statement.order.value}"
    desired = _term(statement.desired, names)
    orders = f"{statement.success.value} {statement.failure.value}"
    return (
        f"C {names[statement.register]} {variable} {statement.expected} {desired} {orders}"
        f"{' weak' * statement.weak}"
    )


def _term(value: Value, names: dict[str, str]) -> str:
    register = names.get(value.register or "", "")
    return f"{register}{value.constant or ''}" if register else str(value.constant)


def _step(
    what: str,
    *,
    location: int = 0,
    order: Order = Order.RLX,
    failure: Order = Order.RLX,
    target: int = 0,
    constant: int = 0,
    source: int = -1,
    expected: int = 0,
) -> tuple[int, ...]:
    """One ``struct step``, its fields in their order in C."""
    orders = list(Order)
    return (
        _STEPS.index(what),
        location,
        orders.index(order),
        orders.index(failure),
        target,
        constant,
        source,
        expected,
    )
