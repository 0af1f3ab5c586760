"""The example in docs/parsers.md works exactly as printed there."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "parsers.md"

RECORDS = """
#include <stddef.h>
struct record { unsigned kind; const unsigned char *body; size_t body_size; };
long parse(const unsigned char *data, size_t size, struct record *out);
long parse(const unsigned char *data, size_t size, struct record *out) {
    if (size < 3 || size < 3u + data[2])
        return 0;
    out->kind = data[0] * 256u + data[1];
    out->body = data + 3;
    out->body_size = data[2];
    return 3 + data[2];
}
"""


def test_example_is_right_as_printed(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "records.c").write_text(RECORDS)
    script = tmp_path / "page.py"
    script.write_text("".join(blocks))
    names: dict[str, object] = {"__name__": "page", "__file__": str(script)}
    exec(compile(script.read_text(), str(script), "exec"), names)
    result = names["result"]
    assert result.finding is None  # type: ignore[attr-defined]
    assert result.parsed == names["oracle"](b"\x00\x01\x03abc")  # type: ignore[operator]


def test_example_rings_on_a_parser_that_does_not_check(tmp_path: Path) -> None:
    (tmp_path / "records.c").write_text(RECORDS.replace(" || size < 3u + data[2]", ""))
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script = tmp_path / "page.py"
    script.write_text("".join(blocks).replace("x03abc", "x03ab"))
    names: dict[str, object] = {"__name__": "page", "__file__": str(script)}
    exec(compile(script.read_text(), str(script), "exec"), names)
    assert names["result"].finding.kind == "consumed outside"  # type: ignore[attr-defined]
