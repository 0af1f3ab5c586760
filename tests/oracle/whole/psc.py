"""The axiom of rc11 about sequentially consistent accesses and fences, as the paper writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .event import ROOM, bits

if TYPE_CHECKING:
    from .partial import Partial


def psc_holds(partial: Partial) -> bool:
    """rc11: ``psc_base ∪ psc_F`` is acyclic, as the paper writes it."""
    events = partial.events
    one_order = [e for e in events.values() if e.is_sc]
    if len(one_order) < 2:
        return True
    hb = dict.fromkeys(events, 0)
    for number, before in partial.hb.items():
        for earlier in bits(before):
            hb[earlier] |= 1 << number
    same = dict.fromkeys(partial.mo, 0)
    for event in events.values():
        if event.location:
            same[event.location] |= 1 << event.number
    sb, changing = {}, {}
    for number, event in events.items():
        end = event.thread * ROOM + partial.count[event.thread]
        sb[number] = (1 << end) - (1 << number + 1)
        changing[number] = sb[number] & ~same.get(event.location, 0)
    through = {n: _image(changing, _image(hb, changing[n])) for n in events}
    later = _later_writes(partial)
    scb = {
        n: sb[n] | through[n] | hb[n] & same.get(e.location, 0) | later[n]
        for n, e in events.items()
    }
    eco = {n: _with_readers(partial, n, later[n]) for n in events}
    fences = [e.number for e in one_order if e.kind == "F"]
    wanted = sum(1 << e.number for e in one_order)
    psc = {}
    for event in one_order:
        number = event.number
        begin = 1 << number | (hb[number] if event.kind == "F" else 0)
        reached = _image(scb, begin)
        psc[number] = reached & wanted
        from_fence = (
            hb[number] | _image(hb, _image(eco, hb[number])) if event.kind == "F" else 0
        )
        for fence in fences:
            if reached & (partial.hb[fence] | 1 << fence) or from_fence >> fence & 1:
                psc[number] |= 1 << fence
    return _acyclic(psc)


def _image(relation: dict[int, int], start: int) -> int:
    """What a set is related to."""
    reached = 0
    for number in bits(start):
        reached |= relation[number]
    return reached


def _later_writes(partial: Partial) -> dict[int, int]:
    """``mo ∪ rb``: from each access to the writes behind what it wrote or read."""
    later = dict.fromkeys(partial.events, 0)
    for order in partial.mo.values():
        behind = 0
        for write in reversed(order):
            readers = partial.readers.get(write, 0)
            for reader in bits(readers):
                later[reader] |= behind & ~(1 << reader)
            if write >= 0:
                later[write] |= behind
                behind |= 1 << write
    return later


def _with_readers(partial: Partial, number: int, writes: int) -> int:
    """``eco``: the writes behind, what reads them, and what reads the event itself."""
    reached = writes | partial.readers.get(number, 0)
    for write in bits(writes):
        reached |= partial.readers.get(write, 0)
    return reached


def _acyclic(relation: dict[int, int]) -> bool:
    reach = dict(relation)
    for k in relation:
        for number in relation:
            if reach[number] >> k & 1:
                reach[number] |= reach[k]
    return not any(reach[n] >> n & 1 for n in relation)
