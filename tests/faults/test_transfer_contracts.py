"""Every transfer says on its first screen what it promises."""

from __future__ import annotations

import pytest

from subjects.transfer import CONTRACTS, FOLDER, MISSING

#: Lines of a terminal.
SCREEN = 40
#: What transfer.h promises for all of them, by the word at which it stands.
PROMISED = {
    "Moves": "count",
    "From": "offset",
    "To": "position",
    "Returns": "errno",
    "Waits": "O_NONBLOCK",
    "Signals": "SIGPIPE",
    "Leaves": "descriptor",
    "Together": "at a time",
}


def first_screen(name: str) -> str:
    return "\n".join((FOLDER / name).read_text().splitlines()[:SCREEN])


@pytest.mark.parametrize("word", PROMISED)
def test_the_common_contract_speaks_of_it(word: str) -> None:
    lines = first_screen("transfer.h").splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith(f" * {word} "))
    assert PROMISED[word] in " ".join(lines[begin : begin + 5])


@pytest.mark.parametrize("name", sorted({*CONTRACTS, *MISSING}))
def test_a_transfer_names_its_contract_and_when_the_source_may_change(name: str) -> None:
    screen = first_screen(f"{name}_all.c")
    for word in ("Why", "Contract", "Source"):
        assert f"\n * {word} " in screen, f"{name}: {word}"
    assert "shared" in screen or "copied" in screen


@pytest.mark.parametrize("name", ["splice", "best", "uring", "tee", "vmsplice"])
def test_a_transfer_with_a_pipe_says_what_an_error_leaves_in_it(name: str) -> None:
    screen = first_screen(f"{name}_all.c")
    said = [
        word for word in ("given back", "duplicated before", "Residue") if word in screen
    ]
    assert said or "As in splice_all.c" in screen
