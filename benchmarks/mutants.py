"""How many mutants a second are decided by place, and how many by text.

``python -m benchmarks.mutants`` weakens each order of sound subjects one step, both ways over the
same scenarios: by its place in the program that is loaded, and by writing it, compiling and
exploring anew, each until the first failure. Both must say the same of each. Seconds are of
the processor, whosever: ours, the compiler's, the explorer's.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heald.explorer import served
from heald.explorer.options import Options
from heald.explorer.order import is_weaker_or_equal, weaker_than
from heald.orders.grounds import Bounds
from heald.orders.subject import OrderedSubject
from heald.orders.variables import OrderText, Texts
from heald.subject.subject import Subject
from subjects.stronger_than_needed import SOUND

SUBJECTS = ("publish/fences", "ring/release-acquire", "refcount/acq-rel", "stack/hazard")


@dataclass(frozen=True)
class Measured:
    """What one subject took, in seconds of the processor.

    Attributes
    ----------
    mutants, needed
        How many there are, and how many fail.
    base_s
        Of the subject itself: compiled, and every scenario explored.
    places_s, texts_s
        Of all mutants, by place and by text.
    """

    name: str
    mutants: int
    needed: int
    base_s: float
    places_s: float
    texts_s: float

    @property
    def times(self) -> float:
        """How many times as many mutants a second by place."""
        return self.texts_s / self.places_s

    @property
    def times_with_base(self) -> float:
        """The same, with what both begin with."""
        return (self.base_s + self.texts_s) / (self.base_s + self.places_s)


def processor_s() -> float:
    """Return the seconds of this process, of its children and of the explorer's engines."""
    now = os.times()
    own = time.process_time()
    return own + now.children_user + now.children_system + served.processor_s()


def taken_s(do: Callable[[], object]) -> float:
    before = processor_s()
    do()
    return processor_s() - before


def weaker(texts: Texts) -> list[tuple[OrderText, str]]:
    """Return each order of the text with the next weaker ones."""
    found = []
    for text in texts.variables():
        if len(text.orders) != 1:
            continue
        below = [o for o in weaker_than(text.order, text.operation) if o in text.levels()]
        found += [
            (text, order)
            for order in below
            if not any(order != o and is_weaker_or_equal(order, o) for o in below)
        ]
    return found


def measured(subject: Subject, bounds: Bounds) -> Measured:
    """Weaken each order of a subject both ways.

    Raises
    ------
    AssertionError
        If the two ways do not say the same of one.
    """
    program = OrderedSubject(subject, (), Options(budget_s=3600))
    base_s = taken_s(lambda: (program.lay_grounds(bounds), program.explore()))
    texts = Texts(program)
    texts.learn()
    mutants = weaker(texts)
    by_place: list[bool] = []
    by_text: list[bool] = []

    def places() -> None:
        for text, order in mutants:
            orders = texts.orders(texts.each({text.name: order}))
            by_place.append(program.explore(orders).passes)

    def written() -> None:
        for text, order in mutants:
            after = texts.applied(texts.each({text.name: order}))
            with tempfile.TemporaryDirectory(prefix="heald-mutant-") as folder:
                by_text.append(program.from_texts(after, Path(folder)).explore().passes)

    places_s, texts_s = taken_s(places), taken_s(written)
    assert by_place == by_text, (subject.name, by_place, by_text)
    needed = by_place.count(False)
    return Measured(subject.name, len(mutants), needed, base_s, places_s, texts_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=SUBJECTS)
    names = parser.parse_args().names
    print(
        "subject                mutants  needed    base   places    texts   times  with base"
    )
    for subject in SOUND:
        if subject.name not in names:
            continue
        m = measured(subject, Bounds())
        print(
            f"{m.name:22} {m.mutants:7} {m.needed:7} {m.base_s:5.2f} s {m.places_s:6.3f} s "
            f"{m.texts_s:6.2f} s {m.times:7.1f} {m.times_with_base:10.1f}"
        )


if __name__ == "__main__":
    main()
