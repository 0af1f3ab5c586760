"""Execution graphs as text (``--print-executions``) and as DOT (``--dot``).

A graph is one line of the explorer's dump: ``threads``, a list of events per thread in program
order, and ``mo``, per location its stores from first to last. An event has ``k`` (``R`` load,
``W`` store, ``U`` both, ``F`` fence; others are shown by name), ``o`` (memory order), ``at``,
``r`` (value read), ``w`` (value written) and ``rf`` (thread and index of the store that was
read, or nothing for the initial value, unless it is ``unknown``); ``r_name`` and ``w_name``
say what a pointer points to. A plain read whose bytes come from several writes has neither
``r`` nor ``rf``.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from heald.showing.dot_edges import Edge, Place, edges_of

Event = Mapping[str, Any]
Graph = Mapping[str, Any]
_MEMORY = frozenset("RWUF")
_OTHERS = {"S": "start", "J": "join", "A": "malloc", "D": "free"}
_COLORS = {"po": "black", "rf": "forestgreen", "mo": "orange3", "fr": "purple"}
_COLORS |= {"hb": "blue", "missed": "red", "unordered": "red"}
_STYLES = {name: f', label="{name}", constraint=false' for name in _COLORS}
_STYLES["po"] = ""
_STYLES["unordered"] = (
    ', label="nothing orders these (no hb)", fontcolor=red, style=dashed, dir=none, '
    "penwidth=2, constraint=false"
)


def draw_execution(graph: Graph, *, width: int | None = None) -> str:
    """Draw one graph: a column per thread, then the order of stores at each location, fr and hb.

    Parameters
    ----------
    graph
        One decoded line of the dump.
    width
        Columns there are; threads that do not fit side by side go one below the other.

    Returns
    -------
    str
        Lines without a newline at the end. Events are named ``thread.number``.
    """
    columns = [
        (thread, [_with_place(thread, i, event) for i, event in _shown(graph, thread)])
        for thread, events in enumerate(graph["threads"])
        if any(event["k"] in _MEMORY for event in events)
    ]
    sizes = [max(map(len, ["thread 0", *texts])) + 2 for _, texts in columns]
    if width is not None and sum(sizes) > width:
        lines = [
            line
            for thread, texts in columns
            for line in (_heading(thread), *(f"  {text}" for text in texts))
        ]
    else:
        lines = [
            "".join(
                _heading(t).ljust(s) for (t, _), s in zip(columns, sizes, strict=True)
            )
        ]
        lines += [
            "".join(
                (texts[row] if row < len(texts) else "").ljust(size)
                for (_, texts), size in zip(columns, sizes, strict=True)
            )
            for row in range(max((len(texts) for _, texts in columns), default=0))
        ]
    lines += [
        f"mo {location}: " + " -> ".join(["init", *(_name(t, i) for t, i in stores)])
        for location, stores in sorted(graph["mo"].items())
        if not location.startswith("~") and stores
    ]
    lines += _relations(graph, {thread for thread, _ in columns})
    return "\n".join(line.rstrip() for line in lines)


def _with_place(thread: int, index: int, event: Event) -> str:
    """Say an event, the line that it is from, and why it matters."""
    mark = event.get("mark", "")
    is_said = mark.lower() == event["k"]
    parts = [_text(thread, index, event), event.get("place"), "" if is_said else mark]
    return "  ".join(str(part) for part in parts if part)


#: Relations that columns, the store named behind a read, and the orders of stores do not show.
_TOLD = {"fr": "fr", "hb": "hb", "missed": "missed", "unordered": "nothing orders"}


def _relations(graph: Graph, threads: Container[int]) -> Iterator[str]:
    """Yield a line for each of the other relations that hold among these threads."""
    _, edges = _rows_and_edges(graph)
    for relation, word in _TOLD.items():
        pairs = [
            f"{_name(*a)} -> {_name(*b)}"
            for kind, a, b in edges
            if kind == relation and a[0] in threads and b[0] in threads
        ]
        if pairs:
            yield f"{word}: {', '.join(pairs)}"


def _rows_and_edges(graph: Graph) -> tuple[list[list[Place]], list[Edge]]:
    """Return what is drawn of each thread, and the edges between that."""
    rows = [
        [(thread, index) for index, _ in _shown(graph, thread)]
        for thread in range(len(graph["threads"]))
    ]
    drawn = {place for row in rows for place in row}
    return rows, [edge for edge in edges_of(graph, rows) if drawn.issuperset(edge[1:])]


def to_dot(graphs: Sequence[Graph]) -> str:
    """Draw all graphs in one DOT file: threads as lanes, each relation in its colour."""
    lines = [
        "digraph executions {",
        '    node [shape=plaintext, fontname="monospace"];',
    ]
    for number, graph in enumerate(graphs, 1):
        lines.append(f"    subgraph cluster_{number} {{")
        lines.append(f'        label="{_escaped(title_of(graph, number))}";')
        lines += [f"        {line}" for line in _dot_lines(number, graph)]
        lines.append("    }")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_lines(number: int, graph: Graph) -> Iterator[str]:
    """Yield the lines of one graph: each thread a lane, then the edges."""
    threads = graph["threads"]
    rows, edges = _rows_and_edges(graph)
    # Graphviz begins at the right: so main stands at the left.
    for thread, events in reversed([*enumerate(threads)]):
        if not rows[thread]:
            continue
        yield f"subgraph cluster_{number}_{thread} {{"
        yield f'    label="{_heading(thread)}"; color=gray;'
        for _, index in rows[thread]:
            node = _node(thread, index, events[index])
            yield f"    {_id(number, (thread, index))} [{node}];"
        yield "}"
    read = {(a, b) for relation, a, b in edges if relation == "rf"}
    ordered = read & {(a, b) for relation, a, b in edges if relation == "hb"}
    for relation, a, b in edges:
        if relation == "hb" and (a, b) in ordered:
            continue  # one line says both
        style = _STYLES.get(relation, "")
        if relation == "rf" and (a, b) in ordered:
            style = style.replace('"rf"', '"rf, hb"')
        ends = f"{_id(number, a)} -> {_id(number, b)}"
        yield f"{ends} [color={_COLORS[relation]}{style}];"


def title_of(graph: Graph, number: int) -> str:
    """Name a graph: by its number, and what failed in it."""
    failed = graph.get("failed")
    return f"execution {number}" if failed is None else f"the failing execution: {failed}"


def _node(thread: int, index: int, event: Event) -> str:
    """Label an event; one that shows the bug is red, and says why."""
    parts = [_text(thread, index, event)]
    parts += [str(event[key]) for key in ("place", "mark") if event.get(key)]
    label = "\\n".join(map(_escaped, parts))
    return f'label="{label}"' + (", fontcolor=red" if event.get("mark") else "")


def _shown(graph: Graph, thread: int) -> Iterator[tuple[int, Event]]:
    """Yield a thread's events with their index.

    Hidden locations (locks) are the explorer's own affair, and so is what a thread alone keeps
    on its stack (the numbers of the threads that it started).
    """
    others = {
        event.get("at")
        for number, events in enumerate(graph["threads"])
        for event in events
        if number != thread
    }
    for index, event in enumerate(graph["threads"][thread]):
        at = str(event.get("at", ""))
        is_private = (
            event.get("o") == "na" and at.startswith("stack#") and at not in others
        )
        if not at.startswith("~") and not is_private:
            yield index, event


def _text(thread: int, index: int, event: Event) -> str:
    name = f"{_name(thread, index)} "
    if event["k"] not in _MEMORY:
        other = event.get("to", event.get("of"))
        target = event.get("at", "") if other is None else f"thread {other}"
        return f"{name}{_OTHERS.get(event['k'], event['k'])} {target}".rstrip()
    text = f"{name}{event['k']} {event['o']}"
    if event["k"] == "F":
        return text
    text += f" {_location(event['at'])}"
    if event["k"] in "RU":
        value = f" = {_value(event, 'r')}" if "r" in event else ""
        text += f"{value}{_source(event)}"
    return (
        f"{text} := {_value(event, 'w')}" if event["k"] in "WU" and "w" in event else text
    )


def _value(event: Event, key: str) -> str:
    """Name what a pointer points to; any other value is a number."""
    return _location(event.get(f"{key}_name") or str(event[key]))


def _source(event: Event) -> str:
    """Where a read got its value: nothing where several plain writes made it up."""
    if event.get("unknown") or ("rf" not in event and "r" not in event):
        return ""
    rf = event.get("rf")
    return f" ({'init' if rf is None else _name(rf[0], rf[1])})"


def _heading(thread: int) -> str:
    return "main" if thread == 0 else f"thread {thread}"


def _location(name: str) -> str:
    return name.removesuffix("+0")


def _name(thread: int, index: int) -> str:
    return f"{thread}.{index}"


def _id(number: int, place: tuple[int, int]) -> str:
    return f"e{number}_{place[0]}_{place[1]}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
