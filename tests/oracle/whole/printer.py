"""Whole programs as C: many in one file, the argument of its ``main`` says which one runs.

Shared objects are plain ``int`` accessed with the compilers' atomic built-ins, so that atomic and
ordinary accesses can meet. Behind each ordinary access the compiler may carry nothing over in a
register, so that every access of the text is one of the program. What else there is to choose in
C is chosen by the program's words (``words``); ``phrases`` has the statements, here are blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from .channel_phrases import prepared
from .channel_statements import Count, FutexAwait, FutexWait, FutexWake
from .head import HEAD
from .phrases import Phrases, in_memory
from .program import (
    BARRIER,
    CHECKING,
    ONCE,
    OWN_POINTER,
    RECURSIVE,
    RWLOCK,
    SEMAPHORE,
    Acquire,
    Block,
    Bounded,
    If,
    IfPointer,
    Join,
    Leave,
    Locked,
    Meet,
    Once,
    OwnRead,
    OwnWrite,
    PlainRead,
    PlainWrite,
    Post,
    Repeat,
    RwLocked,
    Spawn,
    Spinning,
    Statement,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Whole,
    registers_used,
)
from .words import Words, replaced

SPINNING = {
    "exchange": (
        "while (__atomic_exchange_n(&lk, 1, __ATOMIC_ACQUIRE)) ;",
        "__atomic_store_n(&lk, 0, __ATOMIC_RELEASE);",
    ),
    "cas": (
        "for (int none = 0; !__atomic_compare_exchange_n(&lk, &none, 1, 0, __ATOMIC_ACQUIRE, "
        "__ATOMIC_RELAXED); none = 0) ;",
        "__atomic_store_n(&lk, 0, __ATOMIC_RELEASE);",
    ),
    "add": (
        "while (__atomic_fetch_add(&lk, 1, __ATOMIC_ACQUIRE) != 0) "
        "__atomic_fetch_sub(&lk, 1, __ATOMIC_RELAXED);",
        "__atomic_fetch_sub(&lk, 1, __ATOMIC_RELEASE);",
    ),
    "ticket": (
        "int me = __atomic_fetch_add(&tk, 1, __ATOMIC_RELAXED); "
        "while (__atomic_load_n(&sv, __ATOMIC_ACQUIRE) != me) ;",
        "__atomic_store_n(&sv, me + 1, __ATOMIC_RELEASE);",
    ),
}


def to_c(programs: Sequence[Whole]) -> str:
    """One file; program number N of it runs as ``main N``."""
    lines = [HEAD]
    for number, program in enumerate(programs):
        lines += _Text(program, f"p{number}_").program_text()
    lines.append("int main(int argc, char **argv) {")
    lines.append("    make_others();")
    lines.append("    switch (argc == 2 ? atoi(argv[1]) : -1) {")
    for number in range(len(programs)):
        lines.append(
            f"    case {number}: {_prepared(programs[number], f'p{number}_')}"
            f"p{number}_t0(NULL); return 0;"
        )
    lines += ["    default: return 2;", "    }", "}", ""]
    return "\n".join(lines)


def _prepared(program: Whole, prefix: str) -> str:
    """What ``main`` has to set up for the program."""
    kinds = {type(statement) for statement in program.statements()}
    text = prepared(program)
    if kinds & {Post, Acquire, Count}:
        text += f"sem_init(&{SEMAPHORE}, 0, {program.posted}); "
    if Meet in kinds:
        text += f"pthread_barrier_init(&{BARRIER}, NULL, {program.parties}); "
    if any(
        isinstance(s, Unlock) or getattr(s, "mutex", "") in (CHECKING, RECURSIVE)
        for s in program.statements()
    ):
        text += "make_mutexes(); "
    words = fitting(program)
    if words.own == "key" and kinds & {OwnRead, OwnWrite}:
        destructor = f"{prefix}ends" if program.destructor else "NULL"
        c11 = words.threads == "c11"
        text += "tss_create(&tss_key" if c11 else "pthread_key_create(&key"
        text += f", {destructor}); "
    return text


def fitting(program: Whole) -> Words:
    """The program's words, plainer where it does what they have no word for."""
    words, statements = program.words, list(program.statements())
    reads = (PlainRead, PlainWrite)
    if words.atomic == "_Atomic int" and any(
        isinstance(s, reads) and s.variable in ("x", "y", "z") for s in statements
    ):
        words = replaced(words, "atomic")
    if any(isinstance(s, Wait | TimedWait) or getattr(s, "timed", 0) for s in statements):
        words = replaced(words, "mutex")
    if any(isinstance(s, FutexWait | FutexWake | FutexAwait) for s in statements):
        words = replaced(words, "atomic")
    if program.destructor:
        words = replaced(words, "own", "key")
    return words


@dataclass
class _Text:
    program: Whole
    prefix: str
    once: list[Once] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)  # functions of blocks
    result: str = ""  # the statement that stores what the registers hold
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.words = fitting(self.program)
        self.phrases = Phrases(self.words, self.prefix)
        self.c11 = self.words.threads == "c11"
        self.returns = "int " if self.c11 else "void *"
        self.in_memory = self.words.registers == "shared" or self.words.blocks != "inline"
        self.in_memory |= self.words.loops == "recursion"

    def program_text(self) -> Iterator[str]:
        """All functions of the program."""
        threads = range(len(self.program.threads))
        for thread in threads[1:]:
            yield f"static {self.returns}{self.prefix}t{thread}(void *);"
        starts = ", ".join(f"{self.prefix}t{thread}" for thread in threads[1:])
        yield f"{self.returns}(*const {self.prefix}starts[])(void *) = {{NULL, {starts}}};"
        self.once = [s for s in self.program.statements() if isinstance(s, Once)]
        functions: list[str] = []
        for index, statement in enumerate(self.once):
            name = f"{self.prefix}once{index}(void)"
            yield f"static void {name};"
            functions += self.routine(name, statement.body)
        if self.program.destructor:
            name = f"{self.prefix}ends(void *unused)"
            functions += self.routine(name, self.program.destructor)
        for thread in threads:
            functions += self.thread(thread)
        yield from self.apart
        yield from functions

    def routine(self, name: str, body: Block) -> Iterator[str]:
        yield f"static void {name} {{"
        yield "    struct registers *at = NULL;"
        yield from self.block(body, "    ")
        yield "    (void)at;"
        yield "}"

    def thread(self, thread: int) -> Iterator[str]:
        """The function of one thread."""
        yield f"static {self.returns}{self.prefix}t{thread}(void *unused) {{"
        names = [f"r{i}" for i in range(registers_used(self.program))]
        if self.words.registers == "shared":
            yield f"    struct registers *at = &all[{thread}];"
        elif self.in_memory:
            yield "    struct registers mine = {0}, *at = &mine;"
        else:
            for name in names:
                yield f"    int {name} = 0;"
        result = " + ".join(f"(unsigned){name} * {7**i}u" for i, name in enumerate(names))
        self.result = (
            f"__atomic_store_n(&res{thread}, (int)({result}), __ATOMIC_RELAXED);"
        )
        yield from self.placed(self.block(self.program.threads[thread], "    "))
        yield from self.placed([f"    {self.result}"])
        value = "r0" if self.c11 else "(void *)(intptr_t)r0"
        yield from self.placed([f"    (void)unused; return {value};"])
        yield "}"

    def placed(self, lines: Iterator[str] | list[str]) -> Iterator[str]:
        """The lines with registers where they are."""
        for line in lines:
            yield in_memory(line) if self.in_memory else line

    def block(self, block: Block, indent: str) -> Iterator[str]:
        """Statements, each on a line of its own; neighbours of one kind perhaps in a loop."""
        at = 0
        while at < len(block):
            run = self.run_of(block, at) if self.words.creating == "loop" else 1
            if run > 1:
                yield from self.together(block[at : at + run], indent)
            else:
                yield from self.statement(block[at], indent)
            at += run

    def run_of(self, block: Block, at: int) -> int:
        """How many creations or joins of threads one after the other begin here."""
        first, run = block[at], 1
        if not (isinstance(first, Spawn) or first == Join(getattr(first, "thread", 0))):
            return 1
        kind = Spawn if isinstance(first, Spawn) else Join
        while block[at + run : at + run + 1] == (kind(first.thread + run),):
            run += 1
        return run

    def together(self, block: Block, indent: str) -> Iterator[str]:
        first = block[0]
        assert isinstance(first, Spawn | Join)
        i = f"i{next(self.numbers)}"
        call = self.phrases.join(i)
        if isinstance(first, Spawn):
            call = self.phrases.create(i, f"{self.prefix}starts[{i}]")
        last = first.thread + len(block)
        yield f"{indent}for (int {i} = {first.thread}; {i} < {last}; {i}++) {call}"

    def statement(self, statement: Statement, indent: str) -> Iterator[str]:
        """One statement with what it contains."""
        match statement:
            case If(register, constant, then, otherwise):
                yield from self.branch(register, constant, then, otherwise, indent)
            case IfPointer(body):
                yield from self.inside(f"if ({OWN_POINTER})", body, indent)
            case Repeat(times, body, register, constant):
                yield from self.loop(
                    str(times), body, f"{register} == {constant}", indent
                )
            case Bounded(register, body):
                yield f"{indent}{{ int most = (int)((unsigned){register} % 3u);"
                yield from self.loop("most", body, "", indent)
                yield f"{indent}}}"
            case Leave():
                yield f"{indent}{self.result}"
                value = (
                    "thrd_exit(r0)" if self.c11 else "pthread_exit((void *)(intptr_t)r0)"
                )
                yield f"{indent}{value};"
            case Once():
                index = next(i for i, once in enumerate(self.once) if once == statement)
                call = f"call_once(&flag_{ONCE}" if self.c11 else f"pthread_once(&{ONCE}"
                yield f"{indent}{call}, {self.prefix}once{index});"
            case Spinning() | Locked() | TryLocked() | TakeInLoop() | RwLocked():
                yield from self.holding(statement, indent)
            case _:
                yield f"{indent}{self.phrases.said(statement)}"

    def holding(
        self,
        statement: Spinning | Locked | TryLocked | TakeInLoop | RwLocked,
        indent: str,
    ) -> Iterator[str]:
        """A block with a lock held."""
        call = self.phrases.mutex
        match statement:
            case Spinning(kind, body):
                take, release = SPINNING[kind]
                yield f"{indent}{{ {take}"
                yield from self.inside("", body, indent)
                yield f"{indent}    {release} }}"
            case Locked(mutex, body):
                head = f"{call('lock', mutex)};"
                if mutex in (CHECKING, RECURSIVE):
                    head = f"if ({head[:-1]} == 0)"
                yield from self.inside(head, body, indent, f"{call('unlock', mutex)};")
            case TryLocked(mutex, body, timed, otherwise):
                tried = call("trylock", mutex)
                if timed:
                    tried = call("timedlock", mutex, ", &soon")
                end = f"{call('unlock', mutex)};"
                yield from self.inside(f"if ({tried} == 0)", body, indent, end)
                if otherwise:
                    yield from self.inside("else", otherwise, indent)
            case TakeInLoop(mutex, body):
                yield f"{indent}while ({call('trylock', mutex)} != 0) ;"
                yield from self.inside("", body, indent, f"{call('unlock', mutex)};")
            case RwLocked(body, writes, tries, timed):
                how = ("timed" if timed else "try") if tries else ""
                name = f"pthread_rwlock_{how}{'wr' if writes else 'rd'}lock"
                until = ", &soon" if tries and timed else ""
                head = f"if ({name}(&{RWLOCK}{until}) == 0)"
                end = f"pthread_rwlock_unlock(&{RWLOCK});"
                yield from self.inside(head, body, indent, end)

    def branch(
        self, register: str, constant: int, then: Block, otherwise: Block, indent: str
    ) -> Iterator[str]:
        """A block or another one."""
        if self.words.branches == "switch":
            yield f"{indent}switch ({register}) {{"
            yield from self.inside(f"case {constant}:", then, indent, after="break;")
            if otherwise:
                yield from self.inside("default:", otherwise, indent, after="break;")
            yield f"{indent}}}"
        elif self.words.branches == "goto":
            label = next(self.numbers)
            yield f"{indent}if ({register} != {constant}) goto other{label};"
            yield from self.inside("", then, indent)
            yield f"{indent}goto end{label};"
            yield f"{indent}other{label}: ;"
            yield from self.inside("", otherwise, indent)
            yield f"{indent}end{label}: ;"
        else:
            yield from self.inside(f"if ({register} == {constant})", then, indent)
            if otherwise:
                yield from self.inside("else", otherwise, indent)

    def loop(self, times: str, body: Block, ends: str, indent: str) -> Iterator[str]:
        """So many rounds of a block, none more after one at whose end something holds."""
        leave = f"if ({ends}) break;" if ends else ""
        match self.words.loops:
            case "while":
                yield f"{indent}{{ int round = 0;"
                yield from self.inside(
                    f"while (round++ < {times})", body, indent, after=leave
                )
                yield f"{indent}}}"
            case "do":
                yield f"{indent}if (0 < {times}) {{ int round = 0; do {{"
                yield from self.inside("", body, indent, after=leave)
                yield f"{indent}}} while (++round < {times}); }}"
            case "goto":
                label, going = next(self.numbers), f"!({ends})" if ends else "1"
                yield f"{indent}{{ int round = 0;"
                head = f"more{label}: if (round < {times})"
                end = f"round++; if ({going}) goto more{label};"
                yield from self.inside(head, body, indent, after=end)
                yield f"{indent}}}"
            case "recursion":
                name = f"{self.prefix}again{next(self.numbers)}"
                inner = list(self.inside("if (left)", body, "    "))
                end = f"if (left > 1 && !({ends or 0})) {name}(at, left - 1);"
                head = f"APART void {name}(struct registers *at, int left)"
                self.apart += [f"{head} {{", *self.placed([*inner, f"    {end}"]), "}"]
                yield f"{indent}{name}(at, {times});"
            case _:
                head = f"for (int round = 0; round < {times}; round++)"
                yield from self.inside(head, body, indent, after=leave)

    def inside(
        self, head: str, body: Block, indent: str, end: str = "", after: str = ""
    ) -> Iterator[str]:
        """A block in braces, or a call of a function with it; behind it what ends it."""
        yield f"{indent}{head} {{"
        lines = list(self.block(body, indent + "    "))
        if self.words.blocks != "inline" and lines:
            lines = [f"{indent}    {self.function_of(lines)}(at);"]
        yield from lines
        for text in (end, after):
            if text:
                yield f"{indent}    {text}"
        yield f"{indent}}}"

    def function_of(self, lines: list[str]) -> str:
        """What to call for the lines, in a function now."""
        name = f"{self.prefix}block{next(self.numbers)}"
        head = f"APART void {name}(struct registers *at)"
        self.apart += [f"{head} {{", *self.placed(lines), "}"]
        if self.words.blocks == "function":
            return name
        self.apart.append(f"void (*{name}_called)(struct registers *) = {name};")
        return f"{name}_called"
