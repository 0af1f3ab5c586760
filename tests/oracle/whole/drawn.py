"""Random whole programs: the same for the same seed.

A tree of threads is drawn first; where a thread is created and who joins it follows. Each program
has a palette of orders and a few kinds of statement, because programs of few kinds reach the
corners far more often than even mixtures do.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.oracle.program import (
    STORE_ORDERS,
    Cas,
    Load,
    Store,
    Value,
)

from .drawing import OTHER_KINDS, Known
from .drawn_channels import ChannelStatements, drawn_channels
from .program import (
    POINTERS,
    Block,
    Detach,
    Join,
    Locked,
    PlainWrite,
    Spawn,
    Statement,
    TryCas,
    Whole,
    inner_blocks,
    with_block,
)
from .words import drawn_words

OTHERS = 0.33  # the share of programs that have a kind of OTHER_KINDS, too
#: The parent of each thread but main.
TREES = (
    (0,), (0, 0), (0, 0), (0, 0), (0, 1), (0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 1),
    (0, 1, 2), (0, 1, 2, 3),
)  # fmt: skip


def drawn(seed: int, kind: str = "", more: int = 0, *, fails: bool = True) -> Whole:
    """The program of a seed, with more statements of the kind if one is named, or of any.

    A weak compare-exchange ``fails`` for no reason, or its compiler does not say that it is weak.
    """
    draw = _Draw(Random(seed), kind)
    draw.palette.room += more
    other = Random(f"also {seed}")
    if other.random() < OTHERS:
        draw.palette.kinds += (other.choice(OTHER_KINDS),) * 2
    program = weakened(draw.program(), seed, fails=fails)
    return replace(program, words=drawn_words(seed), channels=drawn_channels(seed))


def weakened(program: Whole, seed: int, *, fails: bool = True) -> Whole:
    """Of every third program each compare-exchange is a weak one that tells whether it wrote."""
    if Random(f"weak {seed}").random() < 0.67:
        return program

    def block(statements: Block) -> Block:
        made: list[Statement] = []
        for statement in statements:
            if isinstance(statement, Cas):
                fields = {k: v for k, v in vars(statement).items() if k != "weak"}
                statement = TryCas(**fields, fails=fails)
            for name, inner in inner_blocks(statement):
                statement = with_block(statement, name, block(inner))
            made.append(statement)
        return tuple(made)

    threads = tuple(block(statements) for statements in program.threads)
    return replace(program, threads=threads, destructor=block(program.destructor))


class _Draw(ChannelStatements):
    def program(self) -> Whole:
        random = self.random
        tree = random.choice(TREES)
        threads = []
        count = len(tree) + 1
        share = [0] * count
        for _ in range(self.palette.room):
            share[random.randrange(count)] += 1
        children: list[list[int]] = [[] for _ in range(count)]
        for child, parent in enumerate(tree, 1):
            children[parent].append(child)
        self.detached = {c for c in range(1, count) if random.random() < 0.1}
        joins: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        joiner: dict[int, int] = {}
        for child, parent in enumerate(tree, 1):
            if child not in self.detached and random.random() < 0.8:
                by, behind = parent, child
                while by in joiner and random.random() < 0.4:
                    by, behind = joiner[by], by
                joiner[child] = by
                joins[by].append((child, behind))
        for thread in range(count):
            threads.append(
                self.thread(
                    children[thread], joins[thread], share[thread], main=thread == 0
                )
            )
        posted, parties = random.randint(0, 2), random.choice((2, 2, 3))
        return Whole(tuple(threads), posted, parties, self.destructor())

    def destructor(self) -> Block:
        """What threads do when they have ended, if anything."""
        if "own" not in self.palette.kinds or self.random.random() < 0.5:
            return ()
        write = PlainWrite("p", Value(1))
        store = Store("x", Value(2), self.among(STORE_ORDERS))
        return self.random.choice(((write,), (store,), (Locked("m", (write,)),)))

    def thread(
        self,
        children: list[int],
        joins: list[tuple[int, int]],
        room: int,
        *,
        main: bool,
    ) -> Block:
        """Statements with the thread's creations among them, and its joins behind what they need.

        A join is behind the thread's creation, or behind the join of the thread that would have
        joined it (named second).
        """
        statements = self.block(Known(), room)
        places = sorted(self.random.choices(range(len(statements) + 1), k=len(children)))
        for offset, (place, child) in enumerate(zip(places, children, strict=True)):
            statements.insert(place + offset, Spawn(child))
        if main and "heap" in self.palette.kinds and self.random.random() < 0.9:
            statements[:0] = [self.allocation(pointer) for pointer in POINTERS]
        for child in self.detached & set(children):
            statements.insert(statements.index(Spawn(child)) + 1, Detach(child))
        for child, behind in joins:
            needs = (Spawn, child) if behind == child else (Join, behind)
            after = [
                at
                for at, s in enumerate(statements)
                if isinstance(s, Spawn | Join) and (type(s), s.thread) == needs
            ]
            at = self.random.randint(after[0] + 1, len(statements))
            if self.random.random() < 0.5:
                at = len(statements)
            known = [s.register for s in statements[:at] if isinstance(s, Load)]
            got = (
                self.random.choice(known) if known and self.random.random() < 0.4 else ""
            )
            statements.insert(at, Join(child, got))
        return tuple(self.gathered(statements))

    def gathered(self, statements: list[Statement]) -> list[Statement]:
        """Some creations and joins go into the critical section that is before or behind them."""
        made: list[Statement] = []
        for statement in statements:
            moves = self.random.random() < 0.3
            last = made[-1] if made else None
            if moves and isinstance(statement, Spawn | Join) and isinstance(last, Locked):
                made[-1] = replace(last, body=(*last.body, statement))
            elif moves and isinstance(statement, Locked) and isinstance(last, Join):
                made[-1] = replace(statement, body=(last, *statement.body))
            else:
                made.append(statement)
        return made
