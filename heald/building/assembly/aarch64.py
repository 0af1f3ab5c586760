"""Inline assembly of AArch64: barriers are modelled, what touches memory is refused by name.

Why       The compiler's hooks do not announce what an author's own instructions do. Taken as
          nothing, a lock written in them would be a false race, a race in them a pass.
How       What stands between the compiler's marks is read instruction by instruction. Full and
          acquire barriers become calls into the explorer
          (csrc/explore/calls/assembly_calls.c); registers alone stay as they are; for
          everything else stands a call that refuses it, where it is reached.
Not       What the compiler itself expands after it has instrumented (structures by value,
          block moves): on AArch64 that is not looked at.
"""

from __future__ import annotations

import re

_BARRIERS = re.compile(r"dmb\s+(?P<what>sy|ish|osh|nsh|ld|ishld|oshld|nshld)$")
_HARMLESS = re.compile(
    r"(nop|yield|wfe|wfi|sevl?|isb|prfm|mov[kzn]?|adds?|subs?|ands?|bics?|orr|orn|eor|eon|"
    r"lsl|lsr|asr|ror|cmp|cmn|ccmp|tst|cset|csetm|csel|csinc|csinv|csneg|cinc|negs?|mvn|"
    r"clz|cls|rbit|rev(16|32|64)?|[us]bfx|[us]bfm|bfi|bfxil|[us]xt[bhw]|u?s?m?mul|m(add|sub)|"
    r"[us]div|[us]mulh|extr|adrp?|crc32\w*)$"
)
_JUMP = re.compile(r"(cbn?z|tbn?z|b(\.\w+)?)\s(.*,\s*)?(\d+[bf]|\.L\w+)$")
_EMITS = re.compile(r"\.(byte|[248]byte|hword|word|long|quad|xword|inst|ascii|incbin)\b")
_SECTION = re.compile(r"\.(pushsection|section|subsection)\b(?P<rest>.*)")
_BACK = re.compile(r"\.(popsection|previous|text)\b")
_MARK = re.compile(r"\s*(#|//)\s*(?P<no>NO_)?APP\b")
_SPLIT = re.compile(r"/\*.*?\*/|//.*|^\s*#\s.*")
ACQUIRE, SEQ_CST = 2, 5


def rewrite(text: str) -> str:
    """Return the assembly with calls in the place of what the author wrote."""
    file = _File()
    lines = [file.line(line) for line in text.split("\n")]
    return "\n".join([*lines, *file.strings()])


class _File:
    def __init__(self) -> None:
        self.is_inline = False
        self.sections: list[bool] = []
        self.refused: list[str] = []

    def line(self, line: str) -> str:
        mark = _MARK.match(line)
        if mark:
            self.is_inline = not mark["no"]
            self.sections.clear()
            return line
        return self.inline(line) if self.is_inline else line

    def inline(self, line: str) -> str:
        parts = _SPLIT.sub(" ", line).split(";")
        return "\n".join(self.part(part.strip()) for part in parts)

    def part(self, part: str) -> str:
        label = re.match(r"[\w.$]+\s*:\s*", part)
        if label:
            return label[0] + "\n" + self.part(part[label.end() :])
        if not part:
            return ""
        return self.directive(part) if part[0] == "." else self.instruction(part)

    def directive(self, part: str) -> str:
        section = _SECTION.match(part)
        if section:
            is_code = re.search(r'\.text|"\w*x\w*"|^\s*\d', section["rest"])
            self.sections.append(is_code is not None)
        elif _BACK.match(part):
            self.sections[-1:] = []
        is_code_here = not self.sections or self.sections[-1]
        return self.refuse(part) if _EMITS.match(part) and is_code_here else "\t" + part

    def instruction(self, part: str) -> str:
        part = " ".join(part.split())
        barrier = _BARRIERS.match(part.lower())
        if barrier:
            return _fence(ACQUIRE if barrier["what"].endswith("ld") else SEQ_CST)
        is_harmless = _HARMLESS.match(part.split()[0].lower()) or _JUMP.match(part)
        return "\t" + part if is_harmless else self.refuse(part)

    def refuse(self, part: str) -> str:
        self.refused.append(part)
        text = f".Lheald_text_{len(self.refused) - 1}"
        return (
            f"\tadrp\tx0, {text}\n\tadd\tx0, x0, :lo12:{text}\n"
            "\tbl\t__heald_assembly_refused"
        )

    def strings(self) -> list[str]:
        if not self.refused:
            return []
        lines = ['\t.section\t.rodata.heald,"a",@progbits']
        for number, text in enumerate(self.refused):
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            lines += [f".Lheald_text_{number}:", f'\t.string\t"{quoted}"']
        return [*lines, ""]


def _fence(order: int) -> str:
    """Return a call that keeps all registers: those that calls may change lie on the stack."""
    return (
        "\tstp\tx16, x17, [sp, #-32]!\n\tstr\tx30, [sp, #16]\n"
        f"\tbl\t__heald_assembly_fence_{order}\n"
        "\tldr\tx30, [sp, #16]\n\tldp\tx16, x17, [sp], #32"
    )
