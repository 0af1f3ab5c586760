"""An AArch64 agent under an emulator beside an x86-64 one: one search, one campaign."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heald import Verdict
from heald.campaign.judgement import judge
from heald.campaign.table import kinds_of, on_kind
from heald.cluster.pipes import local_backend
from tests.campaign.test_agents import campaign_on, run
from tests.cluster.talk import project
from tests.cluster.test_searching import COUNTING, searched
from tests.engine.building import EMULATED, hasty

EMULATORS = ("qemu-aarch64", "qemu-aarch64-static")
COMPILER = "aarch64-linux-gnu-gcc"
LIBRARY = Path("/usr/aarch64-linux-gnu/lib")

pytestmark = pytest.mark.slow

MIDDLE = ("-DN=3", "-DROUNDS=2", "-DSTORES=2")


@pytest.fixture
def both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[list[dict[str, str]]]:
    """Environments of two agents, of which one is emulated."""
    emulator = next(filter(None, map(shutil.which, EMULATORS)), None)
    if emulator is None or shutil.which(COMPILER) is None or not LIBRARY.is_dir():
        pytest.skip("needs gcc-aarch64-linux-gnu, its C library, and qemu-user")
    monkeypatch.chdir(tmp_path)
    # Compiling the explorer for it, where it never was.
    monkeypatch.setattr("heald.cluster.divided._WAIT_FOR_ALL_S", 900.0)
    arm = {
        "CC": hasty(COMPILER, *EMULATED),
        "HEALD_EMULATOR": f"{emulator} -L {LIBRARY.parent}",
    }
    yield [{}, arm]
    for name in [name for name in sys.modules if name.startswith("heald_place_fakes")]:
        del sys.modules[name]


def test_parts_on_both_give_the_total_of_one(both: list[dict[str, str]]) -> None:
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    alone, _ = searched(local_backend(1), parts=1, cflags=MIDDLE)
    result, by_machine = searched(local_backend(2, both), parts=8, cflags=MIDDLE)
    assert (result.verdict, result.exhaustive) == (Verdict.PASSED, True)
    assert result.executions == alone.executions == sum(by_machine.values())
    assert len(by_machine) == 2


def test_a_failure_that_only_the_emulated_one_looked_for_is_named_as_here(
    both: list[dict[str, str]],
) -> None:
    text = COUNTING.replace("CHECK", "return atomic_load(&x) == 6;")
    Path("counting.c").write_text(text)
    result, _ = searched(local_backend(1, both[1:]), cflags=MIDDLE)
    (failure,) = result.failures
    assert (failure["kind"], failure["where"][0]["file"]) == ("exit status", "counting.c")


def test_both_are_in_the_table_of_one_campaign(both: list[dict[str, str]]) -> None:
    project(Path(), "good")
    campaign = campaign_on(local_backend(2, both), jobs=1)

    def enough(_: object) -> bool:
        record = campaign.records["fake/good"]
        return sum(on.slices > 0 for on in record.kinds.values()) == 2

    assert run(campaign, enough) == {"fake/good": Verdict.PASSED}
    record = campaign.records["fake/good"]
    assert kinds_of([record]) == ["aarch64", "x86_64"]
    assert all(on_kind(record, kind) != "-" for kind in record.kinds)
    assert judge(record).verdict is Verdict.PASSED
    machines = campaign.database.machines(campaign.id)
    kinds = {row["topology"]["machine"]: row["compiler"] for row in machines}
    assert set(kinds) == {"aarch64", "x86_64"}
    assert "aarch64-linux-gnu" in kinds["aarch64"]
