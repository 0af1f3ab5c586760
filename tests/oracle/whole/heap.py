"""The heap as steps: a block is what its life says, and a location for each field."""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle.program import Value

from .flat import Flat
from .program import (
    FIELDS,
    OWN_POINTER,
    POINTERS,
    TOP,
    Allocate,
    Clear,
    CopyNode,
    FieldRead,
    FieldWrite,
    Free,
    IfPointer,
    Obtain,
    Publish,
    Reallocate,
    Swap,
    Whole,
)
from .steps import ZERO, Registers, Step, number

FREED, UNWRITTEN = 2, 1 << 29


def life(block: int) -> str:
    """Whether a block is in use, or freed."""
    return f"block{block}"


def place(block: int, name: str) -> str:
    """The location of a block's field."""
    return f"block{block}.{name}"


def own_pointer(thread: int) -> str:
    """The pointer that is the thread's own."""
    return f"{OWN_POINTER}.{thread}"


def heap_of(program: Whole, threads: int) -> dict[str, int]:
    """All locations of the heap, with what they hold before they are written."""
    found = dict.fromkeys((*POINTERS, TOP, *map(own_pointer, range(threads))), 0)
    for statement in program.statements():
        if isinstance(statement, Allocate | Reallocate):
            block = statement.number + 1
            found |= {life(block): 0}
            found |= {place(block, name): UNWRITTEN for name in FIELDS}
    return found


class HeapSteps(Flat):
    """Blocks that are made, used, moved, copied and freed."""

    def at(self, pointer: str) -> str:
        """The location of a pointer."""
        return own_pointer(self.thread) if pointer == OWN_POINTER else pointer

    def _allocate(self, statement: Allocate, _: int) -> None:
        block = statement.number + 1
        self.steps.append(Step("write", location=life(block), value=Value(1)))
        if statement.cleared:
            for name in FIELDS:
                self.steps.append(Step("write", location=place(block, name)))
        self.steps.append(
            Step("write", location=self.at(statement.pointer), value=Value(block))
        )

    def _reallocate(self, statement: Reallocate, scratch: int) -> None:
        block = statement.number + 1

        def source(name: str) -> Callable[[Registers], str]:
            return lambda r: place(r[scratch], name)

        def keep() -> None:
            self.find(scratch)
            for at, name in enumerate(FIELDS, scratch + 1):
                self.steps.append(Step("read", at, where=source(name)))

        def give_back() -> None:
            for at, name in enumerate(FIELDS, scratch + 1):
                value = Value(0, f"r{at}")
                self.steps.append(Step("write", location=place(block, name), value=value))
            freed = Step("write", where=lambda r: life(r[scratch]), value=Value(FREED))
            self.steps.append(freed)

        self.steps.append(Step("read", scratch, self.at(statement.pointer)))
        self.skip_unless(keep, test=lambda r: bool(r[scratch]))
        self.steps.append(Step("write", location=life(block), value=Value(1)))
        self.skip_unless(give_back, test=lambda r: bool(r[scratch]))
        self.steps.append(
            Step("write", location=self.at(statement.pointer), value=Value(block))
        )

    def use(self, pointer: str, scratch: int, freed: str = "use after free") -> None:
        """Read the pointer and see that there is a block; then its number is in ``scratch``."""
        self.steps.append(Step("read", scratch, self.at(pointer)))
        self.find(scratch, freed)

    def find(self, scratch: int, freed: str = "use after free") -> None:
        """See that there is the block whose number is in ``scratch``."""
        self.steps.append(
            Step(
                "read",
                where=lambda r: life(r[scratch]) if r[scratch] else None,
                wrong=lambda found: freed if found == FREED else "",
            )
        )

    def read_field(self, register: int | None, name: str, scratch: int) -> None:
        """Read a field of the block whose number is in ``scratch``."""
        self.steps.append(
            Step(
                "read",
                register,
                where=lambda r: place(r[scratch], name),
                wrong=lambda found: "uninitialised read" if found == UNWRITTEN else "",
            )
        )

    def write_field(self, name: str, value: Value, scratch: int) -> None:
        """Write a field of the block whose number is in ``scratch``."""
        self.steps.append(
            Step("write", where=lambda r: place(r[scratch], name), value=value)
        )

    def _fieldread(self, statement: FieldRead, scratch: int) -> None:
        self.use(statement.pointer, scratch)
        self.read_field(number(statement.register), statement.field, scratch)

    def _fieldwrite(self, statement: FieldWrite, scratch: int) -> None:
        self.use(statement.pointer, scratch)
        self.write_field(statement.field, statement.value, scratch)

    def _clear(self, statement: Clear, scratch: int) -> None:
        self.use(statement.pointer, scratch)
        for name in FIELDS:
            self.write_field(name, ZERO, scratch)

    def _copynode(self, statement: CopyNode, scratch: int) -> None:
        for at, pointer in enumerate((statement.pointer, statement.to), scratch):
            self.steps.append(Step("read", at, self.at(pointer)))
        self.find(scratch)
        for at, name in enumerate(FIELDS, scratch + 2):
            self.read_field(at, name, scratch)
        self.find(scratch + 1)
        for at, name in enumerate(FIELDS, scratch + 2):
            self.write_field(name, Value(0, f"r{at}"), scratch + 1)

    def _free(self, statement: Free, scratch: int) -> None:
        def free() -> None:
            self.use(statement.pointer, scratch, "double free")
            self.steps.append(
                Step("write", where=lambda r: life(r[scratch]), value=Value(FREED))
            )

        self.steps.append(Step("read", scratch, self.at(statement.pointer)))
        self.skip_unless(free, test=lambda r: bool(r[scratch]))

    def _publish(self, statement: Publish, scratch: int) -> None:
        self.steps.append(Step("read", scratch, self.at(statement.pointer)))
        given = Value(0, f"r{scratch}")
        self.steps.append(Step("store", location=TOP, order=statement.order, value=given))

    def _obtain(self, statement: Obtain, scratch: int) -> None:
        self.steps.append(Step("load", scratch, TOP, statement.order))
        self.keep(statement.pointer, scratch)

    def _swap(self, statement: Swap, scratch: int) -> None:
        gives = statement.gives
        if gives:
            self.steps.append(Step("read", scratch, self.at(statement.pointer)))
        self.steps.append(
            Step(
                "update",
                scratch + 1,
                TOP,
                statement.order,
                change=lambda _, r: (r[scratch] if gives else 0,),
            )
        )
        self.keep(statement.pointer, scratch + 1)

    def keep(self, pointer: str, scratch: int) -> None:
        """The pointer gets what is in ``scratch``."""
        given = Value(0, f"r{scratch}")
        self.steps.append(Step("write", location=self.at(pointer), value=given))

    def _ifpointer(self, statement: IfPointer, scratch: int) -> None:
        self.steps.append(Step("read", scratch, own_pointer(self.thread)))
        self.skip_unless(
            lambda: self.block(statement.body, scratch + 1),
            test=lambda r: bool(r[scratch]),
        )
