"""Programs for ``--races allow``, each in two texts of which the same must be found.

In the first text accesses are ordinary: typed ones of any alignment, copies and fills by the
library. In the second each of these is what ``--races allow`` takes it for, relaxed atomic
accesses to words, written out one by one. What the second text means is what ``decide`` and
``tests.oracle`` hold the explorer to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BYTES = 48
WORD = 8
_NAMES = {1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "u128"}
ORDERS = ("RELAXED", "ACQUIRE", "RELEASE", "SEQ_CST")
_FITTING = {
    "load": ("RELAXED", "ACQUIRE", "SEQ_CST"),
    "store": ("RELAXED", "RELEASE", "SEQ_CST"),
}
KINDS = (
    "read",
    "write",
    "read",
    "write",
    "copy",
    "fill",
    "load",
    "store",
    "add",
    "await",
)


@dataclass(frozen=True)
class Act:
    """What a thread does to ``size`` bytes at ``at``; a copy has them from ``source``."""

    kind: str
    at: int
    size: int
    source: int = 0
    value: int = 1
    order: str = "RELAXED"
    rounds: int = 1


@dataclass(frozen=True)
class Allowed:
    """Threads side by side; main begins with ``before`` and ends with ``after``."""

    before: tuple[Act, ...]
    threads: tuple[tuple[Act, ...], ...]
    after: tuple[Act, ...]

    def __str__(self) -> str:
        return to_c([self], plain=True)


def pieces(size: int, *addresses: int) -> Iterator[tuple[int, int]]:
    """The words of a block: where each begins, and its size; aligned at every address."""
    at = 0
    while at < size:
        word = WORD
        while word > size - at or any((address + at) % word for address in addresses):
            word //= 2
        yield at, word
        at += word


def drawn(seed: int) -> Allowed:
    """The program of a seed."""
    r = random.Random(f"allowed {seed}")
    kinds = r.sample(KINDS, r.randint(2, 5))
    width = r.choice((4, 8, 8, 12, 16, 24))
    unaligned = r.random() < 0.4
    lengths = r.choice(((2, 2), (2, 1), (1, 1, 1), (3, 2), (2, 2, 1), (3, 1)))
    threads = tuple(
        tuple(_act(r, kinds, width, unaligned=unaligned) for _ in range(length))
        for length in lengths
    )
    some = ("fill", "write", "copy")
    before = [
        _act(r, some, width, unaligned=unaligned) for _ in range(r.choice((0, 0, 1)))
    ]
    after = [
        _act(r, ("read",), width, unaligned=unaligned) for _ in range(r.choice((0, 1)))
    ]
    return Allowed(tuple(before), threads, tuple(after))


def _act(r: random.Random, kinds: Sequence[str], width: int, *, unaligned: bool) -> Act:
    kind = r.choice(kinds)
    value = r.choice((1, 1, 2, 0x101))
    if kind in ("copy", "fill"):
        size = r.randint(1, width)
        at = r.randrange(0, width - size + 1)
        source = r.randrange(0, 2 * width - size + 1)
        if r.random() < 0.6:
            at, source = at // 4 * 4, source // 4 * 4
        return Act(kind, at, size, source, value & 255)
    size = r.choice([size for size in (1, 2, 4, 8, 16) if size <= width])
    if kind in ("load", "store", "add", "await"):
        size = min(size, 8)
    step = 1 if unaligned and kind in ("read", "write") else size
    at = r.randrange(0, width - size + 1, step)
    order = r.choice(_FITTING.get(kind, ("RELAXED",)))
    rounds = 2 if r.random() < 0.1 else 1
    return Act(kind, at, size, 0, value & ((1 << 8 * size) - 1), order, rounds)


HEAD = f"""\
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
typedef uint8_t __attribute__((may_alias)) u8;
typedef uint16_t __attribute__((may_alias, aligned(1))) u16;
typedef uint32_t __attribute__((may_alias, aligned(1))) u32;
typedef uint64_t __attribute__((may_alias, aligned(1))) u64;
typedef unsigned __int128 __attribute__((may_alias, aligned(1))) u128;
typedef uint16_t __attribute__((may_alias)) w16;
typedef uint32_t __attribute__((may_alias)) w32;
typedef uint64_t __attribute__((may_alias)) w64;
typedef u8 w8;
#define STAY() __asm__ volatile("" : : : "memory")
#define USED(value) __asm__ volatile("" : : "m"(value))
struct {{ _Alignas(16) unsigned char bytes[{2 * BYTES}]; }} memory;
void *(*copies)(void *, const void *, size_t) = memmove;
void *(*fills)(void *, int, size_t) = memset;
"""


def _word(at: int, size: int) -> str:
    return f"(w{8 * size} *)(memory.bytes + {at})"


def _load(at: int, size: int, order: str = "RELAXED") -> str:
    return f"__atomic_load_n({_word(at, size)}, __ATOMIC_{order})"


def _store(at: int, size: int, value: str, order: str = "RELAXED") -> str:
    return f"__atomic_store_n({_word(at, size)}, (w{8 * size}){value}, __ATOMIC_{order});"


def _said(act: Act, *, plain: bool) -> str:
    name, at = _NAMES.get(act.size, ""), act.at
    place = f"*({name} *)(memory.bytes + {at})"
    match act.kind:
        case "load":
            return f"{{ u64 r = {_load(at, act.size, act.order)}; USED(r); }}"
        case "store":
            return _store(at, act.size, str(act.value), act.order)
        case "add":
            given = f"{_word(at, act.size)}, {act.value}, __ATOMIC_ACQ_REL"
            return f"{{ u64 r = __atomic_fetch_add({given}); USED(r); }}"
        case "await":
            return f"while ({_load(at, act.size, act.order)} != {act.value}) ;"
        case "read" if plain:
            return f"{{ {name} r = {place}; USED(r); }}"
        case "write" if plain:
            return f"{place} = {act.value};"
        case "copy" if plain:
            to, source = f"memory.bytes + {at}", f"memory.bytes + {act.source}"
            return f"copies({to}, {source}, {act.size});"
        case "fill" if plain:
            return f"fills(memory.bytes + {at}, {act.value}, {act.size});"
    return " ".join(_words(act))


def _words(act: Act) -> Iterator[str]:
    if act.kind == "copy":
        backwards = act.source < act.at < act.source + act.size
        for at, size in _copied(act, backwards=backwards):
            yield _store(act.at + at, size, _load(act.source + at, size))
        return
    for at, size in pieces(act.size, act.at):
        if act.kind == "read":
            yield f"{{ u64 r = {_load(act.at + at, size)}; USED(r); }}"
        elif act.kind == "write":
            yield _store(act.at + at, size, f"{act.value >> 8 * at}u")
        else:
            value = int.from_bytes(bytes([act.value]) * size, "little")
            yield _store(act.at + at, size, f"{value}u")


def _copied(act: Act, *, backwards: bool) -> Iterator[tuple[int, int]]:
    """From behind if that is how it must be: then a word is aligned where it ends."""
    if not backwards:
        yield from pieces(act.size, act.at, act.source)
        return
    left = act.size
    while left:
        word = WORD
        while word > left or (act.at + left) % word or (act.source + left) % word:
            word //= 2
        left -= word
        yield left, word


def _texts(acts: Sequence[Act], *, plain: bool) -> Iterator[str]:
    for act in acts:
        for _ in range(act.rounds):
            yield f"    STAY(); {_said(act, plain=plain)} STAY();"


def to_c(programs: Sequence[Allowed], *, plain: bool) -> str:
    """One file; its argument is the number of the program that runs."""
    text = [HEAD]
    for number, program in enumerate(programs):
        for thread, acts in enumerate(program.threads):
            text += [f"static void *p{number}t{thread}(void *a) {{"]
            text += [*_texts(acts, plain=plain), "    return a;\n}"]
        count = len(program.threads)
        text += [f"static void p{number}(void) {{", f"    pthread_t t[{count}];"]
        text += _texts(program.before, plain=plain)
        creates = (f"pthread_create(&t[{i}], 0, p{number}t{i}, 0);" for i in range(count))
        joins = (f"pthread_join(t[{i}], 0);" for i in range(count))
        text += [f"    {call}" for call in (*creates, *joins)]
        text += [*_texts(program.after, plain=plain), "}"]
    text += [
        "int main(int count, char **words) {",
        "    switch (atoi(words[count - 1])) {",
    ]
    text += [f"    case {number}: p{number}(); break;" for number in range(len(programs))]
    return "\n".join([*text, "    }\n    return 0;\n}\n"])
