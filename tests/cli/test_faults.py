"""``heald faults``: the list of methods, and the kill matrix of a user's own file."""

from __future__ import annotations

import json
import re
import textwrap
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heald.cli import main
from heald.faults.methods import METHODS
from heald.faults.surroundings import SURROUNDINGS

TRANSFERS = """
from pathlib import Path
from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget

mine = TransferSubject(
    "mine", Path(__file__).with_name("mine.c"), entry="send_file", expected={expected!r},
    contract=Contract(sources=frozenset({{Source.FILE}}), sinks=frozenset({{Sink.UNIX}})),
)
TARGETS = [TransferTarget(mine, frozenset({caught_by!r}))]
"""
LOOP = """
#include <errno.h>
#include <poll.h>
#include <sys/sendfile.h>
int send_file(int out, int in, off_t *offset, size_t count, size_t *moved);
int send_file(int out, int in, off_t *offset, size_t count, size_t *moved)
{
    for (*moved = 0; *moved < count;) {
        ssize_t n = sendfile(out, in, offset, count - *moved);
        struct pollfd one = {.fd = out, .events = POLLOUT};
        if (n < 0 && errno == EAGAIN)
            poll(&one, 1, -1);
        else if (n < 0 && errno != EINTR)
            return -1;
        if (n == 0)
            return 0;
        *moved += n > 0 ? (size_t)n : 0;
    }
    return 0;
}
"""


def run(folder: Path, text: str, expected: str | None, caught_by: set[str]) -> Result:
    (folder / "mine.c").write_text(text)
    place = folder / "transfers.py"
    place.write_text(
        textwrap.dedent(TRANSFERS).format(expected=expected, caught_by=caught_by)
    )
    return CliRunner().invoke(main, ["faults", "--matrix", "--json", str(place)])


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The whole matrix of a loop that is right but for SIGPIPE, made once, and its folder."""
    folder = tmp_path_factory.mktemp("matrix")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, run(Path(), LOOP, None, set())


def test_every_method_is_listed_with_its_reason() -> None:
    said = CliRunner().invoke(main, ["faults", "--json"])
    found = json.loads(said.stdout)
    assert [row["method"] for row in found["methods"]] == [m.name for m in METHODS]
    assert [row["name"] for row in found["surroundings"]] == [
        s.name for s in SURROUNDINGS
    ]
    rows = found["methods"] + found["surroundings"]
    assert all(row["missing"] is None or row["missing"] for row in rows)


def test_the_list_for_people_says_of_each_whether_it_works() -> None:
    lines = CliRunner().invoke(main, ["faults"]).stdout.splitlines()
    states = [re.search(r" (works|no: .+)$", line) for line in lines]
    assert sum(state is not None for state in states) == len(METHODS) + len(SURROUNDINGS)


def test_a_server_that_forgets_sigpipe_is_told_so(matrix: tuple[Path, Result]) -> None:
    _, said = matrix
    found = json.loads(said.stdout)
    assert said.exit_code == 1
    assert found["wrong"] == ["mine/plain: failed under vanish"]
    kinds = {cell["method"]: cell["kinds"] for cell in found["cells"]}
    assert any("SIGPIPE" in kind for kind in kinds["vanish"])


@pytest.mark.parametrize(
    ("caught_by", "code"),
    [({"vanish"}, 0), ({"vanish", "plain"}, 1)],
    ids=["as meant", "missed"],
)
def test_a_flaw_must_be_caught_by_what_its_author_names(
    tmp_path: Path, caught_by: set[str], code: int
) -> None:
    said = run(tmp_path, LOOP, "flawed", caught_by)
    assert said.exit_code == code, said.output


def test_each_failed_cell_has_a_capsule_that_fails_again(
    matrix: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, said = matrix
    monkeypatch.chdir(folder)
    failed = json.loads(said.stdout)["failed"]
    assert {(cell["method"], cell["kind"]) for cell in failed} == {("vanish", "SIGPIPE")}
    again = CliRunner().invoke(main, ["replay", failed[0]["capsule"], "--budget", "20s"])
    assert again.exit_code == 1, again.output


def test_a_budget_that_ends_first_is_no_pass(
    matrix: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(matrix[0])  # where all is compiled
    words = ["faults", "--matrix", "--budget", "0.05s", "--jobs", "1", "transfers.py"]
    began = time.monotonic()
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 3, said.output
    assert "the budget ended before" in said.output
    assert time.monotonic() - began < 60


def test_a_transfer_of_which_no_case_runs_is_untrustworthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.c").write_text(LOOP)
    text = textwrap.dedent(TRANSFERS).format(expected=None, caught_by=set())
    Path("transfers.py").write_text(text.replace("{Source.FILE}", "set()"))
    said = CliRunner().invoke(main, ["faults", "--matrix", "transfers.py"])
    assert said.exit_code == 4, said.output


def test_a_place_without_transfers_is_a_usage_error(tmp_path: Path) -> None:
    place = tmp_path / "nothing.py"
    place.write_text("TARGETS = []\n")
    assert CliRunner().invoke(main, ["faults", "--matrix", str(place)]).exit_code == 2
