"""The real parsers of docs/real-parsers.md, as printed there, and a flawed neighbour of each."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import settings

from heald.parsing import ParserTarget
from heald.parsing.build import build_parser
from tests.printed import Printed, sections

_FLAWS = {
    "jsmn": ("json, size, tokens", "json, size + 1, tokens"),
    "http-parser": ("(const char *)data, size)", "(const char *)data, size + 1)"),
    "expat": ('heald_emit_bytes("text"', 'heald_emit_number("part", n); heald_emit_bytes("text"'),
    "yajl": ("if (handle) yajl_free(handle); handle =", "if (!handle) handle ="),
    "libcsv": ("data, size, field", "data, size + 1, field"),
    "cJSON": ("end - text :", "end - text + 1 :"),
    "libcbor": ("(data, size,", "(data, size + 1,"),
}  # fmt: skip
SECTIONS = sections("real-parsers.md")
SLICE_S = 1.0 if settings.get_current_profile_name() == "quick" else 4.0


def _target(printed: Printed, folder: Path, code: str) -> ParserTarget:
    text = printed.python
    if "import heald" not in text:
        text = "import heald\nfrom heald.parsing import ParserTarget\n\n" + text
    return printed.target(
        ParserTarget, folder, code, text, lambda target: build_parser(target.parser)
    )


def test_page_has_six_and_each_is_short() -> None:
    assert len(SECTIONS) >= 6
    for each in SECTIONS:
        own = [line for line in each.python.splitlines() if "import" not in line and line]
        assert len(each.code.splitlines()) + len(own) <= 27, each.name
        assert len(each.code.splitlines()) <= 20, each.name


@pytest.mark.parametrize("printed", SECTIONS, ids=[each.name for each in SECTIONS])
@pytest.mark.parametrize("checked", [False, True], ids=["plain", "checked"])
def test_real_parser_passes(printed: Printed, tmp_path: Path, checked: bool) -> None:
    target = _target(printed, tmp_path, printed.code)
    target.checked = checked
    result = target.run_slice(seconds=SLICE_S, seed=7, stop=threading.Event())
    assert not result.findings, result.findings[0].message
    assert result.samples >= 1  # a busy machine does no more in a second


@pytest.mark.parametrize("printed", SECTIONS, ids=[each.name for each in SECTIONS])
def test_flawed_use_of_it_is_found(printed: Printed, tmp_path: Path) -> None:
    right, wrong = _FLAWS[printed.name]
    assert right in printed.code
    target = _target(printed, tmp_path, printed.code.replace(right, wrong))
    result = target.run_slice(seconds=20.0, seed=7, stop=threading.Event())
    assert result.findings
