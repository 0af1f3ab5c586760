"""The real transfers of docs/real-transfers.md, as printed, and a flawed neighbour of each."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from heald.faults import TransferTarget
from heald.verdicts import UsageError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "real-transfers.md"
_FLAWS = {
    "libuv": ("return n < 0 ? -1 : 0;", "return 0;"),
    "libevent": ("while (*moved < count && n > 0)", "if (*moved < count && n > 0)"),
    "copyfd": ("done += put > 0 ? put : 0", "done = got"),
    "xcopy": (
        "*moved += n > 0 ? (size_t)n : 0;",
        "*moved += n > 0 ? (size_t)n : 0; return 0;",
    ),
}
_numbers = count()


@dataclass(frozen=True)
class Printed:
    """One section of the page."""

    name: str
    package: str
    code: str
    python: str


def _sections() -> list[Printed]:
    found = re.findall(
        r"^## (\S+): [^\n]*\(([^)\n]*)\)\n\n```c\n(.*?)```\n\n```python\n(.*?)```",
        PAGE.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    return [Printed(*each) for each in found]


SECTIONS = _sections()
IMPORTS = (
    "from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget\n"
)


def _target(printed: Printed, folder: Path, code: str) -> TransferTarget:
    (file,) = re.findall(r'"(\w+\.c)"', printed.python)
    (folder / file).write_text("#include <errno.h>\n" + code)
    script = folder / f"page{next(_numbers)}.py"
    text = IMPORTS + printed.python
    script.write_text(text)
    names: dict[str, Any] = {"__name__": script.stem, "__file__": str(script)}
    exec(compile(text, str(script), "exec"), names)
    (target,) = names["TARGETS"]
    assert isinstance(target, TransferTarget)
    try:
        target.prepare()
    except UsageError as error:
        if re.search(r"No such file or directory|cannot find -l", str(error)):
            pytest.skip(f"{printed.package} is not installed")
        raise
    return target


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
