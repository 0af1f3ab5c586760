"""Names go through typedefs: of structures with and without a tag, of numbers, of pointers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import check

PROGRAM = """
#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
typedef struct node { struct node *next; int32_t value; } node_t;
typedef struct { _Atomic(node_t *) head; atomic_uint count; uint8_t bytes[4]; } list_t;
typedef list_t pair_t[2];
typedef node_t *link_t;
static pair_t lists;
static _Atomic(link_t) spare;
int main(void) {
    node_t *node = malloc(sizeof *node);
    node->next = NULL;
    node->value = -3;
    atomic_store(&lists[1].head, node);
    atomic_store(&lists[1].count, 4000000000u);
    lists[1].bytes[2] = 200;
    atomic_store(&spare, node);
    free(node);
    assert(0);
}
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_a_typedef_hides_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str
) -> None:
    monkeypatch.setenv("CC", compiler)
    source = tmp_path / "typedefs.c"
    source.write_text(PROGRAM)
    [failure] = check([source]).failures
    steps: list[dict[str, Any]] = failure["trace"]["steps"]
    written = [(s["name"], s["new_name"]) for s in steps if "new" in s]
    assert written == [
        ("node#1.next", "NULL"),
        ("node#1.value", "-3"),
        ("lists[1].head", "node#1"),
        ("lists[1].count", "4000000000"),
        ("lists[1].bytes[2]", "200"),
        ("spare", "node#1"),
    ]
    [block] = failure["trace"]["blocks"].values()
    assert block["told"].startswith("node_t #1 (allocated by main at typedefs.c:1")
