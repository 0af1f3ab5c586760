"""What an update comes to: calls give what was before, so they are written for statements only."""

from __future__ import annotations

import pytest

from heald.explorer.order import Operation
from heald.orders.declared import declared_in
from heald.orders.implied import implied_in
from heald.orders.source_text import SourceText

USED = (
    "if (--x) z = 1;",
    "z = (x += 2);",
    "if ((x |= 2) == 3) z = 1;",
    "return (x += 1);",
    "at((x -= 1));",
    "while (--x) ;",
    "for (; --x;) ;",
    "for (z = (x += 1); z; z--) ;",
    "z = y ? 1 : ++x;",
    "z = (int)++x;",
    "int a[2] = {x += 1, 2};",
    "z = __extension__({ ++x; });",
)
UNUSED = (
    "x += 1;",
    "if (z) ++x; else --y;",
    "for (++x; z; z--) ;",
    "for (; z; x -= 1) ;",
    "for (;;) ++x;",
    "while (z) --x;",
    "do x += 2; while (z);",
    "case 1: ++x;",
    "here: x ^= 1;",
    "(void)++x;",
    "{ x |= 1; }",
    "z = x++;",
)


@pytest.mark.parametrize(
    ("statement", "is_used"),
    [*((each, True) for each in USED), *((each, False) for each in UNUSED)],
)
def test_what_is_there_after_an_update_is_not_taken_for_what_was_before(
    statement: str, is_used: bool
) -> None:
    code = f"_Atomic int x; int z; void f(void) {{ z = 1; {statement} z = 2; }}\n"
    text = SourceText("f.c", code)
    start, end = code.index("z = 1;"), code.index("z = 2;")
    found = implied_in(text, start, end, declared_in(code))
    updates = [each for each in found if each.operation is Operation.UPDATE]
    assert len(updates) == (not is_used)


def test_a_pointer_by_another_name_is_one() -> None:
    found = declared_in("typedef int *ip; _Atomic ip p; _Atomic(ip) q; _Atomic int n;")
    assert [found[name].holds_pointer for name in "pqn"] == [True, True, False]
