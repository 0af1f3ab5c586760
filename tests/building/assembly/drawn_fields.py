"""Structures with bit-fields drawn at random, two members each for two threads.

C11 says which members are one memory location (3.14): adjacent bit-fields, until one of width
zero, another member or the end of a structure. Such a pair is a race, whatever the bits. Of a
compiled program it shows where the compiler touches a byte for both.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

_BITS = {
    "char": 8,
    "short": 16,
    "int": 32,
    "long": 64,
    "unsigned char": 8,
    "unsigned": 32,
}


@dataclass(frozen=True)
class Member:
    """``location`` numbers the memory locations of C11; 0 for what has no name."""

    text: str
    name: str
    location: int
    is_atomic: bool = False


@dataclass(frozen=True)
class Drawn:
    """A structure, and the members that two threads use."""

    members: tuple[Member, ...]
    pair: tuple[Member, Member]
    is_packed: bool
    second: str

    @property
    def is_race(self) -> bool:
        """Whether the letter of C11 has it."""
        first, second = self.pair
        is_atomic = first.is_atomic and second.is_atomic
        return first.location == second.location and not is_atomic

    def program(self) -> str:
        """Return the whole text."""
        first, second = (f"s.{member.name}" for member in self.pair)
        return (
            "#include <pthread.h>\n"
            f"{self.structure()}\nstatic struct s s; __thread volatile long sink;\n"
            f"static void *f(void *q) {{ {first} = 1; return q; }}\n"
            f"static void *g(void *q) {{ {self.second.format(second)} return q; }}\n"
            "int main(void) { pthread_t t, u; pthread_create(&t, 0, f, 0);\n"
            "pthread_create(&u, 0, g, 0); pthread_join(t, 0); pthread_join(u, 0);\n"
            "return 0; }\n"
        )

    def structure(self) -> str:
        """Return the structure alone."""
        body = " ".join(member.text for member in self.members)
        packed = " __attribute__((packed))" if self.is_packed else ""
        return f"struct s {{ {body} }}{packed};"

    def share_a_byte(self, folder: Path) -> bool:
        """Ask a compiled program whether both members are in one byte."""
        source, made = folder / "bytes.c", folder / "bytes"
        first, second = (member.name for member in self.pair)
        source.write_text(
            f"#include <string.h>\n{self.structure()}\n"
            "int main(void) { struct s a, b; memset(&a, 0, sizeof a); b = a;\n"
            f"a.{first} = -1; b.{second} = -1; int shared = 0;\n"
            "for (unsigned i = 0; i < sizeof a; i++)\n"
            "shared |= ((char *)&a)[i] && ((char *)&b)[i]; return shared; }\n"
        )
        subprocess.run(["gcc", "-w", source, "-o", made], check=True)
        return subprocess.run([made]).returncode == 1


def drawn(seed: int) -> Drawn:
    """Draw one."""
    rng = random.Random(seed)
    is_packed = rng.random() < 0.25
    while True:
        members = tuple(_members(rng, is_packed))
        named = [member for member in members if member.name]
        if len(named) >= 2:
            break
    first, second = rng.sample(named, 2)
    if rng.random() < 0.15:
        second = first
    use = rng.choice(["{} = 0;", "{} = 0;", "sink = {};", "{}++;"])
    return Drawn(members, (first, second), is_packed, use)


def _members(rng: random.Random, is_packed: bool) -> list[Member]:
    members: list[Member] = []
    location, is_open = 0, False
    for number in range(rng.randint(2, 7)):
        kind = rng.choice(list(_BITS))
        name = f"m{number}"
        chance = rng.random()
        if chance < 0.08:
            members.append(Member(f"{kind} :0;", "", 0))
            is_open = False
        elif chance < 0.13:
            members.append(Member(f"{kind} :{rng.randint(1, _BITS[kind])};", "", 0))
        elif chance < 0.68:
            location += not is_open
            is_open = True
            width = rng.randint(1, rng.choice([8, _BITS[kind]]))
            members.append(Member(f"{kind} {name}:{width};", name, location))
        else:
            location += 1
            is_open = False
            members.append(_closed(rng, name, location, is_packed))
    return members


def _closed(rng: random.Random, name: str, location: int, is_packed: bool) -> Member:
    """Draw a member that is a memory location of its own."""
    kind = rng.choice(["char", "short", "int"])
    choice = rng.randrange(3)
    if choice == 0 and not is_packed:
        return Member(f"_Atomic {kind} {name};", name, location, True)
    if choice == 1:
        inner = f"struct {{ {kind} {name}:{rng.randint(1, 7)}; }} in_{name};"
        return Member(inner, f"in_{name}.{name}", location)
    return Member(f"{kind} {name};", name, location)
