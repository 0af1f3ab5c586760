"""The real transfers of docs/real-transfers.md, as printed, and a flawed neighbour of each."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from heald.faults import TransferTarget
from tests.printed import Printed, sections

_FLAWS = {
    "libuv": ("return n < 0 ? -1 : 0;", "return 0;"),
    "libevent": ("while (*moved < count && n > 0)", "if (*moved < count && n > 0)"),
    "copyfd": ("done += put > 0 ? put : 0", "done = got"),
    "xcopy": (
        "*moved += n > 0 ? (size_t)n : 0;",
        "*moved += n > 0 ? (size_t)n : 0; return 0;",
    ),
}
SECTIONS = sections("real-transfers.md")
IMPORTS = (
    "from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget\n"
)


def _target(printed: Printed, folder: Path, code: str) -> TransferTarget:
    return printed.target(
        TransferTarget,
        folder,
        "#include <errno.h>\n" + code,
        IMPORTS + printed.python,
        TransferTarget.prepare,
    )


def test_page_has_four_and_each_is_short() -> None:
    assert len(SECTIONS) == 4
    for each in SECTIONS:
        assert len(each.code.splitlines()) <= 24, each.name


@pytest.mark.slow
@pytest.mark.parametrize("printed", SECTIONS, ids=[each.name for each in SECTIONS])
def test_real_transfer_passes(printed: Printed, tmp_path: Path) -> None:
    target = _target(printed, tmp_path, printed.code)
    result = target.run_slice(seconds=12.0, seed=7, stop=threading.Event())
    assert not result.findings, result.findings[0].message
    assert result.samples > 20


@pytest.mark.slow
@pytest.mark.parametrize("printed", SECTIONS, ids=[each.name for each in SECTIONS])
def test_flawed_use_of_it_is_found(printed: Printed, tmp_path: Path) -> None:
    right, wrong = _FLAWS[printed.name]
    assert right in printed.code
    target = _target(printed, tmp_path, printed.code.replace(right, wrong))
    result = target.run_slice(seconds=20.0, seed=7, stop=threading.Event())
    assert result.findings
