"""Functions drawn at random: switches, loops, blocks, structures by value, inline assembly."""

from __future__ import annotations

import random

HEAD = """
#include <string.h>
struct big { long words[6]; };
static struct big here[3];
struct big there[3];
static int small[8];
__thread int own;
const int table[4] = {3, 1, 4, 1};
void told(void *);
"""


def drawn(seed: int) -> str:
    """Return the text of a file."""
    rng = random.Random(seed)
    parts = [_function(rng, number) for number in range(4)]
    return HEAD + "\n".join(parts)


def _function(rng: random.Random, number: int) -> str:
    body = "\n".join(_statement(rng, 3) for _ in range(rng.randint(2, 5)))
    return (
        f"struct big f{number}(int a, int b, struct big *p, struct big v) {{\n"
        f"struct big w = {{{{0}}}}; (void)w; (void)v;\n{body}\nreturn *p; }}"
    )


def _statement(rng: random.Random, depth: int) -> str:
    if depth and rng.random() < 0.45:
        return _compound(rng, depth - 1)
    return rng.choice(
        [
            "small[a & 7] = b;",
            "b += small[b & 7] + table[a & 3];",
            "*p = here[a & 1];",
            "here[b & 1] = v;",
            "memset(&there[a & 1], 0, sizeof *p);",
            "memcpy(p, &here[2], 40);",
            "there[1] = *p;",
            "w = *p; told(&w);",
            "w.words[a & 3] = b;",
            "own += a;",
            "a = __atomic_fetch_add(&small[1], b, __ATOMIC_SEQ_CST);",
            '__asm__ volatile("movl %1, %0" : "=m"(small[2]) : "r"(a));',
            '__asm__ volatile("lock incl %0" : "+m"(small[3]));',
            "told(p);",
        ]
    )


def _compound(rng: random.Random, depth: int) -> str:
    inner = [_statement(rng, depth) for _ in range(rng.randint(4, 6))]
    kind = rng.randrange(3)
    if kind == 0:
        return f"if (a {rng.choice('<>')} b) {{ {inner[0]} }} else {{ {inner[1]} }}"
    if kind == 1:
        return f"for (int i = 0; i < (b & 3); i++) {{ a += i; {inner[0]} }}"
    ends = [rng.choice(["break;", ""]) for _ in inner]
    cases = " ".join(f"case {n}: {s} {ends[n]}" for n, s in enumerate(inner))
    return f"switch (a + {rng.randrange(3)}) {{ {cases} }}"
