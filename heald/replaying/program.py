"""A whole program that failed, again: the same schedule on the same texts.

If the sources are as they were, or are gone, the capsule's own texts run by its schedule.
If they have changed, the program as it is now is searched anew; so it is where the schedule of
a capsule that an older version of heald made leads elsewhere, for steps are counted otherwise.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from heald.building.engine import engine_path
from heald.capsule import Capsule
from heald.explorer.built import build_program
from heald.explorer.given import STDIN
from heald.explorer.open_numbers import explore_with_ranges
from heald.explorer.options import Options
from heald.explorer.orders_at import explore_with_orders
from heald.explorer.panics import tell_panic
from heald.explorer.process import Explored, explore
from heald.explorer.program import check
from heald.explorer.result import CheckResult, concluded
from heald.explorer.sites import name_loops, name_places, spots_of
from heald.replaying.result import Replay
from heald.replaying.sources import Copies, changed_sources, files_gone
from heald.showing.terminal import terminal_width
from heald.showing.trace import render
from heald.verdicts import Verdict


def replay_program(capsule: Capsule, budget_s: float) -> Replay:
    """Replay a capsule of ``heald check``."""
    changed = changed_sources(capsule)
    here = not files_gone(each for each in capsule.settings["sources"] if each != STDIN)
    searched = here and "changed" in changed.values()
    run = _search_again if searched else _follow_schedule
    result = run(capsule, budget_s)
    left_s = budget_s - result.seconds
    is_lost = not (searched or changed or _has_failed(result, capsule.kind))
    is_lost = is_lost and left_s >= _SEARCHED_S
    if is_lost:
        result = _search_again(capsule, left_s)
    same = [f for f in result.failures if f["kind"] == capsule.kind]
    others = {f["kind"]: 1 for f in result.failures if f["kind"] != capsule.kind}
    if result.failures:
        verdict = Verdict.FAILED
    else:
        verdict = result.verdict if searched else Verdict.UNDECIDED
    return Replay(
        verdict=verdict,
        failures=len(same),
        samples=max(1, result.executions + result.blocked, len(same)),
        seconds=result.seconds,
        changed=changed,
        finding=capsule.finding() if same else None,
        other_kinds=others,
        message=(_LOST if is_lost else "") + _message(result, capsule.settings["model"]),
        shown=tuple(result.failures),
    )


_SEARCHED_S = 1.0
"""A search takes so long at least."""
_LOST = (
    "the schedule does not lead there: the capsule comes from another version of heald or of "
    "the compiler. The program was searched anew: it "
)


def _has_failed(result: CheckResult, kind: str | None) -> bool:
    return any(failure["kind"] == kind for failure in result.failures)


def _message(result: CheckResult, model: str) -> str:
    if result.failures:
        return "failed again\n" + render(result.failures[0], width=terminal_width())
    if result.exhaustive:
        return f"did not fail: all {result.executions:,} executions under {model}"
    return f"did not fail in {result.executions:,} executions under {model}"


def _search_again(capsule: Capsule, budget_s: float) -> CheckResult:
    settings = capsule.settings
    return check(
        settings["sources"],
        arguments=settings["arguments"],
        cflags=capsule.flags,
        stdin=settings["texts"].get(STDIN),
        budget_s=budget_s,
        seed=capsule.seed or 0,
        search=settings["search"],
        **Options.from_settings(settings).meaning(),
    )


def _follow_schedule(capsule: Capsule, budget_s: float) -> CheckResult:
    """Run the one execution that failed, from the texts in the capsule."""
    settings = capsule.settings
    sources, cflags = list(settings["sources"]), list(capsule.flags)
    texts = dict(settings["texts"])
    stdin = texts.pop(STDIN, None)
    options = Options.from_settings(settings).one_run(settings["schedule"])
    with tempfile.TemporaryDirectory(prefix="heald-replay-") as scratch:
        copies = Copies(Path(scratch), settings.get("folder", str(Path.cwd())))
        if files_gone(texts):
            copies.write(texts)
            cflags = copies.flags(cflags)
            sources = [each if each == STDIN else copies.of(each) for each in sources]
        program = build_program(sources, cflags=cflags, stdin=stdin, trust=options.trust)

        def run(words: list[str]) -> Explored:
            return explore(
                engine_path("explore"),
                program,
                [*options.engine_words(), *words],
                settings["arguments"],
                budget_s=budget_s,
            )

        def with_orders(words: list[str]) -> Explored:
            return explore_with_orders(
                options.orders, program, lambda more: run([*words, *more])
            )

        explored = explore_with_ranges(program, cflags, with_orders)
        name_places(program, explored.failures)
        name_loops(program, explored.result)
        for failure in explored.failures:
            tell_panic(failure, explored.output)
            failure["message"] = copies.in_words(failure["message"])
            for spot in spots_of(failure):
                if "file" in spot:
                    spot["file"] = copies.original(spot["file"])
    return concluded(capsule.target, options, explored, 0.0)
