"""Inline assembly of AArch64 as text: what becomes a call, what stays, what is refused."""

from __future__ import annotations

import pytest

from heald.building.assembly.aarch64 import rewrite


def rewritten(part: str, begin: str = "#APP", end: str = "#NO_APP") -> str:
    return rewrite(
        f'f:\n{begin}\n// 5 "a.c" 1\n\t{part}\n{end}\n\tldr\tw0, [x0]\n\tret\n'
    )


@pytest.mark.parametrize("mark", ["#", "//"])
@pytest.mark.parametrize(
    "part",
    [
        "ldxr w0, [x1]",
        "stlr w0, [x1]",
        "ldar w0, [x1]",
        "ldaddal w0, w1, [x2]",
        "casal x0, x1, [x2]",
        "swpal w0, w1, [x2]",
        "ldr x0, [x1]",
        "stp x0, x1, [x2], 16",
        "dmb ishst",
        "svc 0",
        "bl other",
        "b other",
        "mrs x0, cntvct_el0",
        ".inst 0xd503201f",
        ".pushsection .text.far\n.word 0\n.popsection",
        "1: add w0, w0, 1; str w0, [x1]; cbnz w0, 1b",
    ],
)
def test_what_may_touch_memory_is_refused_by_name(part: str, mark: str) -> None:
    text = rewritten(part, f"{mark}APP", f"{mark}NO_APP")
    assert text.count("bl\t__heald_assembly_refused") == 1
    assert text.count(".string") == 1


@pytest.mark.parametrize(
    "part",
    [
        "",
        "yield",
        "nop ; nop // no more",
        "1: subs w0, w0, #1; b.ne 1b",
        "mov x0, x1 /* ldr x0, [x1] */",
        "prfm pldl1keep, [x0]",
        '.pushsection .locks,"a"\n.word 1f\n.popsection\n1:',
    ],
)
def test_what_touches_none_stays(part: str) -> None:
    text = rewritten(part)
    assert "__heald" not in text
    assert "ldr\tw0, [x0]" in text


@pytest.mark.parametrize(
    ("part", "order"), [("dmb ish", 5), ("DMB SY", 5), ("dmb\tishld", 2), ("dmb ld", 2)]
)
def test_barriers_are_calls(part: str, order: int) -> None:
    assert f"bl\t__heald_assembly_fence_{order}\n" in rewritten(part)
