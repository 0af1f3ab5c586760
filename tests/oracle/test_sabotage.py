"""The alarm rings: an engine in which one rule is left out differs from the oracle.

Each row takes one piece out of the search (a piece of text that must be there), compiles that
file anew and explores a fixed list of programs. What nobody notices here could be lost from the
engine without a test that fails; so a row that is not noticed is a missing program in ``PROGRAMS``.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from heald.building.engine import engine_sources
from tests.engine.sabotaged import FLAGS, whole_explorer
from tests.oracle.enumerate import MODELS, consistent_graphs
from tests.oracle.explored import DRIVER, Scripted, difference
from tests.oracle.graph import Graph
from tests.oracle.program import Program, parse
from tests.oracle.symmetry import representative, rows_of

CSRC = engine_sources() / "explore"
PROGRAMS = [
    "x.store(1, rlx); a = y.load(rlx) || y.store(1, rlx); b = x.load(rlx)",
    "x.store(1, sc); a = y.load(sc) || y.store(1, sc); b = x.load(sc)",
    "x.store(1, rlx); fence(sc); a = y.load(rlx) || y.store(1, rlx); fence(sc); b = x.load(rlx)",
    "fence(sc); x.store(1, rlx); fence(sc); a = y.load(rlx)"
    " || fence(sc); y.store(1, rlx); fence(sc); b = x.load(rlx)",
    "x.store(1, rlx); fence(sc); a = y.load(rlx) || y.store(1, sc); b = x.load(sc)",
    "x.store(1, rlx); y.store(1, rel) || a = y.load(acq); b = x.load(rlx)",
    "x.store(1, rlx); fence(rel); y.store(1, rlx) || a = y.load(acq); b = x.load(rlx)",
    "x.store(1, rlx); y.store(1, rel) || a = y.load(rlx); fence(acq); b = x.load(rlx)",
    "a = x.load(rlx); y.store(1, rlx) || b = y.load(rlx); x.store(1, rlx)",
    "x.store(1, rlx) || x.store(2, rlx) || a = x.load(rlx); b = x.load(rlx)",
    "x.store(1, rlx); y.store(2, rlx) || y.store(1, rlx); x.store(2, rlx)",
    "y.store(1, rlx); x.store(1, rel) || a = x.fetch_add(1, rlx)"
    " || b = x.load(acq); c = y.load(rlx)",
    "x.store(1, rlx); a = z.exchange(1, rlx); b = y.load(rlx)"
    " || y.store(1, rlx); fence(sc); c = x.load(rlx)",
    "x.store(1, rlx); a = x.load(rlx); b = y.load(rlx)"
    " || y.store(1, rlx); c = y.load(rlx); d = x.load(rlx)",
    "x.store(1, sc) || x.store(2, rlx) || a = x.load(acq); b = x.load(sc); c = y.load(sc)"
    " || y.store(1, sc); d = x.load(sc)",
    "x.store(1, sc); x.store(3, rel) || a = x.load(acq); b = y.load(sc)"
    " || y.store(1, sc); d = x.load(sc)",
    "x.store(1, rlx) || y.store(1, rlx) || a = x.load(rlx); fence(sc); b = y.load(rlx)"
    " || c = y.load(rlx); fence(sc); d = x.load(rlx)",
    "a = x.fetch_add(1, rlx) || b = x.fetch_add(1, rlx) || c = x.fetch_add(1, rlx)",
    "a = x.cas_weak(0, 1, ar, acq) || b = x.cas_weak(0, 2, ar, acq)",
    "a = x.load(rlx); x.store(1, rlx) || a = x.load(rlx); x.store(1, rlx)",
    "a = x.load(rlx) || a = x.load(rlx) || x.store(1, rlx)",
    "a = x.load(rlx) || a = x.load(rlx); x.store(1, rlx) || a = x.load(rlx); x.store(1, rlx)",
]
# What is left out: file, text, what stands there instead.
RULES = {
    "a release store synchronises": (
        "graph/event_clocks.c",
        "if (acquires(event->order))\n        event->hb = received",
        "if (0)\n        event->hb = received",
    ),
    "a release sequence goes on through an RMW": (
        "graph/event_clocks.c",
        "if (event->flags & EVENT_READS)\n        event->message =",
        "if (0)\n        event->message =",
    ),
    "an acquire fence synchronises": (
        "graph/event_clocks.c",
        "if (acquires(event->order))\n        event->hb = clock_join",
        "if (0)\n        event->hb = clock_join",
    ),
    "a release fence synchronises": (
        "graph/event_clocks.c",
        "if (releases(event->order))\n        event->release_fence",
        "if (0)\n        event->release_fence",
    ),
    "a read forbids older stores to later reads": (
        "graph/mo.c",
        "        if (reader)\n            break;",
        "",
    ),
    "rb is part of scb": (
        "models/psc.c",
        "return !a->location->mixed || part_changes(a, b); /* rb */",
        "return 0;",
    ),
    "hb at one location is part of scb": (
        "models/psc.c",
        "(precedes_in_mo(x, y) || happens_before(x, y))",
        "precedes_in_mo(x, y)",
    ),
    "fences are ordered through eco": (
        "models/psc.c",
        "if (eco(event, psc->event[b - 1]))",
        "if (0)",
    ),
    "what several threads use is looked at by psc": (
        "models/psc_nodes.c",
        "users[event->location->number] != SEVERAL",
        "1",
    ),
    "a fence behind an access is looked at by psc": (
        "models/psc_nodes.c",
        "behind_fence = is_fence;",
        "behind_fence |= is_fence;",
    ),
    "psc is asked at all": (
        "models/model.c",
        "return psc_allows",
        "return 1 || psc_allows",
    ),
    "sc accesses beside weaker ones are not sc": (
        "models/model.c",
        "if (!graph->weak_count)",
        "if (1)",
    ),
    "an RMW is a fence under tso": (
        "models/total_order.c",
        "case ACTION_RMW:",
        "case 99:",
    ),
    "a seq_cst fence is a fence under tso": (
        "models/total_order.c",
        "return event->order == ORDER_SEQ_CST;",
        "return 0;",
    ),
    "a thread sees its own stores early under tso": (
        "models/total_order.c",
        "graph->model != EXPLORE_TSO;",
        "1;",
    ),
    "stores are in order under tso": (
        "models/total_order.c",
        "} else if (stores && part_is_store(next)) {",
        "} else if (0) {",
    ),
    "the total order is asked for at all": (
        "models/total_order.c",
        "return !walk.found;",
        "return 1;",
    ),
    "only what is maximal is deleted": (
        "search/revisit.c",
        "if (!is_maximal(event, write))\n            break;",
        "",
    ),
    "writes revisit reads": (
        "search/revisit.c",
        "(read->flags & EVENT_READS) &&",
        "0 &&",
    ),
    "a write may go before others": (
        "search/search.c",
        "for (uint32_t mo = floor; mo < end && !explorer->stop; mo++) {\n        if (mo_is",
        "for (uint32_t mo = end; mo < end && !explorer->stop; mo++) {\n        if (mo_is",
    ),
    "an RMW drives another one away": (
        "search/ways.c",
        "if (all.read[i]->stamp <= rival->stamp)",
        "if (0)",
    ),
    "a weak compare-exchange fails for no reason": (
        "search/ways.c",
        "return explorer->options->weak_failures && node->kind",
        "return 0 && node->kind",
    ),
    "twins are in order": (
        "graph/symmetry.c",
        "return a->rf->mo < b->rf->mo;",
        "return 1;",
    ),
    "what the elder did stays": (
        "graph/symmetry.c",
        "event->stays = clock_join",
        "(void)clock_join",
    ),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The explorer as it is, of which the linker takes what a sabotaged file does not have."""
    folder = tmp_path_factory.mktemp("search")
    how = [*FLAGS, f"-I{DRIVER[0].parent}", "-r", "-nostdlib"]
    command = ["gcc", *how, *map(str, DRIVER), "-o", "driver.o"]
    subprocess.run(command, check=True, cwd=folder)
    (folder / "search.a").symlink_to(whole_explorer())
    return folder


@pytest.fixture(scope="module")
def judged() -> list[tuple[Program, dict[str, set[Graph]]]]:
    programs = [parse(text) for text in PROGRAMS]
    return [(program, consistent_graphs(program)) for program in programs]


def linked(whole: Path, folder: Path, file: str, text: str) -> Path:
    """The driver with one file of the search replaced."""
    changed = folder / Path(file).name
    changed.write_text(text)
    driver = folder / "sabotaged"
    parts = [str(changed), str(whole / "driver.o"), str(whole / "search.a")]
    subprocess.run(["gcc", *FLAGS, *parts, "-lm", "-o", str(driver)], check=True)
    return driver


def differences(
    driver: Path, judged: list[tuple[Program, dict[str, set[Graph]]]]
) -> Iterator[str]:
    """What differs, program by program; an engine that dies or loses count differs, too."""
    for program, consistent in judged:
        rows = rows_of(program)
        for model in MODELS:
            classes = {representative(graph, rows) for graph in consistent[model]}
            try:
                with Scripted(driver) as search:
                    found = search.graphs(program, model)
                    reduced = search.graphs(program, model, symmetry=True)
            except (AssertionError, OSError) as error:
                yield str(error)
                continue
            yield difference(model, found, consistent[model])
            yield difference(model, [representative(g, rows) for g in reduced], classes)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "rule", "instead"), RULES.values(), ids=RULES.keys())
def test_a_rule_that_is_left_out_is_missed(
    whole: Path,
    judged: list[tuple[Program, dict[str, set[Graph]]]],
    tmp_path: Path,
    file: str,
    rule: str,
    instead: str,
) -> None:
    text = (CSRC / file).read_text()
    assert text.count(rule) == 1, "the rule stands elsewhere now: follow it"
    driver = linked(whole, tmp_path, file, text.replace(rule, instead))
    assert any(differences(driver, judged))


@pytest.mark.slow
def test_nothing_differs_where_nothing_is_left_out(
    whole: Path, judged: list[tuple[Program, dict[str, set[Graph]]]], tmp_path: Path
) -> None:
    driver = linked(
        whole, tmp_path, "graph/graph.c", (CSRC / "graph/graph.c").read_text()
    )
    assert not any(differences(driver, judged))
