"""Programs over bytes: what a thread does, drawn from a seed, and printed as C."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.oracle.program import FAILURE_ORDERS, Order

WORD = 16
READS = frozenset({"load", "add", "or", "xchg", "cas", "read"})
UPDATES = frozenset({"add", "or", "xchg", "cas"})
PLAIN = frozenset({"read", "write"})
_NAMES = {1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "u128"}
_C11 = dict(
    zip(
        Order,
        ("RELAXED", "CONSUME", "ACQUIRE", "RELEASE", "ACQ_REL", "SEQ_CST"),
        strict=True,
    )
)
_CALLS = {"add": "fetch_add", "or": "fetch_or", "xchg": "exchange_n"}


@dataclass(frozen=True)
class Step:
    """One access or fence; ``guard``: (earlier step of the thread, what it must have read)."""

    kind: str
    word: int = 0
    at: int = 0
    size: int = 4
    value: int = 0
    expected: int = 0
    order: Order = Order.RLX
    failure: Order = Order.RLX
    guard: tuple[int, int] | None = None

    @property
    def bytes(self) -> range:
        """Which bytes of memory it names; of a fence none."""
        first = self.word * WORD + self.at
        return range(first, first + (0 if self.kind == "fence" else self.size))

    def written(self, found: int) -> int:
        """What it leaves there, having found ``found``."""
        new = {"add": found + self.value, "or": found | self.value}
        return new.get(self.kind, self.value) & ((1 << 8 * self.size) - 1)


@dataclass(frozen=True)
class Sized:
    """A program: threads side by side, then ``after`` by main. ``how`` memory is initialised.

    By ``words`` plain accesses are assignments, ``memcpy``, structure copies or loops over bytes.
    """

    threads: tuple[tuple[Step, ...], ...]
    after: tuple[Step, ...]
    initial: bytes
    how: str = "static"
    words: int = 0

    def __str__(self) -> str:
        return to_c([self])


def _step(r: random.Random, shape: _Shape, earlier: Sequence[Step]) -> Step:
    kind = r.choice(shape.kinds)
    if kind == "fence":
        return Step(
            kind, order=r.choice(shape.among((Order.ACQ, Order.REL, Order.AR, Order.SC)))
        )
    size = r.choice(shape.sizes)
    at = r.randrange(0, shape.width, size)
    value = r.choice((1, 1, 2, 3)) << r.choice((0, 0, 8 * size - 8))
    order = failure = Order.RLX
    if kind == "load":
        order = r.choice(shape.among((Order.RLX, Order.ACQ, Order.SC)))
    elif kind == "store":
        order = r.choice(shape.among((Order.RLX, Order.REL, Order.SC)))
    elif kind in UPDATES:
        order = r.choice(
            shape.among((Order.RLX, Order.ACQ, Order.REL, Order.AR, Order.SC))
        )
        failure = r.choice(FAILURE_ORDERS[order])
    readers = [i for i, step in enumerate(earlier) if step.kind in READS]
    guard = None
    if readers and r.random() < 0.15:
        guard = (r.choice(readers), r.choice((0, 1)))
    return Step(
        kind, r.randrange(shape.words), at, size, value & ((1 << 8 * size) - 1),
        r.choice((0, 0, 1)), order, failure, guard,
    )  # fmt: skip


@dataclass(frozen=True)
class _Shape:
    kinds: tuple[str, ...]
    sizes: tuple[int, ...]
    width: int
    words: int
    orders: tuple[Order, ...]

    def among(self, allowed: tuple[Order, ...]) -> tuple[Order, ...]:
        return tuple(order for order in allowed if order in self.orders) or allowed[:1]


def _owned(r: random.Random, threads: list[tuple[Step, ...]], width: int) -> None:
    """Some bytes become one thread's own, accessed plainly; the others stay away from them."""
    size = r.choice([size for size in (1, 2, 4) if size < width])
    own = range((at := r.randrange(0, width, size)), at + size)
    for t, thread in enumerate(threads):
        steps = []
        for step in thread:
            meets = step.kind != "fence" and not step.word and set(step.bytes) & set(own)
            if t == 0 and step.kind in ("load", "store") and r.random() < 0.5:
                kind = {"load": "read", "store": "write"}[step.kind]
                value = step.value & ((1 << 8 * size) - 1)
                step = replace(step, kind=kind, word=0, at=at, size=size, value=value)
            elif meets and t and r.random() < 0.8:
                step = replace(step, at=at ^ size, size=size, value=1, expected=0)
            steps.append(step)
        threads[t] = tuple(steps)


_ORDERS = (tuple(Order), (Order.RLX,), (Order.ACQ, Order.REL, Order.AR), (Order.SC,),
           (Order.RLX, Order.SC), (Order.RLX, Order.ACQ, Order.REL))  # fmt: skip
_KINDS = (
    ("load", "store", "load", "store", "add", "xchg", "cas", "or"),
    ("load", "store", "load", "store", "fence"),
    ("load", "store"),
    ("load", "store", "add", "cas"),
    ("load", "store", "cas", "read", "write"),
)
_LENGTHS = (
    (2, 2),
    (3, 2),
    (3, 3),
    (2, 1, 1),
    (2, 2, 1),
    (1, 1, 1),
    (3, 1, 1),
    (2, 2, 2),
    (4, 2),
)


def drawn(seed: int) -> Sized:
    """The program of a seed."""
    r = random.Random(seed)
    width = r.choice((2, 4, 4, 8, 8, 16))
    sizes = tuple(size for size in (1, 2, 4, 8, 16) if size <= width)
    shape = _Shape(
        r.choice(_KINDS), r.choice((sizes, sizes[-2:], sizes[-3:])), width,
        r.choice((1, 1, 2)), r.choice(_ORDERS),
    )  # fmt: skip
    threads = []
    for length in r.choice(_LENGTHS):
        steps: list[Step] = []
        while len(steps) < length:
            steps.append(_step(r, shape, steps))
        threads.append(tuple(steps))
    if width > 1 and r.random() < 0.25:
        _owned(r, threads, width)
    loads = _Shape(("load",), shape.sizes, width, shape.words, (Order.RLX,))
    after = tuple(_step(r, loads, ()) for _ in range(r.choice((0, 1, 2))))
    how = r.choice(("static", "static", "memset", "copy", "parts"))
    initial = bytearray(shape.words * WORD)
    if how == "memset":
        initial[:] = bytes([1]) * len(initial)
    elif how != "static":
        initial[:] = bytes(r.choice((0, 0, 1)) for _ in initial)
    words = random.Random(f"words {seed}")
    if words.random() < 0.3:
        threads = [_with_rounds(words, thread) for thread in threads]
    return Sized(tuple(threads), after, bytes(initial), how, words.randrange(4))


def _with_rounds(r: random.Random, thread: tuple[Step, ...]) -> tuple[Step, ...]:
    """Its last step twice, which is printed as a loop."""
    last = thread[-1]
    again = last.kind in ("load", "store", "add") and len(thread) < 3 and r.random() < 0.6
    return (*thread, last) if again else thread


_HEAD = """\
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
typedef uint8_t __attribute__((may_alias)) u8;
typedef uint16_t __attribute__((may_alias)) u16;
typedef uint32_t __attribute__((may_alias)) u32;
typedef uint64_t __attribute__((may_alias)) u64;
typedef unsigned __int128 __attribute__((may_alias)) u128;
struct __attribute__((may_alias)) s1 { u8 v; };
struct __attribute__((may_alias)) s2 { u16 v; };
struct __attribute__((may_alias)) s4 { u32 v; };
struct __attribute__((may_alias)) s8 { u64 v; };
struct __attribute__((may_alias)) s16 { u128 v; };
struct { _Alignas(16) unsigned char bytes[32]; } memory;
"""


def _number(value: int) -> str:
    low, high = value & (2**64 - 1), value >> 64
    return f"((u128){high}u << 64 | {low}u)" if high else f"{low}u"


def _c_plain(index: int, step: Step, words: int) -> str:
    """A plain access, in one of the forms that a program may give it."""
    name, first = _NAMES[step.size], step.bytes[0]
    inside, value = f"memory.bytes + {first}", f"({name}){_number(step.value)}"
    place = f"({name} *)({inside})"
    if step.kind == "read":
        return (
            f"r{index} = *{place};",
            f"{{ {name} v; memcpy(&v, {inside}, {step.size}); r{index} = v; }}",
            f"{{ struct s{step.size} v = *(struct s{step.size} *)({inside}); r{index} = v.v; }}",
            f"{{ {name} v = 0; for (int i = 0; i < {step.size}; i++) "
            f"v |= ({name})(({name})({inside})[i] << 8 * i); r{index} = v; }}",
        )[words]
    return (
        f"*{place} = {value};",
        f"{{ {name} v = {value}; memcpy({inside}, &v, {step.size}); }}",
        f"*(struct s{step.size} *)({inside}) = (struct s{step.size}){{{value}}};",
        f"for (int i = 0; i < {step.size}; i++) "
        f"({inside})[i] = (unsigned char)(({name})({value}) >> 8 * i);",
    )[words]


def _c_step(index: int, step: Step, words: int = 0) -> str:
    order = f"__ATOMIC_{_C11[step.order]}"
    if step.kind == "fence":
        return f"__atomic_thread_fence({order});"
    name = _NAMES[step.size]
    place = f"({name} *)(memory.bytes + {step.bytes[0]})"
    value = f"({name}){_number(step.value)}"
    match step.kind:
        case "load":
            text = f"r{index} = __atomic_load_n({place}, {order});"
        case "store":
            text = f"__atomic_store_n({place}, {value}, {order});"
        case "read" | "write":
            text = _c_plain(index, step, words)
        case "cas":
            failure = f"__ATOMIC_{_C11[step.failure]}"
            text = (
                f"{{ {name} e = ({name}){_number(step.expected)}; __atomic_compare_exchange_n("
                f"{place}, &e, {value}, 0, {order}, {failure}); r{index} = e; }}"
            )
        case kind:
            text = f"r{index} = __atomic_{_CALLS[kind]}({place}, {value}, {order});"
    if step.guard:
        text = f"if (r{step.guard[0]} == {step.guard[1]}) {{ {text} }}"
    return text


def _c_rounds(index: int, step: Step) -> str:
    """The step and the next, which is the same, as one loop."""
    once = _c_step(index, replace(step, guard=None)).replace(f"r{index} =", "u128 v =")
    kept = f" if (i) r{index + 1} = v; else r{index} = v;" if step.kind in READS else ""
    text = f"for (int i = 0; i < 2; i++) {{ {once}{kept} }}"
    return f"if (r{step.guard[0]} == {step.guard[1]}) {text}" if step.guard else text


def lines_of(steps: Sequence[Step], words: int) -> list[tuple[int, str]]:
    """The lines of C of a thread, each with the number of its (first) step."""
    if len(steps) > 1 and steps[-1] == steps[-2] and steps[-1].kind not in PLAIN:
        head = [(i, _c_step(i, step, words)) for i, step in enumerate(steps[:-2])]
        return [*head, (len(steps) - 2, _c_rounds(len(steps) - 2, steps[-1]))]
    return [(i, _c_step(i, step, words)) for i, step in enumerate(steps)]


def _c_steps(steps: Sequence[Step], words: int = 0) -> list[str]:
    names = [f"r{i} = 0" for i, step in enumerate(steps) if step.kind in READS]
    head = ["    volatile int sink = 0;", "    (void)sink;"]
    head += [f"    u128 {', '.join(names)};"] if names else []
    tail = [
        f"    sink = (int)r{i};" for i, step in enumerate(steps) if step.kind in READS
    ]
    return head + [f"    {text}" for _, text in lines_of(steps, words)] + tail


def _c_initial(program: Sized) -> list[str]:
    size, given = len(program.initial), ", ".join(map(str, program.initial))
    match program.how:
        case "memset":
            return [f"    memset(memory.bytes, {program.initial[0]}, {size});"]
        case "copy":
            return [
                f"    static const unsigned char from[{size}] = {{{given}}};",
                f"    memcpy(memory.bytes, from, {size});",
            ]
        case "parts":
            return [
                f"    *(u32 *)(memory.bytes + {at}) = "
                f"{int.from_bytes(program.initial[at : at + 4], 'little')}u;"
                for at in range(0, size, 4)
            ]
    return []


def to_c(programs: Sequence[Sized]) -> str:
    """One file; its argument is the number of the program that runs."""
    text = [_HEAD]
    for number, program in enumerate(programs):
        for thread, steps in enumerate(program.threads):
            text += [
                f"static void *p{number}t{thread}(void *a) {{",
                *_c_steps(steps, program.words),
                "    return a;\n}",
            ]
        count = len(program.threads)
        text += [
            f"static void p{number}(void) {{",
            f"    pthread_t t[{count}];",
            *_c_initial(program),
        ]
        text += [
            f"    pthread_create(&t[{i}], 0, p{number}t{i}, 0);" for i in range(count)
        ]
        text += [f"    pthread_join(t[{i}], 0);" for i in range(count)]
        text += [*_c_steps(program.after), "}"]
    text += [
        "int main(int count, char **words) {",
        "    switch (atoi(words[count - 1])) {",
    ]
    text += [f"    case {number}: p{number}(); break;" for number in range(len(programs))]
    return "\n".join([*text, "    }\n    return 0;\n}\n"])
