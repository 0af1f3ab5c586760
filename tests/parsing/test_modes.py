"""Parsers that are fed in pieces, call back, take text without a size, or answer in offsets.

Each way has a sound parser, which passes on drawn inputs, and flawed neighbours that are seen.
"""

from __future__ import annotations

import threading
from itertools import islice
from pathlib import Path

import pytest

from heald import UsageError
from heald.parsing.finding import Status
from heald.parsing.hexdump import hexdump
from heald.parsing.mutate import drawn_inputs
from heald.parsing.session import ParserSession
from heald.parsing.smaller import smaller
from heald.parsing.subject import Parsed, ParserSubject
from heald.parsing.target import ParserTarget

LINES = """
#include <heald/emit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
struct lines {{ unsigned count; int in_comment; const unsigned char *kept; unsigned seen; }};
void start(struct lines *s) {{ s->count = s->seen = 0; s->kept = NULL; {start} }}
int finish(struct lines *s) {{ return s->in_comment ? -2 : 0; }}
long feed(struct lines *s, const unsigned char *data, size_t size)
{{
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {{
        if (data[i] == 0)
            return -1;
        if (data[i] == '#')
            s->in_comment = 1;
        if (data[i] != 10)
            continue;
        if (!s->in_comment)
            heald_emit_bytes("line", data + from, i - from);
        heald_emit_number("end", s->count++);
        s->in_comment = 0;
        from = i + 1;
    }}
    if (!s->in_comment)
        heald_emit_bytes("line", data + from, size - from);
    {feed}
    return (long)size;
}}
"""
WHOLE_LINES = """
#include <heald/emit.h>
#include <string.h>
struct lines {{ int count; }};
long feed(struct lines *s, const unsigned char *data, size_t size)
{{
    size_t at = 0;
    const unsigned char *end;
    while (at < size && (end = memchr(data + at, 10, size - at)) != NULL) {{
        heald_emit_bytes("line", data + at, (size_t)(end - data) - at);
        heald_emit_number("end", 0);
        at = (size_t)(end - data) + 1;
        {each}
    }}
    (void)s;
    return (long)at;
}}
"""
FEED = "long feed(struct lines *, const unsigned char *, size_t)"
EXAMPLES = (b"a\nbc\n#x\ny\n", b"one\n\ntwo", b"", b"#\n", b"z\0y\n")


def _streamed(
    folder: Path, *, start: str = "s->in_comment = 0;", feed: str = ""
) -> ParserSubject:
    file = folder / "lines.c"
    file.write_text(LINES.format(start=start, feed=feed))
    return ParserSubject(
        str(file), entry=FEED, start="start", finish="finish", fields=["count"]
    )


def _statuses(
    subject: ParserSubject, *, checked: bool = False, count: int = 150
) -> set[Status]:
    with ParserSession(subject, checked=checked) as session:
        inputs = islice(drawn_inputs(1, EXAMPLES), count)
        found = [session.case(data).finding for data in inputs]
    return {finding.status for finding in found if finding is not None}


@pytest.mark.parametrize("checked", [False, True], ids=["plain", "checked"])
def test_parser_that_keeps_its_state_passes_however_it_is_cut(
    tmp_path: Path, checked: bool
) -> None:
    assert _statuses(_streamed(tmp_path), checked=checked) == set()


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ({"start": ""}, Status.UNSET),
        ({"feed": "s->in_comment = 0;"}, Status.DEPENDS_ON_PIECES),
        ({"feed": 'heald_emit_number("pieces", 1);'}, Status.DEPENDS_ON_PIECES),
        ({"feed": "s->count += size && data[size] == 77;"}, Status.READ_OUTSIDE),
        (
            {"feed": "if (s->kept) s->seen += *s->kept == 97; "
             'heald_emit_number("seen", s->seen); if (size) s->kept = data;'},
            Status.DEPENDS_ON_PIECES,
        ),
        ({"feed": "free(malloc(size + 1));"}, None),
        ({"feed": "static unsigned calls; s->count += calls++ & 1;"}, Status.UNSET),
        ({"feed": "if (size > 3) return (long)size + 1;"}, Status.CONSUMED_OUTSIDE),
    ],
)  # fmt: skip
def test_flaw_of_a_streaming_parser_is_seen(
    tmp_path: Path, part: dict[str, str], status: Status | None
) -> None:
    found = _statuses(_streamed(tmp_path, **part))
    if status is None:  # the compiler takes such a pair away
        assert found <= {Status.NOT_IN_PLACE}
    else:
        assert status in found


def test_piece_that_is_gone_is_seen_in_a_checked_build(tmp_path: Path) -> None:
    feed = "if (s->kept) s->seen += *s->kept == 97; if (size) s->kept = data;"
    assert Status.UNDEFINED in _statuses(
        _streamed(tmp_path, feed=feed), checked=True, count=3
    )


@pytest.mark.parametrize(
    ("each", "status"),
    [("", None), ("if (at > 3) at++;", Status.CONSUMED_OUTSIDE), ("break;", None)],
)
def test_what_was_not_taken_is_offered_again(
    tmp_path: Path, each: str, status: Status | None
) -> None:
    file = tmp_path / "lines.c"
    file.write_text(WHOLE_LINES.format(each=each))
    subject = ParserSubject(str(file), entry=FEED)
    if each != "break;":
        assert _statuses(subject) == ({status} if status else set())
    else:  # what it left was whole, and is parsed only when there is more
        assert _statuses(subject) == {Status.DEPENDS_ON_PIECES}


def test_oracle_sees_what_callbacks_said(tmp_path: Path) -> None:
    seen = []

    def oracle(data: bytes) -> Parsed | None:
        if data != b"ab\nc":
            return None
        seen.append(data)
        return Parsed(4, ({"count": 1}, {"line": b"ab"}, {"end": 0}, {"line": b"c"}))

    subject = _streamed(tmp_path)
    object.__setattr__(subject, "oracle", oracle)
    with ParserSession(subject) as session:
        result = session.case(b"ab\nc")
    assert seen
    assert result.finding is None, result


TEXT = """
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
struct word {{ long value; const char *name; size_t length; }};
long parse(const char *text, struct word *out)
{{
    const char *at = text;
    while (isalpha((unsigned char)*at)) at++;
    if (at == text || *at != '=')
        return *text ? -1 : 0;
    out->name = text;
    out->length = (size_t)(at - text);
    out->value = strtol(at + 1, (char **)&at, 10);
    {more}
    return at - text + (*at == ';');
}}
"""


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("", None),
        ("if (at[0] == 0 && at[1] == 'x') out->value++;", Status.READ_OUTSIDE),
        ("return 100;", Status.CONSUMED_OUTSIDE),
    ],
)
@pytest.mark.parametrize("checked", [False, True], ids=["plain", "checked"])
def test_text_ends_where_its_nul_is(
    tmp_path: Path, more: str, status: Status | None, checked: bool
) -> None:
    file = tmp_path / "words.c"
    file.write_text(TEXT.format(more=more))
    subject = ParserSubject(
        str(file),
        entry="long parse(const char *text, struct word *out)",
        fields=["value"],
        spans={"name": "length"},
        least=2,
    )
    inputs = (b"a=1;bc=22", b"a=1", b"", b"=", b"a=5;\0x=1;", b"abc=7")
    with ParserSession(subject, checked=checked) as session:
        found = [session.case(data) for data in inputs]
    statuses = {each.finding.status for each in found if each.finding}
    if status is Status.READ_OUTSIDE and checked:
        status = Status.UNDEFINED
    assert statuses == ({status} if status else set())
    if status is None:
        parsed = found[0].parsed
        assert parsed is not None
        assert parsed.records == (
            {"value": 1, "name": b"a"},
            {"value": 22, "name": b"bc"},
        )


NUMBERED = """
#include <stddef.h>
struct token {{ int start, end; }};
size_t parse(const char *data, size_t size, struct token *out, size_t limit, size_t *used)
{{
    size_t count = 0, at = 0;
    while (at < size && count < limit) {{
        while (at < size && data[at] == ' ') at++;
        size_t from = at;
        while (at < size && data[at] != ' ') at++;
        if (at > from)
            out[count++] = (struct token){{(int)from{first}, (int)at{last}}};
    }}
    *used = at;
    return count;
}}
"""


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("", "", None),
        ("", " + 1", Status.POINTER_OUTSIDE),
        (" - 1", "", Status.POINTER_OUTSIDE),
        (" + 9", "", Status.POINTER_OUTSIDE),
    ],
)
def test_offsets_are_spans(
    tmp_path: Path, first: str, last: str, status: Status | None
) -> None:
    file = tmp_path / "tokens.c"
    file.write_text(NUMBERED.format(first=first, last=last))
    subject = ParserSubject(
        str(file),
        entry="size_t parse(const char *, size_t, struct token *, size_t, size_t *)",
        spans={"word": ("start", "end")},
        oracle=lambda data: Parsed(
            len(data), tuple({"word": word} for word in data.split(b" ") if word)
        ),
    )
    with ParserSession(subject) as session:
        found = session.case(b"a bc  d").finding
    assert (found.status if found else None) == status


NESTED = """
#include <stddef.h>
struct one {{ unsigned depth; }};
static long deep(const unsigned char *data, size_t size, unsigned level, unsigned *depth)
{{
    if (level > *depth) *depth = level;
    if (size == 0 || data[0] != '[' {bound})
        return 0;
    long inner = deep(data + 1, size - 1, level + 1, depth);
    return inner + 1 + (size > (size_t)inner + 1 && data[inner + 1] == ']');
}}
long parse(const unsigned char *data, size_t size, struct one *out)
{{
    out->depth = 0;
    return deep(data, size, 0, &out->depth);
}}
"""


@pytest.mark.parametrize(
    ("bound", "caught"), [("|| level > 100", False), ("", True)], ids=["bound", "none"]
)
def test_recursion_as_deep_as_its_input_likes_is_seen(
    tmp_path: Path, bound: str, caught: bool
) -> None:
    file = tmp_path / "nested.c"
    file.write_text(NESTED.format(bound=bound))
    subject = ParserSubject(
        str(file),
        entry="long parse(const unsigned char *, size_t, struct one *)",
        fields=["depth"],
        cflags=["-fno-optimize-sibling-calls"],
    )
    target = ParserTarget(subject, examples=(b"[[]]",))
    # On a busy machine one slice may not come to it.
    for seed in range(1, 20 if caught else 2):
        result = target.run_slice(seconds=6.0, seed=seed, stop=threading.Event())
        if result.findings:
            break
    assert [finding.kind for finding in result.findings] == ["stack"] * caught


def test_examples_come_first_and_whole() -> None:
    examples = (b"x" * 9000, b"second")
    inputs = list(islice(drawn_inputs(3, examples), 400))
    assert tuple(inputs[:2]) == examples
    assert any(len(data) > 65536 for data in inputs)
    assert any(data == b"s" * 40_000 for data in inputs)


def test_finding_is_shrunk_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "tail.c"
    file.write_text(
        "#include <stddef.h>\nstruct one { unsigned byte; };\n"
        "long parse(const unsigned char *data, size_t size, struct one *out)\n"
        "{ out->byte = data[0] == 'k' ? data[size] : 0; return (long)size; }\n"
    )
    subject = ParserSubject(
        str(file),
        entry="long parse(const unsigned char *, size_t, struct one *)",
        fields=["byte"],
    )
    with ParserSession(subject) as session:
        found = session.case(b"k" + bytes(range(100))).finding
        assert found is not None
        small = smaller(found, lambda data: session.case(data).finding, seconds=20.0)
    assert small.data == b"k"
    assert small.to_json()["shown"] == [
        "000000  6b                                               |k|",
        " " * 11 + "^ byte 1",
    ]


def test_hexdump_shows_the_lines_around_the_position() -> None:
    lines = hexdump(bytes(range(256)) * 2, 300)
    assert lines[0] == "(224 bytes before)"
    assert lines[-1] == "(160 bytes more)"
    (mark,) = (number for number, line in enumerate(lines) if "^ byte 300" in line)
    assert lines[mark - 1].startswith("000120")
    assert hexdump(b"", -3)[-1].strip() == "< byte -3"
    assert len(lines) == 8 + 3


def test_start_is_for_what_is_fed_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("")
    entry = "long parse(const char *text, struct word *out)"
    with pytest.raises(UsageError, match="fed in pieces"):
        ParserSubject(str(tmp_path / "x.c"), entry=entry, start="start")
    with pytest.raises(UsageError, match="no name of a C function"):
        ParserSubject(str(tmp_path / "x.c"), entry=FEED, start="start()")
