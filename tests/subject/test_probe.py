import re
from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Subject, UsageError
from heald.building.compilers import find_compiler
from heald.subject.probe import probe

SOURCE = """\
#include <stdint.h>
struct box { char tag; _Alignas(64) int value; };
struct pair { int one, two; };
typedef struct box box_t;
typedef struct pair pair_t;
typedef double real_t;
typedef __int128 wide_t;
int get(struct box *b) { return b->value; }
int sum(struct box *b, pair_t p) { return b->value + p.one; }
int wide(wide_t w) { return (int)w; }
int real(real_t r) { return (int)r; }
"""


def box(tmp_path: Path, declaration: str) -> Subject:
    source = tmp_path / "box.c"
    source.write_text(SOURCE)
    value = st.integers()
    given = dict.fromkeys(re.findall(r"\w+_t (\w)", declaration), value)
    operation = heald.op(declaration, args=given)
    return Subject(source, state="struct box", ops={"call": operation})


def test_size_and_alignment_come_from_the_compiler(tmp_path: Path, compiler: str) -> None:
    subject = box(tmp_path, "int get(struct box *)")
    assert probe(subject, find_compiler(compiler)).sizes == {"struct box": (128, 64)}


@pytest.mark.parametrize(
    ("declaration", "name"),
    [
        ("int sum(struct box *b, pair_t p)", "pair_t"),
        ("int wide(wide_t w)", "wide_t"),
        ("int real(real_t r)", "real_t"),
    ],
)
def test_named_type_that_is_no_scalar_is_refused(
    tmp_path: Path, declaration: str, name: str
) -> None:
    with pytest.raises(
        UsageError, match=f"^{name} is not a scalar of at most 64 bits, in "
    ):
        box(tmp_path, declaration).build()


def test_declaration_that_contradicts_the_source_is_refused(
    tmp_path: Path, compiler: str
) -> None:
    subject = box(tmp_path, "long get(struct box *)")
    with pytest.raises(UsageError) as caught:
        subject.build(compiler=compiler)
    text = str(caught.value)
    assert "conflicting types for 'get'" in text
    assert "operation call:1" in text
    assert "the description and box.c declare a function differently" in text


def test_unknown_state_says_where_it_must_be(tmp_path: Path, compiler: str) -> None:
    source = tmp_path / "box.c"
    source.write_text("struct crate; int get(struct crate *c) { return c != 0; }\n")
    subject = Subject(
        source, state="struct crate", ops={"get": heald.op("int get(struct crate *)")}
    )
    with pytest.raises(UsageError, match=r"must be defined in box\.c, the first source"):
        subject.build(compiler=compiler)


def test_state_written_differently_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="the state is 'struct box', written differently"
    ):
        box(tmp_path, "int get(box_t *)").build()
