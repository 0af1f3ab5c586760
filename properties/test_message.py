"""The message parsers against an oracle written with ``struct``, on drawn streams.

Each drawn input is parsed flush against unreadable pages on both sides, inside a reused
buffer with two different fills, and at all eight alignments (csrc/parse/parse.c).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
from hypothesis import example, find, given, settings
from hypothesis import strategies as st

from heald.parsing import ParserSession, ParserSubject
from subjects.message import FLAWED, SOUND, Flaw

BULK_CASES = 250_000

EDGE_LENGTHS = st.sampled_from([0, 1, 7, 8, 0x7FFF, 0x8000, 0xFFF7, 0xFFF8, 0xFFFF])
PAYLOADS = st.binary(max_size=40) | st.integers(200, 600).map(bytes)


def message(kind: int, sequence: int, payload: bytes, lie: int | None = None) -> bytes:
    length = len(payload) if lie is None else lie & 0xFFFF
    return struct.pack(">HHI", kind, length, sequence) + payload


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Draw messages one after the other; perhaps the last length lies, perhaps the tail is cut."""
    # From 1: a minimal message is then not the same read forwards and backwards.
    kinds, sequences = st.integers(1, 0xFFFF), st.integers(0, 0xFFFFFFFF)
    honest = st.builds(message, kinds, sequences, PAYLOADS)
    stream = b"".join(draw(st.lists(honest, max_size=4)))
    if draw(st.booleans()):
        payload = draw(PAYLOADS)
        near = st.integers(-2, 2).map(lambda by: len(payload) + by)
        lie = draw(near | EDGE_LENGTHS)
        stream += message(draw(kinds), draw(sequences), payload, lie)
    if stream and draw(st.booleans()):
        stream = stream[: draw(st.integers(0, len(stream)))]
    return stream


@st.composite
def corrupted(draw: st.DrawFn) -> bytes:
    """Draw a stream in which a few bytes were changed."""
    data = bytearray(draw(streams().filter(len)))
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


INPUTS = streams() | corrupted() | st.binary(max_size=64)


@pytest.fixture(scope="module", params=SOUND, ids=lambda parser: parser.name)
def sound(request: pytest.FixtureRequest) -> Iterator[ParserSession]:
    with ParserSession(request.param) as session:
        yield session


@given(data=INPUTS)
@example(data=message(1, 7, b"abc") * 3)
@example(data=message(1, 7, b"", lie=0xFFF8))
@settings(deadline=None)
def test_sound_parser_agrees_with_the_oracle_everywhere(
    sound: ParserSession, data: bytes
) -> None:
    result = sound.case(data)
    assert result.finding is None, result.finding.message


@given(data=streams(), at=st.integers(0, 2000))
@settings(deadline=None)
def test_a_stream_cut_anywhere_and_continued_gives_the_same_messages(
    sound: ParserSession, data: bytes, at: int
) -> None:
    whole = sound.case(data).parsed
    first = sound.case(data[: at % (len(data) + 1)]).parsed
    assert whole is not None
    assert first is not None
    rest = sound.case(data[first.consumed :]).parsed
    assert rest is not None
    assert first.records + rest.records == whole.records
    assert first.consumed + rest.consumed == whole.consumed


def test_sound_parser_survives_generated_inputs_in_bulk(sound: ParserSession) -> None:
    bulk = sound.bulk(seed=20_260_101, first=0, count=BULK_CASES)
    assert bulk.finding is None, bulk.finding.message
    assert bulk.passed == BULK_CASES


@pytest.mark.parametrize("parser", SOUND, ids=lambda parser: parser.name)
def test_sound_parser_is_clean_under_the_sanitizers(parser: ParserSubject) -> None:
    with ParserSession(parser, checked=True) as session:
        bulk = session.bulk(seed=1, first=0, count=3000)
    assert bulk.finding is None, bulk.finding.message


@pytest.mark.parametrize("flaw", FLAWED, ids=lambda flaw: flaw.parser.name)
def test_flawed_parser_is_caught_and_its_input_shrinks(flaw: Flaw) -> None:
    with ParserSession(flaw.parser, checked=flaw.checked, time_limit_s=0.2) as session:

        def caught(data: bytes) -> bool:
            finding = session.case(data).finding
            return finding is not None and finding.kind in flaw.kinds

        # A sanitizer ends the worker at each finding: a new one costs a tenth of a second.
        effort = settings(
            max_examples=200 if flaw.checked else 3000,
            database=None,
            deadline=None,
            derandomize=True,
        )
        smallest = find(INPUTS, caught, settings=effort)
    assert len(smallest) <= 16, f"{flaw.why}: {smallest.hex(' ')}"


@pytest.mark.parametrize("flaw", FLAWED, ids=lambda flaw: flaw.parser.name)
def test_flawed_parser_is_caught_by_generated_inputs(flaw: Flaw) -> None:
    with ParserSession(flaw.parser, checked=flaw.checked, time_limit_s=0.2) as session:
        bulk = session.bulk(seed=3, first=0, count=10_000)
    assert bulk.finding is not None, flaw.why
    assert bulk.finding.kind in flaw.kinds
