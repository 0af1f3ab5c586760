"""Parsers and transfers in Rust: linked into what is C otherwise, right ones and flawed."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from heald.faults import Action, Case, Clause, Host, Step, TransferSubject
from heald.parsing import Parsed, ParserSession, ParserSubject
from heald.parsing.subject import Record
from heald.verdicts import UsageError

pytestmark = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")

RECORD = """#include <stdint.h>
struct record { uint32_t type; const unsigned char *payload; uint32_t length; };
"""

PARSER = """//! A record is a byte of type, a byte of length, and so many bytes.
#[repr(C)]
pub struct Record { kind: u32, payload: *const u8, length: u32 }
#[no_mangle]
pub unsafe extern "C" fn next_record(
    data: *const u8, size: usize, out: *mut Record
) -> isize {
    let bytes = std::slice::from_raw_parts(data, size);
    let [kind, length, rest @ ..] = bytes else { return 0 };
    let length = *length as usize;
    match kind {
        b'u' => (),
        b'r' => { std::ptr::read_volatile(rest.as_ptr().add(rest.len())); }
        b'p' => { std::hint::black_box(rest[length]); }
        b'c' => { std::hint::black_box(rest.to_vec()); }
        _ => (),
    }
    if *kind != b'u' && rest.len() < length { return 0 }
    *out = Record { kind: *kind as u32, payload: rest.as_ptr(), length: length as u32 };
    (2 + length) as isize
}
"""


def oracle(data: bytes) -> Parsed:
    at, records = 0, list[Record]()
    while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
        kind, length = data[at : at + 2]
        payload = data[at + 2 : at + 2 + length]
        records.append({"type": kind, "payload": payload, "length": length})
        at += 2 + length
    return Parsed(at, tuple(records))


def parser(folder: Path, header: bool = True) -> ParserSubject:
    (folder / "records.rs").write_text(PARSER)
    (folder / "record.h").write_text(RECORD)
    return ParserSubject(
        str(folder / "records.rs"),
        header=str(folder / "record.h") if header else None,
        entry="long next_record(const unsigned char *, size_t, struct record *)",
        fields=["type", "length"],
        spans={"payload": "length"},
        oracle=oracle,
    )


KINDS = {
    b"": None,
    b"a": None,
    b"a\2bb\3\1b": None,
    b"a\3bb": None,
    b"u\3bb": "consumed outside",
    b"r\2bb": "read outside",
    b"p\2bb": "crashed",
    b"c\2bb": "not in place",
}


def test_parser_of_rust_is_judged_as_one_of_c(tmp_path: Path) -> None:
    with ParserSession(parser(tmp_path)) as session:
        found = {data: session.case(data).finding for data in KINDS}
    assert {data: each and each.kind for data, each in found.items()} == KINDS


def test_parser_of_rust_needs_its_record_in_c(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^records\.rs: .* declared in C, .*header="):
        parser(tmp_path, header=False)


TRANSFER = """//! 101 and 102 bytes are flaws.
extern "C" { fn sendfile(out: i32, from: i32, at: *mut i64, count: usize) -> isize; }
#[no_mangle]
pub unsafe extern "C" fn send_file(
    out: i32, from: i32, offset: *mut i64, count: usize, moved: *mut usize
) -> i32 {
    *moved = 0;
    while *moved < count {
        let sent = sendfile(out, from, offset, count - *moved);
        if sent < 0 {
            let error = std::io::Error::last_os_error();
            if error.kind() == std::io::ErrorKind::Interrupted && count != 102 { continue; }
            return -1;
        }
        if sent == 0 { break; }
        *moved += if count == 101 { count } else { sent as usize };
    }
    0
}
"""


def test_transfer_of_rust_is_judged_as_one_of_c(tmp_path: Path) -> None:
    (tmp_path / "send.rs").write_text(TRANSFER)
    made = TransferSubject("send", tmp_path / "send.rs", entry="send_file")
    steps = [(Step(Action.CAP, 20),), (Step(Action.ERRNO, errno.EINTR),)]
    asked = [Case(size=count, count=count) for count in (100, 101, 102)]
    with Host(made) as host:
        right = [
            [host.run_one(case.with_(steps=each)).broken == Clause(0) for each in steps]
            for case in asked
        ]
    assert right == [[True, True], [False, True], [True, False]]
