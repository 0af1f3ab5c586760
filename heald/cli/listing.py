"""``heald list``: what there is to run."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command("list")
@click.argument("places", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(places: tuple[str, ...], as_json: bool) -> None:
    """List the targets in PLACES: folders, Python files or modules; subjects/ if none.

    For each: its name, what it must show (sound: pass everything; flawed: be caught; -:
    nobody has said), and whether this machine can show its flaw on real threads.

    \b
    heald list                   all of subjects/
    heald list stack.py          what heald sees in your own file
    heald list --json | jq -r '.targets[].target'
    """
    from heald.cli.stress import targets_of

    targets = targets_of(places or ("subjects",))
    rows = [_row(name, target, place) for name, (target, place) in targets.items()]
    if as_json:
        click.echo(json.dumps({"targets": rows}, indent=2))
        return
    width = max(len(row["target"]) for row in rows)
    for row in rows:
        hidden = {"no": "not on this machine", "rare": "rare on this machine"}
        remark = hidden.get(row["shown_here"], "") if row["expected"] == "flawed" else ""
        expected = row["expected"] or "-"
        line = f"{row['target']:{width}}  {expected:6}  {row['place']}  {remark}"
        click.echo(line.rstrip())


def _row(name: str, target: Any, place: str) -> dict[str, Any]:
    return {
        "target": name,
        "expected": target.expected,
        "shown_here": getattr(target, "shown_here", "yes"),
        "place": place,
    }
