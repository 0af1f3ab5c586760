"""What lock-free code is made of, with its orders drawn and its statements left out by chance.

Each idiom has what its threads share and a body for each role. ``$L $S $X $F`` are drawn orders of
a load, a store, an update and a fence; a line that begins with ``?`` may be missing. ``out(v)``
keeps a result of the role. What comes of it may be right or wrong: it must be the same in whatever
order the threads are created, and no sampler may find what the search has not found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .idiom import Idiom
from .locks import LOCKS
from .structures import STRUCTURES

HEAD = """\
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#define RLX memory_order_relaxed
#define ACQ memory_order_acquire
#define REL memory_order_release
#define AR memory_order_acq_rel
#define SC memory_order_seq_cst
#define get(x, o) atomic_load_explicit(&(x), o)
#define put(x, v, o) atomic_store_explicit(&(x), v, o)
#define swap(x, v, o) atomic_exchange_explicit(&(x), v, o)
#define add(x, v, o) atomic_fetch_add_explicit(&(x), v, o)
#define cas(x, e, v, o) atomic_compare_exchange_strong_explicit(&(x), e, v, o, RLX)
#define weak(x, e, v, o) atomic_compare_exchange_weak_explicit(&(x), e, v, o, RLX)
#define fence(o) atomic_thread_fence(o)
static int results[8][4];
#define out(v) __atomic_store_n(&results[role][n_++], (int)(v), __ATOMIC_RELAXED)
"""

ORDERS = {
    "L": ("RLX", "ACQ", "ACQ", "SC"),
    "S": ("RLX", "REL", "REL", "SC"),
    "X": ("RLX", "ACQ", "REL", "AR", "AR", "SC"),
    "F": ("ACQ", "REL", "AR", "SC", "SC"),
}


IDIOMS = LOCKS | STRUCTURES


@dataclass(frozen=True)
class Drawn:
    """An idiom with a body for each thread."""

    name: str
    bodies: tuple[str, ...]

    @property
    def idiom(self) -> Idiom:
        """What it was drawn from."""
        return IDIOMS[self.name]


def drawn(seed: int, name: str = "") -> Drawn:
    """The program of a seed."""
    random = Random(f"idiom {seed}")
    name = name or random.choice(list(IDIOMS))
    idiom = IDIOMS[name]
    count = random.randint(idiom.least, idiom.most)
    bodies = [*idiom.roles][:count]
    while len(bodies) < count:
        bodies.append(random.choice(idiom.roles))
    share = random.choice((0.0, 0.2, 0.5))
    strongest = random.random() < 0.3
    return Drawn(
        name, tuple(_body(random, body, share, strongest=strongest) for body in bodies)
    )


def _body(random: Random, body: str, missing: float, *, strongest: bool) -> str:
    lines = []
    for line in body.splitlines():
        text = line.strip()
        if "?" in text and " ? " not in text:
            if random.random() < missing:
                continue
            text = text.replace("?", "")
        lines.append(text)

    def order(found: re.Match[str]) -> str:
        choices = ORDERS[found[1]]
        return choices[-1] if strongest else random.choice(choices)

    return re.sub(r"\$([LSXF])", order, "\n".join(lines))


def to_c(program: Drawn, order: Sequence[int]) -> str:
    """The program in C; its threads are created in this order."""
    count = len(program.bodies)
    text = [HEAD, f"#define COUNT {count}", program.idiom.shared]
    for role, body in enumerate(program.bodies):
        inside = body.replace("\n", "\n    ")
        text.append(
            f"static void *role{role}(void *unused) {{\n    const int role = {role}; int n_ = 0;\n"
            f"    {inside}\n    (void)role, (void)n_; return unused;\n}}"
        )
    text.append(f"int main(void) {{\n    pthread_t t[{count}];")
    text += [
        f"    pthread_create(&t[{i}], 0, role{role}, 0);" for i, role in enumerate(order)
    ]
    text.append(f"    for (int i = 0; i < {count}; i++) pthread_join(t[i], 0);")
    text.append("    return 0;\n}\n")
    return "\n".join(text)
