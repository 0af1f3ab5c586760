"""Parsers as users bring them: empty spans, fields left unset, other types, hidden copies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heald import UsageError
from heald.parsing.finding import Status
from heald.parsing.session import ParserSession
from heald.parsing.subject import Parsed, ParserSubject

RECORD = "struct record { unsigned kind; const unsigned char *body; size_t length; };"
FORM = "long parse(const unsigned char *data, size_t size, struct record *out)"
PARSER = f"""
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
{RECORD}
FORM
{{
    if (size < 2 || size < 2u + data[1])
        return 0;
    BODY
    out->length = data[1];
    out->body = data[1] ? data + 2 : NULL;
    return 2 + data[1];
}}
"""
SETS = "out->kind = data[0];"
INPUTS = (b"\x01\x00", b"\x02\x01x", b"\x03\x00\x04\x03abc", b"\x05", b"")


def made(
    folder: Path, body: str, form: str = FORM, declared: str = FORM
) -> ParserSubject:
    file = folder / "mine.c"
    file.write_text(PARSER.replace("FORM", form).replace("BODY", body))
    return ParserSubject(
        str(file), entry=declared, fields=["kind"], spans={"body": "length"}, least=2
    )


def statuses(subject: ParserSubject, *, checked: bool = False) -> set[Status]:
    with ParserSession(subject, checked=checked) as session:
        found = [session.case(data).finding for data in INPUTS]
    return {finding.status for finding in found if finding is not None}


@pytest.mark.parametrize("checked", [False, True], ids=["plain", "checked"])
def test_empty_span_may_be_null(tmp_path: Path, checked: bool) -> None:
    assert statuses(made(tmp_path, SETS), checked=checked) == set()


@pytest.mark.parametrize(
    "body", ["if (data[0] != 2) " + SETS, "", "out->kind += data[0];"]
)
def test_field_that_is_left_unset_is_seen(tmp_path: Path, body: str) -> None:
    assert statuses(made(tmp_path, body)) == {Status.UNSET}


@pytest.mark.parametrize(
    "form",
    [
        "long parse(const char *data, size_t size, struct record *out)",
        "long parse(const unsigned char *data, unsigned size, struct record *out)",
        "int parse(const unsigned char *data, size_t size, struct record *out)",
        "long parse(const unsigned char *data, size_t size, struct record **out)",
        "long parse(const unsigned char *data, size_t size)",
    ],
)
def test_entry_of_another_type_does_not_compile(tmp_path: Path, form: str) -> None:
    body = "#define out ((struct record *)0)\n" + SETS if "*out" not in form else SETS
    subject = made(tmp_path, body if "**" not in form else "", form)
    with pytest.raises(UsageError, match=r"error: |not of type|conflicting"):
        statuses(subject)


COPIES = [
    "free(malloc(data[0]));",
    "free(calloc(1, 8));",
    "free(realloc(NULL, 8));",
    "free(reallocarray(NULL, 2, 8));",
    "free(aligned_alloc(64, 64));",
    "void *block = NULL; if (posix_memalign(&block, 64, 64) == 0) free(block);",
    'free(strdup("copied"));',
    "munmap(mmap(NULL, 4096, 3, 34, -1, 0), 4096);",
    "static char copy[1 << 17]; memcpy(copy, data, size); keep(copy);",
    "static char copy[1 << 17]; memmove(copy, data, size); keep(copy);",
    "static char copy[1 << 17]; mempcpy(copy, data, size); keep(copy);",
    "static char copy[1 << 17]; strncpy(copy, (const char *)data, size); keep(copy);",
]


@pytest.mark.parametrize("body", COPIES, ids=[each.split("(")[1] for each in COPIES])
def test_copy_or_allocation_is_seen_however_it_is_made(tmp_path: Path, body: str) -> None:
    kept = "void *volatile block_; (void)block_;"
    text = body.replace("free(", "block_ = (void *)(").replace(
        "keep(copy)", '__asm__ volatile("" :: "r"(copy) : "memory")'
    )
    assert statuses(made(tmp_path, f"{SETS} {kept} {text}")) == {Status.NOT_IN_PLACE}


USED = "#include <sys/uio.h>\n#include <sys/socket.h>\n"
HANDING = """
    struct iovec part = {(void *)data, 2u + data[1] + (data[0] >> 7)};
    struct msghdr one = {.msg_iov = &part, .msg_iovlen = 1};
    switch (data[0] & 7) {
    case 0: (void)!write(1, data, part.iov_len); break;
    case 1: (void)!pwrite(1, data, part.iov_len, 0); break;
    case 2: (void)!send(1, data, part.iov_len, 0); break;
    case 3: (void)!sendto(1, data, part.iov_len, 0, NULL, 0); break;
    case 4: (void)!sendmsg(1, &one, 0); break;
    case 5: (void)!writev(1, &part, 1); break;
    case 6: (void)!pwritev(1, &part, 1, 0); break;
    case 7: (void)!fwrite(data, 1, part.iov_len, stdout); break;
    }
"""


def test_bytes_that_are_handed_to_the_kernel_are_read(tmp_path: Path) -> None:
    subject = made(tmp_path, SETS + HANDING)
    file = tmp_path / "mine.c"
    text = file.read_text().replace("_GNU_SOURCE\n", "_GNU_SOURCE\n" + USED, 1)
    file.write_text(text)
    with ParserSession(subject) as session:
        for which in range(8):
            assert session.case(bytes([which, 1, 9])).finding is None
            finding = session.case(bytes([128 + which, 1, 9])).finding
            assert finding is not None, which
            assert finding.status is Status.READ_OUTSIDE


def test_oracle_may_have_no_opinion(tmp_path: Path) -> None:
    file = tmp_path / "mine.c"
    file.write_text(PARSER.replace("FORM", FORM).replace("BODY", SETS))

    def oracle(data: bytes) -> Parsed | None:
        return None if len(data) < 4 else Parsed(0, ())

    subject = ParserSubject(
        str(file),
        entry=FORM,
        fields=["kind"],
        spans={"body": "length"},
        least=2,
        oracle=oracle,
    )
    with ParserSession(subject) as session:
        found = [session.case(data).finding for data in INPUTS]
    assert [finding is not None for finding in found] == [
        False,
        False,
        True,
        False,
        False,
    ]


ORPHANING = """
import sys, time
from pathlib import Path
from tests.parsing.test_subject import SETS, made
from heald.parsing.session import ParserSession
body = SETS + " while (data[0] == 9) ;"
with ParserSession(made(Path(sys.argv[1]), body), time_limit_s=600) as session:
    session.case(b"\\x01\\x00")
    print(session._process.pid, flush=True)
    session.case(b"\\x09\\x00")
"""


@pytest.mark.slow
def test_worker_at_full_load_dies_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANING, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    with parent:
        worker = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    until = time.monotonic() + 30
    while time.monotonic() < until and _runs(worker):
        time.sleep(0.02)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (OSError, ProcessLookupError):
        return False


FORBIDDEN = {
    "fork": "if (fork() == 0) for (;;) pause();",
    "fork that ends": "if (fork() == 0) _exit(0);",
    "system": '(void)!system("touch written");',
    "popen": '(void)popen("touch written", "r");',
    "exec": 'execl("/bin/true", "true", (char *)NULL);',
    "kills itself": "raise(SIGKILL);",
    "stops itself": "raise(SIGSTOP);",
    "signals its parent": "kill(getppid(), 0);",
    "hides its crashes": "signal(SIGSEGV, SIG_IGN);",
    "hides its aborts": "signal(SIGABRT, SIG_IGN);",
    "hides its time": "signal(SIGPROF, SIG_IGN);",
}


@pytest.mark.parametrize("act", FORBIDDEN)
def test_parser_that_starts_or_signals_a_process_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.chdir(tmp_path)
    subject = made(tmp_path, f"{SETS} {FORBIDDEN[act]}")
    began = time.monotonic()
    with ParserSession(subject) as session:
        found = session.case(INPUTS[1]).finding
        again = session.case(b"").finding  # the next worker is none the worse
    assert found is not None
    assert found.status is Status.FORBIDDEN_CALL, found
    assert again is None
    assert time.monotonic() - began < 60.0
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    "body",
    [
        "static int once; pthread_t t; if (!once++) "
        "{ pthread_create(&t, NULL, idle, NULL); pthread_join(t, NULL); }",
        "signal(SIGUSR1, SIG_IGN); raise(SIGUSR1);",
        "struct sigaction old; sigaction(SIGSEGV, NULL, &old);",
    ],
    ids=["thread", "signal", "asks"],
)
def test_thread_and_own_signal_are_fine(tmp_path: Path, body: str) -> None:
    idle = "static void *idle(void *p) { return p; }\n"
    assert statuses(made(tmp_path, f"{SETS} {body}", idle + FORM)) == set()


@pytest.mark.parametrize("body", ["memset(out, 1, 4096);", "out[-1].kind = 3;"])
def test_write_beside_the_records_is_seen(tmp_path: Path, body: str) -> None:
    assert Status.BESIDE_RECORDS in statuses(made(tmp_path, f"{SETS} {body}"))
