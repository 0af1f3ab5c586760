"""What usually cures a kind of finding of which no rule of ``diagnosis`` knows more."""

from __future__ import annotations

from collections.abc import Mapping

_CHECK = (
    "compare every length and offset that the input claims with the bytes that are left, "
    "before anything is read there"
)

CURES: Mapping[str, str] = {
    "uninitialised read": "write it before the store that lets others see it, let that store be a "
    "release and the load that sees it an acquire; or allocate it with calloc",
    "wild access": "look whether the pointer is there before it is used, or wait until it is",
    "arithmetic fault": "load the divisor once, and look at it before dividing",
    "invalid free": "free what malloc returned, and nothing else",
    "misuse": "let the thread that locked it unlock it, and let nobody use it before it is made or "
    "after it is destroyed",
    "uncaught exception": "catch it in the thread that throws it, or hand it on with "
    "std::exception_ptr",
    "leak": "free it where the last pointer to it goes, or say whose it is",
    "stack overflow": "bound the depth, or keep what is pending on the heap",
    "livelock": "write what the loop waits for on every way, or end the loop another way",
    "non-linearizable history": "all that a call reads and writes must take effect at one moment "
    "between its begin and its end: by one atomic access that decides, by reading again until "
    "nothing has changed in between, or under a lock",
    "forbidden outcome": "all that a call reads and writes must take effect at one moment: by one "
    "atomic access that decides, by reading again until nothing has changed in between, or under "
    "a lock",
    "broken invariant": "what the invariant joins must change in one step, or be put right before "
    "the call returns",
    "short transfer": "0 says that all bytes were moved, and a call may move fewer than asked for "
    "at any time: call again for what is left, from where it stopped, until all is moved or the "
    "source has ended",
    "wrong count": "add what each call returned, and nothing else: what was asked for is not yet "
    "moved",
    "wrong bytes": "advance by exactly what the call returned; what was read and not yet written "
    "must be written first",
    "wrong error": "EINTR and EAGAIN are no final answers: try again, or wait with poll() first; "
    "hand on any other errno as it is",
    "wrong offset": "set the offset to start + moved, also after an error",
    "spinning": "wait with poll() for the descriptor that said EAGAIN before the next call",
    "SIGPIPE": "send with MSG_NOSIGNAL; around calls that have no such flag, block SIGPIPE in this "
    "thread and take it back",
    "descriptor leak": "close on every way out, those of errors too",
    "late last byte": "leave MSG_MORE, SPLICE_F_MORE and TCP_CORK off for the last piece",
    "source not copied": "the receiver may still refer to the source's own pages: copy, or wait "
    "until they are sent",
    "tried again": "the kernel says some errors once: EIO, ENOSPC and EPIPE are final",
    "changed O_NONBLOCK": "ask with MSG_DONTWAIT or SPLICE_F_NONBLOCK, and leave the descriptor "
    "as it was",
    "read outside": _CHECK,
    "depends outside": _CHECK,
    "pointer outside": _CHECK,
    "consumed outside": "never claim more bytes than were given",
    "too many": "every record must take at least one byte of the input",
    "no end": "every round must take at least one byte, or end",
    "undefined": "copy bytes into a variable (memcpy) in place of a cast, and compare before "
    "adding or shifting",
    "unset": "set every field of a record on every way, and keep nothing from call to call",
    "depends on pieces": "keep what is half read until the next piece, however short that is",
    "stack": "bound the depth, or keep a stack of your own on the heap",
    "input changed": "work on a copy, or say that the input is consumed",
}  # fmt: skip
