"""Every way in which an execution may go on by one access or fence of a thread."""

from __future__ import annotations

from collections.abc import Iterator

from .event import Event
from .partial import Partial
from .steps import Step, changed, evaluate


def choices(partial: Partial, thread: int, step: Step) -> Iterator[Partial]:
    """Every way in which the thread may take the shared access or fence."""
    number = partial.number(thread)
    if step.kind == "fence":
        yield _added(partial, thread, Event(number, "F", order=step.order))
        return
    order = partial.mo[step.location]
    if step.kind == "write":
        value = evaluate(step.value, partial.registers[thread])
        yield _added(
            partial, thread, Event(number, "W", step.location, written=value), len(order)
        )
        return
    if step.kind == "read":
        source = order[-1]
        found = partial.value(source)
        event = Event(number, "R", step.location, read=found, source=source)
        yield _added(partial, thread, event, register=step.register)
        return
    floor = partial.floor(step.location, partial.now[thread])
    if step.kind == "store":
        value = evaluate(step.value, partial.registers[thread])
        event = Event(number, "W", step.location, step.order, written=value)
        for place in range(floor + 1, len(order) + 1):
            if not partial.update_after(step.location, place - 1):
                yield _added(partial, thread, event, place)
        return
    for place in range(floor, len(order)):
        yield from _read(partial, thread, step, place)


def _read(partial: Partial, thread: int, step: Step, place: int) -> Iterator[Partial]:
    """The load or update that reads the write at a place of mo, if it may."""
    source = partial.mo[step.location][place]
    found = partial.value(source)
    registers = partial.registers[thread]
    if step.guard and not step.guard(found, registers):
        return
    for written in step.change(found, registers) if step.change else (None,):
        yield from _read_and_written(partial, thread, step, place, written)


def _read_and_written(
    partial: Partial, thread: int, step: Step, place: int, written: int | None
) -> Iterator[Partial]:
    source = partial.mo[step.location][place]
    found, number = partial.value(source), partial.number(thread)
    locked = step.change is not None
    if written is None:
        order = step.order_fail if locked else step.order
        locked = locked and not step.tries
        event = Event(number, "R", step.location, order, found, None, source, locked)
        made = _added(partial, thread, event, register=step.register)
    elif partial.update_after(step.location, place):
        return
    else:
        event = Event(
            number, "U", step.location, step.order, found, written, source, True
        )
        made = _added(partial, thread, event, place + 1, register=step.register)
    registers = changed(made.registers[thread], step.got, int(written is not None))
    wrote = found if written is None else written
    made.registers[thread] = changed(registers, step.wrote, wrote)
    if made.coherent_read(event):
        yield made


def _added(
    partial: Partial,
    thread: int,
    event: Event,
    place: int | None = None,
    *,
    register: int | None = None,
) -> Partial:
    made = partial.copy()
    made.add(event, place)
    made.at[thread] += 1
    if register is not None and event.read is not None:
        made.registers[thread] = changed(made.registers[thread], register, event.read)
    return made
