"""The description of send.c: which descriptors it is for."""

from pathlib import Path

from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget

send_file = TransferSubject(
    "send_file",
    Path(__file__).with_name("send.c"),
    entry="send_file",
    contract=Contract(
        sources=frozenset({Source.FILE}),
        sinks=frozenset({Sink.TCP, Sink.UNIX}),
        blocking=True,
        quiet_process=True,
        exact_after_error=False,
    ),
)
TARGETS = [TransferTarget(send_file)]
