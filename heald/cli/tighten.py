"""``heald tighten``: the weakest memory orders that still pass, as a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heald.cli.order_search import order_search, run
from heald.cli.outputs import Outputs, output_options
from heald.verdicts import Verdict

if TYPE_CHECKING:
    from heald.orders.tighten import Tightening


@order_search("tighten", output_options)
def command(files: tuple[str, ...], **options: Any) -> None:
    """Make the orders of a program or a subject as weak as they can be.

    FILE... are the C or C++ files of a program, as for heald check. PLACE is a Python file with
    a heald.Subject (stack.py:NAME, where there are several), which is judged over many small
    scenarios. Of all weaker orders under which every execution is right, the cheapest are found,
    written into a copy, compiled and explored again. On stdout the patch alone.

    It holds for this program, with its threads and its bounds, and for nothing bigger: that
    an order is not needed here does not say that no other caller needs it. Load buffering and
    dependencies are outside the model (rc11), and so are orders that only they need.

    \b
    heald tighten queue_test.c                 print the patch
    heald tighten queue_test.c | patch -p1     apply it
    heald tighten queue.c main.c -- -DN=3 -Iinclude
    heald tighten stack.py:hazard

    Exit codes: 0 a verified patch (or no order can be weaker), 1 the program itself fails,
    2 usage error, 3 undecided (the budget ended first), 5 engine error.
    """
    from heald.orders.tighten import tighten, tighten_subject

    outputs = Outputs.taken_from(options)

    def write(result: Tightening) -> None:
        _write(outputs, " ".join(files), result)

    run(tighten, tighten_subject, _report, files, then=write, **options)


def _write(outputs: Outputs, name: str, result: Tightening) -> None:
    """Write the patch, and what fails where an order is weaker still."""
    failures = [result.failure] if result.failure else []
    weaker = [change.without for change in result.changes if change.without]
    told = result.reason or f"{len(result.changes)} orders can be weaker"
    outputs.write(
        name,
        f"{name}: {told}",
        failures,
        patch=result.patch,
        page=failures or weaker,
        err=True,
    )


def _report(result: Tightening) -> str:
    from heald.showing.diagnosis import in_a_line
    from heald.showing.terminal import terminal_width
    from heald.showing.trace import render

    if result.verdict is Verdict.UNDECIDED:
        return f"undecided: {result.reason} (--budget)"
    if result.verdict is Verdict.FAILED:
        assert result.failure is not None
        return f"{result.reason}\n\n{render(result.failure, width=terminal_width())}"
    lines = [result.reason or "orders that are stronger than needed here:"]
    for change in result.changes:
        gone = change.new == "relaxed" and "thread_fence" in change.source
        what = "the fence can go" if gone else f"{change.old} -> {change.new}"
        lines += ["", f"{change.file}:{change.line}  {what}", f"    {change.source}"]
        if change.without:
            lines.append(f"    weaker still: {in_a_line(change.without)}")
    how = (
        "nothing weaker passes" if result.weakest else "some weaker ones were not decided"
    )
    if result.untouched:
        how += ", as far as your files name their orders"
    lines += [
        "",
        f"all {result.executions:,} executions are right with them "
        f"({result.explorations:,} explorations; {how})",
    ]
    lines += [f"{machine}: {saving}" for machine, saving in result.saving.items()]
    if result.untouched:
        lines += ["not looked at, since no text gives their order; one could be named by"]
        lines += [f"  {each}" for each in result.unchanged]
    return "\n".join(lines)
