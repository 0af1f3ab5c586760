"""Whatever a file is that somebody names, reading it ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from heald.building.compile_commands import flags_of
from heald.campaign.plan import load_plan
from heald.capsule import load_capsule
from heald.given import read_given
from heald.verdicts import UsageError

READERS: list[tuple[Callable[[Path], object], str]] = [
    (load_capsule, "not a capsule"),
    (load_plan, "not a plan"),
    (lambda path: flags_of(path, [Path("a.c")]), "no compilation database"),
]


@pytest.mark.parametrize(("reader", "said"), READERS, ids=[said for _, said in READERS])
def test_device_without_end_is_refused(
    reader: Callable[[Path], object], said: str
) -> None:
    with pytest.raises(UsageError, match=f"^{said}: /dev/zero has more than 64 MiB$"):
        reader(Path("/dev/zero"))


@pytest.mark.parametrize(("reader", "said"), READERS, ids=[said for _, said in READERS])
def test_pipe_that_nobody_writes_to_is_not_waited_for(
    tmp_path: Path, reader: Callable[[Path], object], said: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    if reader is load_plan:  # an empty plan is a plan
        assert reader(tmp_path / "pipe")
        return
    with pytest.raises(UsageError):
        reader(tmp_path / "pipe")


def test_pipe_with_a_writer_is_read_to_its_end() -> None:
    ends = os.pipe()

    def write() -> None:
        os.write(ends[1], b"late")
        os.close(ends[1])

    writer = threading.Timer(0.1, write)
    writer.start()
    assert read_given(Path(f"/dev/fd/{ends[0]}"), otherwise="no") == b"late"
    writer.join()
    os.close(ends[0])
