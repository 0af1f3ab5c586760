"""Transfers as users bring them: other calls, one sink, files beside files, wrong forms."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from heald import UsageError
from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget
from heald.faults.checking import check
from heald.faults.methods import BY_NAME, METHODS

FORM = "int move(int out, int in, off_t *offset, size_t count, size_t *moved)"
SENDFILE = f"""
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/sendfile.h>
{FORM} {{
    signal(SIGPIPE, SIG_IGN);
    *moved = 0;
    while (count > 0) {{
        ssize_t n = sendfile(out, in, offset, count < 4096 ? count : 4096);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EAGAIN) {{
            struct pollfd ready = {{out, POLLOUT, 0}};
            poll(&ready, 1, -1);
        }}
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return -1;
        if (n > 0)
            *moved += (size_t)n, count -= (size_t)n;
    }}
    return 0;
}}
"""
VECTORS = f"""
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>
{FORM} {{
    char bytes[4096];
    signal(SIGPIPE, SIG_IGN);
    *moved = 0;
    while (count > 0) {{
        struct iovec in_part = {{bytes, count < sizeof bytes ? count : sizeof bytes}};
        ssize_t got = offset ? preadv(in, &in_part, 1, *offset) : readv(in, &in_part, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return (int)got;
        struct iovec part = {{bytes, (size_t)got}};
        while (part.iov_len > 0) {{
            ssize_t put = writev(out, &part, 1);
            if (put < 0 && errno == EAGAIN) {{
                struct pollfd ready = {{out, POLLOUT, 0}};
                poll(&ready, 1, -1);
                continue;
            }}
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0) {{
                int error = errno;
                if (!offset)
                    lseek(in, -(off_t)part.iov_len, SEEK_CUR);
                errno = error;
                return -1;
            }}
            part.iov_base = (char *)part.iov_base + put;
            LOOP
            *moved += (size_t)put, count -= (size_t)put;
            if (offset)
                *offset += put;
        }}
    }}
    return 0;
}}
"""
LOOPED = VECTORS.replace("LOOP", "part.iov_len -= (size_t)put;")
TRUSTS = VECTORS.replace("LOOP", "part.iov_len = 0;")
SOCKETS = Contract(
    sources=frozenset({Source.FILE}), sinks=frozenset({Sink.TCP, Sink.UNIX})
)


def made(folder: Path, text: str, contract: Contract = SOCKETS) -> TransferSubject:
    (folder / "mine.c").write_text(text)
    return TransferSubject("mine", folder / "mine.c", entry="move", contract=contract)


@pytest.mark.slow
@pytest.mark.parametrize("sink", [Sink.TCP, Sink.UNIX, Sink.PIPE, Sink.FILE, Sink.DISK])
@pytest.mark.parametrize("source", [Source.FILE, Source.DISK])
def test_transfer_with_one_sink_runs(tmp_path: Path, sink: Sink, source: Source) -> None:
    alone = Contract(sources=frozenset({source}), sinks=frozenset({sink}))
    target = TransferTarget(made(tmp_path, SENDFILE, alone))
    result = target.run_slice(seconds=1.0, seed=1, stop=threading.Event())
    assert not result.findings
    assert result.samples > 0


@pytest.mark.slow
def test_sound_loop_over_vectors_passes_and_one_that_trusts_them_does_not(
    tmp_path: Path,
) -> None:
    sound = made(tmp_path, LOOPED)
    for name in ("script", "sanitized", "buffers"):
        if BY_NAME[name].missing() is None:
            report = check(sound, BY_NAME[name], seed=1, count=300)
            assert not report.failures, report.failures[0].explain()
            assert report.ran == 300
    flawed = made(tmp_path, TRUSTS)
    assert check(flawed, BY_NAME["script"], seed=1, count=300).failures


RAW = (
    SENDFILE.replace("#include <sys/sendfile.h>", "#include <sys/syscall.h>")
    .replace("#include <signal.h>", "#include <signal.h>\n#include <unistd.h>")
    .replace("sendfile(out", "syscall(SYS_sendfile, out")
)


@pytest.mark.slow
def test_method_that_does_not_apply_says_so_and_is_no_failure(tmp_path: Path) -> None:
    subject = made(tmp_path, RAW)
    report = check(subject, BY_NAME["script"], seed=1, count=300)
    assert (report.ran, report.failures) == (0, [])
    assert report.unseen > 0
    result = TransferTarget(subject).run_slice(
        seconds=2.0, seed=1, stop=threading.Event()
    )
    assert not result.findings
    assert any(note.startswith("script: does not apply") for note in result.notes)
    assert "scripted, as promised" not in result.outcomes


@pytest.mark.parametrize(
    "form",
    [
        "int move(int out, int in, size_t count)",
        "ssize_t move(int out, int in, off_t *offset, size_t count, size_t *moved)",
        "int move(int out, int in, off_t offset, size_t count, size_t *moved)",
        "int move(int out, int in, off_t *offset, unsigned count, size_t *moved)",
        "int move(void)",
    ],
)
def test_entry_of_another_form_does_not_compile(tmp_path: Path, form: str) -> None:
    subject = made(tmp_path, f"#include <sys/types.h>\n{form} {{ return 0; }}\n")
    with pytest.raises(UsageError, match="the entry must be: int move"):
        subject.build(wrapped=True)


def test_entry_that_is_not_there_does_not_compile(tmp_path: Path) -> None:
    subject = made(tmp_path, "int other(void) { return 0; }\n")
    with pytest.raises(UsageError, match="undeclared"):
        subject.build(wrapped=True)


def test_file_that_is_included_from_anywhere_compiles_anew(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "body.inc").write_text(SENDFILE)
    subject = made(tmp_path, '#include "deep/body.inc"\n')
    first = subject.build(wrapped=True)
    assert subject.build(wrapped=True) == first
    (tmp_path / "deep" / "body.inc").write_text(SENDFILE.replace("4096", "8192"))
    assert subject.build(wrapped=True) != first
    assert tmp_path / "deep" / "body.inc" in subject.inputs()


def test_more_files_and_libraries_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "other.c").write_text(
        "#include <math.h>\nint limit(double x);\n"
        "int limit(double x) { return (int)cbrt(x); }\n"
    )
    text = "int limit(double x);\n" + SENDFILE.replace("4096", "(size_t)limit(1e9)")
    subject = made(tmp_path, text)
    with_all = TransferSubject(
        "mine",
        subject.source,
        entry="move",
        contract=SOCKETS,
        sources=(tmp_path / "other.c",),
        link=("-lm",),
    )
    method = METHODS[0]
    report = check(with_all, method, seed=1, count=20)
    assert report.ran == 20
    assert not report.failures


MANUAL_PAGE = f"""
#include <errno.h>
#include <sys/sendfile.h>
{FORM} {{
    *moved = 0;
    while (count > 0) {{
        ssize_t n = sendfile(out, in, offset, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            END
        *moved += (size_t)n, count -= (size_t)n;
    }}
    return 0;
}}
"""
MODEST = Contract(
    sources=frozenset({Source.FILE}),
    sinks=frozenset({Sink.TCP, Sink.UNIX, Sink.FILE}),
    blocking=True,
    quiet_process=True,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "promises"),
    [
        (MANUAL_PAGE.replace("END", "return 0;"), {}),
        (
            MANUAL_PAGE.replace("END", "{ errno = ENODATA; return -1; }"),
            {"early_end_fails": True},
        ),
        (
            MANUAL_PAGE.replace("END", "return 0;").replace(
                "            return -1;", "            return *moved = 0, -1;", 1
            ),
            {"exact_after_error": False},
        ),
        (
            MANUAL_PAGE.replace("END", "{ errno = ENODATA; return -1; }"),
            {"early_end_fails": True, "whole": True},
        ),
    ],
    ids=["for blocking descriptors", "an early end fails", "no count", "whole files"],
)
def test_contract_says_what_the_code_promises(
    tmp_path: Path, text: str, promises: dict[str, bool]
) -> None:
    contract = replace(MODEST, **promises)
    for name in ("plain", "script", "vanish", "limit", "storm"):
        subject = made(tmp_path, text, contract)
        report = check(subject, BY_NAME[name], seed=1, count=200, seconds=2.0)
        assert not report.failures, (name, report.failures[0].explain())
        assert report.ran
    if promises:  # and without the clause it is broken
        subject = made(tmp_path, text, MODEST)
        names = ("script", "plain", "limit")
        found = [check(subject, BY_NAME[n], seed=1, count=300).failures for n in names]
        assert any(found) or "whole" in promises


@pytest.mark.slow
def test_modest_contract_still_finds_lost_bytes(tmp_path: Path) -> None:
    text = MANUAL_PAGE.replace("END", "return 0;").replace(
        "while (count > 0)", "if (count)"
    )
    modest = replace(MODEST, exact_after_error=False, early_end_fails=True, whole=True)
    report = check(
        made(tmp_path, text.replace("continue;", "return -1;"), modest),
        BY_NAME["script"],
        seed=1,
        count=300,
    )
    assert report.failures
