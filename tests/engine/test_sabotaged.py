"""Where mistakes are put in: of the long tables a lane asks a row, of all whether it still can."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.building import EXPLORE
from tests.oracle import test_sabotage
from tests.oracle.whole import test_mistakes
from tests.programs import test_whole_sabotage


def pieces() -> Iterator[tuple[str, str]]:
    """Yield every piece that a table replaces, and its file."""
    for file, rule, _ in test_sabotage.RULES.values():
        yield file, rule
    for table in (test_mistakes.MISTAKES, test_whole_sabotage.MISTAKES):
        for file, replaced in table.values():
            yield from ((file, piece) for piece, _ in replaced)


@pytest.mark.parametrize("file", sorted({file for file, _ in pieces()}))
def test_what_is_left_out_stands_there(file: str) -> None:
    text = (EXPLORE / file).read_text()
    gone = [p for where, p in pieces() if where == file and text.count(p) != 1]
    assert not gone
