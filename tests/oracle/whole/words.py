"""The words of a program: how its C says what it does, where there are several ways to say it.

What a program means is decided without them. The first value of each field is the plainest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

CHOICES = {
    "threads": ("pthread", "c11"),
    "atomic": ("int", "int8_t", "int16_t", "int64_t", "_Atomic int"),
    "loops": ("for", "while", "do", "goto", "recursion"),
    "branches": ("if", "switch", "goto"),
    "blocks": ("inline", "function", "pointer"),
    "registers": ("own", "shared"),
    "copies": ("assigned", "memcpy", "memmove", "returned", "passed", "bytes"),
    "creating": ("each", "loop"),
    "own": ("_Thread_local", "key"),
    "accesses": ("direct", "function", "pointer", "variadic"),
    "mutex": ("mutex", "spin"),
}


@dataclass(frozen=True)
class Words:
    """One choice of ``CHOICES`` each."""

    threads: str = "pthread"
    atomic: str = "int"  # the type of x, y and z
    loops: str = "for"
    branches: str = "if"
    blocks: str = "inline"  # or each in a function, called by its name or through a table
    registers: str = "own"  # or all threads' in one array
    copies: str = "assigned"
    creating: str = "each"  # or neighbours in a loop
    own: str = "_Thread_local"
    accesses: str = "direct"  # ordinary accesses
    mutex: str = "mutex"

    def plainer(self) -> list[Words]:
        """Each with one choice made the plainest."""
        return [
            replaced(self, name)
            for name, choices in CHOICES.items()
            if getattr(self, name) != choices[0]
        ]


PLAINEST = Words()


def drawn_words(seed: int) -> Words:
    """The words of a seed: of every third program the plainest."""
    random = Random(f"words {seed}")
    if random.random() < 0.3:
        return PLAINEST
    share = random.choice((0.2, 0.5, 1.0))
    return Words(
        **{
            name: random.choice(choices) if random.random() < share else choices[0]
            for name, choices in CHOICES.items()
        }
    )


def replaced(words: Words, name: str, choice: str | None = None) -> Words:
    """The words with another choice, the plainest if none is named."""
    return replace(words, **{name: choice or CHOICES[name][0]})
