"""A transfer's failure names the call that matters, and the line of C that made it."""

from __future__ import annotations

import threading
from pathlib import Path

from heald.faults.case import Action, Case, Sink, Step
from heald.faults.clauses import Clause
from heald.faults.host import Host
from heald.faults.located import places_of, with_calls
from heald.faults.subject import TransferSubject
from heald.faults.target import TransferTarget, findings_of

ONE_CALL = """#include <sys/sendfile.h>
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    ssize_t sent = sendfile(out, in, offset, count);
    *moved = sent > 0 ? (size_t)sent : 0;
    return sent < 0 ? -1 : 0;
}
"""


def subject(folder: Path, text: str = ONE_CALL) -> TransferSubject:
    (folder / "mine.c").write_text(text)
    return TransferSubject("mine", folder / "mine.c", "move")


def test_a_scripted_short_call_is_located(tmp_path: Path) -> None:
    mine = subject(tmp_path)
    case = Case(size=100, count=100, steps=(Step(Action.CAP, 7),))
    with Host(mine) as host:
        ran = host.run_one(case)
    (finding,) = findings_of([ran], 1, mine)
    (place,) = finding.detail["where"]
    assert (Path(place["file"]).name, place["line"]) == ("mine.c", 3)
    assert (
        place["access"]
        == "sendfile(100) = 7 (heald let it move less, as the kernel may), in"
    )
    assert finding.detail["shown"][0].endswith("sendfile(out, in, offset, count);")


def test_what_only_the_kernel_cut_short_is_run_once_more_with_its_calls(
    tmp_path: Path,
) -> None:
    mine = subject(tmp_path)
    with Host(mine, wrapped=False) as host:
        ran = host.run_one(Case(size=200_000, count=200_000, sink=Sink.PIPE))
    assert ran.broken & Clause.SHORT
    assert ran.result is not None
    assert ran.result.log == ()
    told = with_calls(mine, ran)
    assert [place["line"] for place in places_of(mine, told)] == [3]


def test_without_a_call_the_entry_is_named(tmp_path: Path) -> None:
    body = "    (void)out; (void)in; (void)offset; (void)count;\n    *moved = count;\n"
    head = "#include <sys/types.h>\nint move(int out, int in, off_t *offset, "
    mine = subject(
        tmp_path, f"{head}size_t count, size_t *moved) {{\n{body}return 0;\n}}\n"
    )
    found = TransferTarget(mine).run_slice(seconds=1, seed=1, stop=threading.Event())
    assert {
        place["line"] for each in found.findings for place in each.detail["where"]
    } == {2}


def test_the_bytes_that_had_to_come_stand_beside_those_that_came(tmp_path: Path) -> None:
    mine = subject(tmp_path)
    with Host(mine) as host:
        short = host.run_one(Case(size=100, count=100, steps=(Step(Action.CAP, 7),)))
        whole = host.run_one(Case(size=100, count=100))
    assert short.result is not None
    assert (short.result.shown_at, len(short.result.meant), short.result.got) == (
        7,
        16,
        b"",
    )
    assert whole.result is not None
    assert whole.result.shown_at == -1
    (finding,) = findings_of([short], 1)
    assert finding.detail["shown"][-1].split() == ["came", "nothing"]
    assert finding.detail["result"]["meant"] == short.result.meant.hex(" ")


def test_wrong_bytes_are_told_from_the_first_one_on(tmp_path: Path) -> None:
    text = """#include <unistd.h>
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    unsigned char bytes[100];
    (void)offset;
    ssize_t n = read(in, bytes, count < 100 ? count : 100);
    bytes[9] ^= 1;
    *moved = (size_t)write(out, bytes, (size_t)n);
    return 0;
}
"""
    with Host(subject(tmp_path, text)) as host:
        ran = host.run_one(Case(size=100, count=100))
    assert ran.result is not None
    assert ran.result.shown_at == ran.result.wrong_at == 9
    assert ran.result.got[0] == ran.result.meant[0] ^ 1
    assert ran.result.got[1:] == ran.result.meant[1:]
