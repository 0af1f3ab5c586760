"""The cheapest assignment of orders that passes, when every check is dear.

Each variable takes one of its levels; whether an assignment passes is monotone: making a
variable stronger never makes a passing assignment fail. Implicit hitting sets (Reiter,
Artificial Intelligence 32, 1987; Davies and Bacchus, CP 2011) find the optimum with few
checks. Each failing assignment is grown until every further step up would pass. No solution
lies below it, so a solution must exceed it somewhere: that is a cut. The cheapest assignment
that satisfies all cuts is checked; if it passes, nothing cheaper does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Assignment = Mapping[str, str]
Passes = Callable[[Assignment], bool]


@dataclass(frozen=True)
class Variable:
    """Something that takes one of several levels.

    Attributes
    ----------
    name
        Unique.
    levels
        With their costs; the first one is where it stands and costs nothing.
    below
        For each level those that are strictly weaker.
    """

    name: str
    levels: Mapping[str, int]
    below: Mapping[str, frozenset[str]]

    @property
    def start(self) -> str:
        """Where it stands."""
        return next(iter(self.levels))

    def reaches(self, level: str, bound: str) -> bool:
        """Return whether `level` is not at or below `bound`."""
        return level != bound and level not in self.below[bound]


SEPARATOR = "/"


def paired(
    first: Variable, second: Variable, fits: Callable[[str, str], bool]
) -> Variable:
    """Return two variables as one, whose levels are the pairs that fit together.

    Levels are written with a slash between; where they stand is a level in any case.
    """
    pairs = [
        (one, other)
        for one in first.levels
        for other in second.levels
        if (one, other) == (first.start, second.start) or fits(one, other)
    ]
    pairs.sort(key=lambda pair: pair != (first.start, second.start))

    def is_below(low: tuple[str, str], high: tuple[str, str]) -> bool:
        return low != high and all(
            a == b or a in variable.below[b]
            for a, b, variable in zip(low, high, (first, second), strict=True)
        )

    return Variable(
        first.name,
        {SEPARATOR.join(p): first.levels[p[0]] + second.levels[p[1]] for p in pairs},
        {
            SEPARATOR.join(p): frozenset(
                SEPARATOR.join(q) for q in pairs if is_below(q, p)
            )
            for p in pairs
        },
    )


@dataclass
class Search:
    """The search for the cheapest passing assignment.

    Attributes
    ----------
    variables
        What may be changed.
    passes
        Decides an assignment, perhaps by a part of what it must pass: a failure is certain.
        May raise to end the search.
    confirm
        Decides by all of it; asked about candidates only. None: `passes` is certain, too.
    checks
        How often it was asked.
    """

    variables: Sequence[Variable]
    passes: Passes
    confirm: Passes | None = None
    checks: int = 0
    _known: dict[tuple[str, ...], bool] = field(default_factory=dict)
    _cuts: list[dict[str, str]] = field(default_factory=list)

    def cheapest(self) -> dict[str, str] | None:
        """Return the cheapest assignment that passes; None if the strongest one fails."""
        by_name = {variable.name: variable for variable in self.variables}
        while True:
            candidate = self._cheapest_beyond_cuts()
            if candidate is None:
                return None
            if self._passes(candidate) and self._is_confirmed(candidate):
                return candidate
            grown = self._grown(candidate, by_name)
            self._cuts.append(grown)

    def _is_confirmed(self, candidate: Assignment) -> bool:
        if self.confirm is None or self.confirm(candidate):
            return True
        # What it fails belongs to what `passes` goes by from now on.
        failed: dict[tuple[str, ...], bool] = {
            key: passed for key, passed in self._known.items() if not passed
        }
        failed[tuple(candidate[variable.name] for variable in self.variables)] = False
        self._known = failed
        return False

    def _passes(self, assignment: Assignment) -> bool:
        key = tuple(assignment[variable.name] for variable in self.variables)
        if key not in self._known:
            self.checks += 1
            self._known[key] = self.passes(assignment)
        return self._known[key]

    def _grown(
        self, failing: Assignment, by_name: Mapping[str, Variable]
    ) -> dict[str, str]:
        """Raise every variable as far as the assignment still fails, the dear ones first.

        What stays low in the end is what a solution must raise: the cheap steps are left
        for that.
        """
        grown = dict(failing)
        steps = sorted(
            (
                (-price, name, level)
                for name, variable in by_name.items()
                for level, price in variable.levels.items()
            ),
        )
        for _, name, level in steps:
            variable = by_name[name]
            if not variable.reaches(level, grown[name]):
                continue
            if grown[name] not in variable.below[level]:
                continue  # beside it, not above
            raised = {**grown, name: level}
            if not self._passes(raised):
                grown = raised
        return grown

    def _cheapest_beyond_cuts(self) -> dict[str, str] | None:
        """Return the cheapest assignment that exceeds each cut somewhere: branch and bound."""
        best: tuple[int, dict[str, str]] | None = None
        by_name = {variable.name: variable for variable in self.variables}
        start = {variable.name: variable.start for variable in self.variables}

        def descend(chosen: dict[str, str], price: int, tried: frozenset[str]) -> None:
            nonlocal best
            if best is not None and price >= best[0]:
                return
            cut = next(
                (
                    cut
                    for cut in self._cuts
                    if not any(
                        by_name[name].reaches(chosen[name], bound)
                        for name, bound in cut.items()
                    )
                ),
                None,
            )
            if cut is None:
                best = price, chosen
                return
            options = sorted(
                (cost - by_name[name].levels[chosen[name]], name, level)
                for name, bound in cut.items()
                if name not in tried
                for level, cost in by_name[name].levels.items()
                if by_name[name].reaches(level, bound)
                and (chosen[name] in by_name[name].below[level])
            )
            for more, name, level in options:
                descend({**chosen, name: level}, price + more, tried)

        descend(start, 0, frozenset())
        return None if best is None else best[1]
