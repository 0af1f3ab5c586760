import pytest

from heald import EngineError
from heald.parsing.layout import Transcript

HEAD = b"".join(
    number.to_bytes(8, "little", signed=True) for number in (-7, 2, 3)
)  # result, count, consumed


def test_what_a_parser_said_is_read_from_its_beginning_on() -> None:
    said = Transcript(HEAD + b"\xff" * 8 + b"text")
    assert (said.result, said.count, said.consumed) == (-7, 2, 3)
    assert said.number() == -1
    with pytest.raises(
        EngineError, match=r"^engine bug: a transcript of 36 bytes, read up to 32$"
    ):
        said.end()
    assert said.take(4) == b"text"
    said.end()


@pytest.mark.parametrize("size", [-1, 9])
def test_what_it_did_not_say_is_not_read(size: int) -> None:
    with pytest.raises(
        EngineError, match=r"^engine bug: a transcript of 32 bytes, read up to "
    ):
        Transcript(HEAD + b"12345678").take(size)
