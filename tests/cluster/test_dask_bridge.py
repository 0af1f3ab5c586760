"""A leader whose way to the scheduler is cut says so, and nothing that was counted is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from heald import UsageError
from heald.cluster.dask_backend import Certificates, DaskBackend
from heald.cluster.journal import Journal
from heald.explorer.program import check
from tests.cluster.asked import asking
from tests.cluster.dasks import dask
from tests.cluster.test_searching import ALL_LONG, COUNTING, LONG
from tests.cluster.wire import Wire

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))


def cut_off(wire: Wire, after: int) -> Callable[[Mapping[str, Any]], None]:
    """Return what holds the wire once, when so many executions were visited."""
    begun: list[float] = []

    def look(counts: Mapping[str, Any]) -> None:
        if not begun and counts["executions"] > after:
            begun.append(time.monotonic())
            wire.hold()
        elif begun and time.monotonic() > begun[0] + 2.0:
            wire.let()

    return look


def test_a_search_goes_on_where_the_way_to_the_scheduler_is_gone_for_a_while() -> None:
    with dask() as cluster:
        wire = Wire(cluster.port)
        backend = DaskBackend(f"tcp://127.0.0.1:{wire.port}", Certificates())
        with asking(backend) as search:
            result = check(["counting.c"], cflags=LONG, on_progress=cut_off(wire, 20_000))
        wire.close()
    assert (result.executions, result.exhaustive) == (ALL_LONG, True)
    assert sum(search.by_machine.values()) >= ALL_LONG


def test_a_search_cut_off_for_good_says_so_and_is_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = Journal.done
    here = Path.cwd()
    monkeypatch.setattr("heald.cluster.crew._PATIENCE_S", 3.0)
    with dask() as cluster:
        wire = Wire(cluster.port)
        backend = DaskBackend(f"tcp://127.0.0.1:{wire.port}", Certificates())

        def cut(journal: Journal, *what: Any) -> None:
            done(journal, *what)
            wire.close()

        monkeypatch.setattr(Journal, "done", cut)
        began = time.monotonic()
        with (
            asking(backend, parts=8),
            pytest.raises(UsageError, match="no agent is within reach"),
        ):
            check(["counting.c"], cflags=LONG)
        assert time.monotonic() - began < 120
        counted = sum(
            line["counts"]["executions"] for line in journal() if "counts" in line
        )
        assert 0 < counted < ALL_LONG
        monkeypatch.undo()
        monkeypatch.chdir(here)
        again = DaskBackend(cluster.address, Certificates())
        with asking(again, resume=True) as search:
            result = check(["counting.c"], cflags=LONG)
    assert (result.executions, result.exhaustive) == (ALL_LONG, True)
    assert sum(search.by_machine.values()) == ALL_LONG - counted


def journal() -> list[dict[str, Any]]:
    """Return the whole lines of the one there is."""
    paths = list(Path(".heald/searches").glob("*"))
    lines = [line for path in paths for line in path.read_text().split("\n")[:-1]]
    return [json.loads(line) for line in lines]
