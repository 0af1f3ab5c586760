"""``heald agent``: one worker of a cluster."""

from __future__ import annotations

import signal

import click

from heald.cli.parameters import duration


@click.command("agent")
@click.option(
    "--once",
    is_flag=True,
    help="Do what stands on standard input, one ask after the other, and end.",
)
@click.option(
    "--silence",
    type=duration,
    help="End when so long nothing was heard, such as 30s.  [never]",
)
@click.option("--parent", type=int, hidden=True, help="End with this process.")
def command(once: bool, silence: float | None, parent: int | None) -> None:
    """Run slices and parts of searches for a leader: asks as JSON lines on standard input.

    `heald stress --cluster` and `heald check --cluster` start agents by themselves. By hand it
    serves arrays of jobs, and whatever can start a program and connect two pipes:

    \b
    heald agent --once < job.jsonl > answers.jsonl
    ssh arm-machine heald agent

    docs/cluster.md lists the asks. Everything is checked by type and size, nothing is
    executed on arrival; but a slice runs the code under test: who may write here may run
    programs here.

    Exit codes: 0 the leader has gone, 2 with --once if an ask was refused.
    """
    from heald.cluster.agent import run_agent

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the leader's to hear
    code = run_agent(once=once, silence_s=silence, parent=parent)
    click.get_current_context().exit(code)
