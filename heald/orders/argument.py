"""Text that gives an order: where it is, and what is written there for another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from heald.explorer.order import failing
from heald.orders.implied import Edit
from heald.orders.spelling import RUST_WORDS


@dataclass(frozen=True)
class Argument:
    """Text that gives an order.

    Attributes
    ----------
    file
        An absolute path.
    start, end
        Offsets of the expression in the file; equal where none is written: the order is
        ``seq_cst``, and one may be inserted.
    style
        What goes before the word of an order: ``memory_order_``, ``__ATOMIC_``, ...
    edits
        What is written where no order is: ``{}`` stands for it, ``{fail}`` for that of a failure.
    also
        Others that change with it.
    without
        What is written for ``relaxed`` where that is no order: a fence of Rust is taken out.
    """

    file: str
    start: int
    end: int
    style: str
    edits: tuple[Edit, ...] = ()
    also: tuple[Argument, ...] = ()
    without: Edit | None = None

    @property
    def is_guess(self) -> bool:
        """Whether it was found by what stands around it."""
        return bool(self.also) or any("{}" not in text for _, _, text in self.edits)

    @property
    def parts(self) -> set[tuple[str, int, int]]:
        """Where it and those that change with it are."""
        own = {(self.file, self.start, self.end)}
        return own.union(*(each.parts for each in self.also))

    def edits_for(self, order: str) -> list[tuple[str, int, int, int, str]]:
        """Return what is written for an order.

        Returns
        -------
        list
            A file, from where to where, what comes first where several begin there (the end of
            what is within another stands before the other's, its beginning behind), and the text.
        """
        edits = self.edits or ((self.start, self.end, self._in_its_place(order)),)
        if order == "relaxed" and self.without is not None:
            edits = (self.without,)
        begin, end = min(self.start, edits[0][0]), max(self.end, edits[-1][1])
        words = {"{}": self._word(order), "{fail}": self._word(failing(order))}
        found = []
        for start, stop, text in edits:
            for mark, word in words.items():
                text = text.replace(mark, word)
            is_opening = start == begin < end
            found.append((self.file, start, stop, -(end if is_opening else begin), text))
        return found + [edit for each in self.also for edit in each.edits_for(order)]

    def _in_its_place(self, order: str) -> str:
        word = self._word(order)
        return f", {word}" if self.start == self.end else word

    def _word(self, order: str) -> str:
        if self.style == "__ATOMIC_":
            word = order.upper()
        elif self.style.endswith("Ordering::") or self.style == "rust":
            word = RUST_WORDS[order]
        else:
            word = order
        return ("" if self.style == "rust" else self.style) + word


def overlapping(arguments: Mapping[str, Argument]) -> set[str]:
    """Return the names of those that share text: which of them has it is not clear."""
    of_part: dict[tuple[str, int, int], set[str]] = {}
    for name, argument in arguments.items():
        for part in argument.parts:
            of_part.setdefault(part, set()).add(name)
    return {name for names in of_part.values() if len(names) > 1 for name in names}


@dataclass(frozen=True)
class Written:
    """The orders of one operation: of a compare-exchange that fails, the second."""

    order: Argument
    fail: Argument | None = None


def together(found: Sequence[Written]) -> Written | None:
    """Return several as one that change together; None: there is none."""
    once = list(dict.fromkeys(found))
    if len(once) < 2:
        return once[0] if once else None
    fails = [each.fail for each in once]
    fail = None
    if all(each is not None for each in fails):
        fail = _joint([each for each in fails if each is not None])
    elif any(each is not None for each in fails):
        return None
    return Written(_joint([each.order for each in once]), fail)


def _joint(arguments: Sequence[Argument]) -> Argument:
    first, *others = arguments
    return replace(first, also=(*first.also, *others))
