"""Whole programs as C: many in one file, the argument of its ``main`` says which one runs.

Shared objects are plain ``int`` accessed with the compilers' atomic built-ins, so that atomic and
ordinary accesses can meet. Behind each ordinary access the compiler may carry nothing over in a
register, so that every access of the text is one of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value

from .program import (
    ATOMIC_ROW,
    ATOMICS,
    BARRIER,
    CHECKING,
    CONDITION,
    FIELDS,
    MUTEXES,
    ONCE,
    PLAIN,
    POINTERS,
    RECURSIVE,
    ROW,
    RWLOCK,
    SEMAPHORE,
    SERVED,
    SPIN,
    STRUCTURES,
    TICKET,
    Acquire,
    AddInLoop,
    Allocate,
    Assert,
    Await,
    Block,
    Bounded,
    Clear,
    CopyNode,
    CopyStructure,
    Detach,
    Exit,
    FieldRead,
    FieldWrite,
    Free,
    If,
    Join,
    Leave,
    Locked,
    LookInLoop,
    Meet,
    Once,
    OwnRead,
    OwnWrite,
    PlainRead,
    PlainWrite,
    Post,
    Reallocate,
    Repeat,
    RowRead,
    RowWrite,
    RwLocked,
    Spawn,
    Spinning,
    Statement,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Wake,
    Whole,
    registers_used,
)

ORDERS = {
    Order.RLX: "__ATOMIC_RELAXED",
    Order.CON: "__ATOMIC_CONSUME",
    Order.ACQ: "__ATOMIC_ACQUIRE",
    Order.REL: "__ATOMIC_RELEASE",
    Order.AR: "__ATOMIC_ACQ_REL",
    Order.SC: "__ATOMIC_SEQ_CST",
}
THREADS = 8
HEAD = f"""\
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
/* Every access and fence stays, and is not made another: where nobody uses a result, too. */
#define STAY() __asm__ volatile("" : : : "memory")
#define USED(value) __asm__ volatile("" : : "r"(value))
int {", ".join((*ATOMICS, *PLAIN))}, {ROW}[2], {ATOMIC_ROW}[2], {SPIN}, {TICKET}, {SERVED};
static _Thread_local int t;
int {", ".join(f"res{i}" for i in range(THREADS))};
struct node {{ int {", ".join(FIELDS)}; }} *{", *".join(POINTERS)}, {", ".join(STRUCTURES)};
pthread_t {", ".join(f"h{i}" for i in range(THREADS))};
pthread_mutex_t {", ".join(f"{m} = PTHREAD_MUTEX_INITIALIZER" for m in MUTEXES)};
pthread_mutex_t {CHECKING}, {RECURSIVE};
pthread_rwlock_t {RWLOCK} = PTHREAD_RWLOCK_INITIALIZER;
pthread_cond_t {CONDITION} = PTHREAD_COND_INITIALIZER;
pthread_once_t {ONCE} = PTHREAD_ONCE_INIT;
pthread_barrier_t {BARRIER};
sem_t {SEMAPHORE};
static const struct timespec soon = {{0, 1}};
static void look(void) {{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
}}
static const struct timespec *in_a_second(void) {{
    static _Thread_local struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return &until;
}}
static void make_mutexes(void) {{
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_settype(&how, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&{CHECKING}, &how);
    pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&{RECURSIVE}, &how);
}}
"""

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
        prefix = f"p{number}_"
        lines += [
            f"static void *{prefix}t{thread}(void *);"
            for thread in range(1, len(program.threads))
        ]
        once = [s for s in program.statements() if isinstance(s, Once)]
        for index, statement in enumerate(once):
            lines += _routine(f"{prefix}once{index}", statement)
        for thread in range(len(program.threads)):
            lines += _Text(program, prefix, once).thread(thread)
    lines.append("int main(int argc, char **argv) {")
    lines.append("    switch (argc == 2 ? atoi(argv[1]) : -1) {")
    for number in range(len(programs)):
        lines.append(
            f"    case {number}: {_prepared(programs[number])}p{number}_t0(NULL); return 0;"
        )
    lines += ["    default: return 2;", "    }", "}", ""]
    return "\n".join(lines)


def _prepared(program: Whole) -> str:
    """What ``main`` has to set up for the program."""
    kinds = {type(statement) for statement in program.statements()}
    text = ""
    if kinds & {Post, Acquire}:
        text += f"sem_init(&{SEMAPHORE}, 0, {program.posted}); "
    if Meet in kinds:
        text += f"pthread_barrier_init(&{BARRIER}, NULL, {program.parties}); "
    if any(
        isinstance(s, Unlock) or getattr(s, "mutex", "") in (CHECKING, RECURSIVE)
        for s in program.statements()
    ):
        text += "make_mutexes(); "
    return text


def _routine(name: str, once: Once) -> Iterator[str]:
    yield f"static void {name}(void) {{"
    for statement in once.body:
        yield f"    {_simple(statement, '')}"
    yield "}"


@dataclass
class _Text:
    program: Whole
    prefix: str
    once: list[Once]
    result: str = ""  # the statement that stores what the registers hold

    def thread(self, thread: int) -> Iterator[str]:
        """The function of one thread."""
        yield f"static void *{self.prefix}t{thread}(void *unused) {{"
        names = [f"r{i}" for i in range(registers_used(self.program))]
        for name in names:
            yield f"    int {name} = 0;"
        result = " + ".join(f"(unsigned){name} * {7**i}u" for i, name in enumerate(names))
        self.result = (
            f"__atomic_store_n(&res{thread}, (int)({result}), __ATOMIC_RELAXED);"
        )
        yield from self.block(self.program.threads[thread], "    ")
        yield f"    {self.result}"
        yield "    return unused;"
        yield "}"

    def block(self, block: Block, indent: str) -> Iterator[str]:
        """Statements, each on a line of its own."""
        for statement in block:
            yield from self.statement(statement, indent)

    def statement(  # noqa: C901  one case each
        self, statement: Statement, indent: str
    ) -> Iterator[str]:
        """One statement with what it contains."""
        match statement:
            case If(register, constant, then, otherwise):
                yield from self.inside(f"if ({register} == {constant})", then, indent)
                if otherwise:
                    yield from self.inside("else", otherwise, indent)
            case Repeat(times, body, register, constant):
                head = f"for (int round = 0; round < {times}; round++)"
                end = f"if ({register} == {constant}) break;"
                yield from self.inside(head, body, indent, end)
            case Bounded(register, body):
                bound = f"int most = (int)((unsigned){register} % 3u);"
                head = f"{{ {bound} for (int round = 0; round < most; round++)"
                yield from self.inside(head, body, indent)
                yield f"{indent}}}"
            case Spinning(kind, body):
                take, release = SPINNING[kind]
                yield f"{indent}{{ {take}"
                yield from self.block(body, indent + "    ")
                yield f"{indent}    {release} }}"
            case Locked(mutex, body):
                head = f"pthread_mutex_lock(&{mutex});"
                if mutex in (CHECKING, RECURSIVE):
                    head = f"if (pthread_mutex_lock(&{mutex}) == 0)"
                yield from self.inside(
                    head, body, indent, f"pthread_mutex_unlock(&{mutex});"
                )
            case TryLocked(mutex, body, timed, otherwise):
                call = (
                    f"trylock(&{mutex})" if not timed else f"timedlock(&{mutex}, &soon)"
                )
                head = f"if (pthread_mutex_{call} == 0)"
                yield from self.inside(
                    head, body, indent, f"pthread_mutex_unlock(&{mutex});"
                )
                if otherwise:
                    yield from self.inside("else", otherwise, indent)
            case TakeInLoop(mutex, body):
                head = f"while (pthread_mutex_trylock(&{mutex}) != 0) ;"
                end = f"pthread_mutex_unlock(&{mutex});"
                yield f"{indent}{head}"
                yield from self.inside("", body, indent, end)
            case RwLocked(body, writes, tries, timed):
                how = ("timed" if timed else "try") if tries else ""
                call = f"pthread_rwlock_{how}{'wr' if writes else 'rd'}lock"
                until = ", &soon" if tries and timed else ""
                head = f"if ({call}(&{RWLOCK}{until}) == 0)"
                yield from self.inside(
                    head, body, indent, f"pthread_rwlock_unlock(&{RWLOCK});"
                )
            case Leave():
                yield f"{indent}{self.result}"
                yield f"{indent}pthread_exit(NULL);"
            case Once():
                index = next(i for i, once in enumerate(self.once) if once == statement)
                yield f"{indent}pthread_once(&{ONCE}, {self.prefix}once{index});"
            case _:
                yield f"{indent}{_simple(statement, self.prefix)}"

    def inside(self, head: str, body: Block, indent: str, end: str = "") -> Iterator[str]:
        """A block in braces."""
        yield f"{indent}{head} {{"
        yield from self.block(body, indent + "    ")
        if end:
            yield f"{indent}    {end}"
        yield f"{indent}}}"


def _simple(statement: Statement, prefix: str) -> str:  # noqa: C901, PLR0915  one case each
    match statement:
        case Load(register, location, order):
            load = f"__atomic_load_n(&{location}, {ORDERS[order]})"
            return f"{register} = {load}; USED({register});"
        case Await(location, value, order, between):
            load = f"__atomic_load_n(&{location}, {ORDERS[order]})"
            return f"while ({load} != {value}) {between};"
        case AddInLoop(register, location, order):
            load = f"__atomic_load_n(&{location}, __ATOMIC_RELAXED)"
            orders = f"{ORDERS[order]}, __ATOMIC_RELAXED"
            call = f"__atomic_compare_exchange_n(&{location}, &old, old + 1, 0, {orders})"
            return f"{{ int old = {load}; while (!{call}) ; {register} = old; }}"
        case LookInLoop(mutex, variable, value, timed, asks):
            if timed:
                until = "in_a_second()" if asks else "&soon"
                wait = f"pthread_cond_timedwait(&{CONDITION}, &{mutex}, {until})"
                loop = f"while ({variable} != {value}) {wait};"
                return f"pthread_mutex_lock(&{mutex}); {loop} pthread_mutex_unlock(&{mutex});"
            look = f"pthread_mutex_lock(&{mutex}); seen = {variable} == {value}; STAY();"
            loop = f"{look} pthread_mutex_unlock(&{mutex});"
            return f"{{ int seen; do {{ {loop} }} while (!seen); }}"
        case CopyStructure(to, source):
            return f"STAY(); {to} = {source}; STAY();"
        case Store(location, value, order):
            return f"__atomic_store_n(&{location}, {_value(value)}, {ORDERS[order]});"
        case Rmw(register, op, location, value, order):
            call = "exchange_n" if op == "exchange" else op
            arguments = f"&{location}, {_value(value)}, {ORDERS[order]}"
            return f"{register} = __atomic_{call}({arguments}); USED({register});"
        case Cas(register, location, expected, desired, success, failure):
            orders = f"{ORDERS[success]}, {ORDERS[failure]}"
            call = "__atomic_compare_exchange_n"
            arguments = f"&{location}, &found, {_value(desired)}, 0, {orders}"
            return (
                f"{{ int found = {expected}; {call}({arguments}); {register} = found; "
                f"USED({register}); }}"
            )
        case Fence(order):
            return f"__atomic_thread_fence({ORDERS[order]}); STAY();"
        case PlainRead(register, variable):
            return f"STAY(); {register} = {variable}; USED({register}); STAY();"
        case PlainWrite(variable, value):
            return f"{variable} = {_value(value)}; STAY();"
        case Spawn(thread):
            return f"pthread_create(&h{thread}, NULL, {prefix}t{thread}, NULL);"
        case Join(thread):
            return f"pthread_join(h{thread}, NULL);"
        case Wait(mutex, variable, value):
            wait = f"pthread_cond_wait(&{CONDITION}, &{mutex});"
            return f"while ({variable} == {value}) {wait}" if variable else wait
        case TimedWait(mutex, register):
            wait = f"pthread_cond_timedwait(&{CONDITION}, &{mutex}, &soon)"
            return f"{register} = {wait} != 0;"
        case Wake(everyone):
            return f"pthread_cond_{'broadcast' if everyone else 'signal'}(&{CONDITION});"
        case Post():
            return f"sem_post(&{SEMAPHORE});"
        case Acquire(_, _, timed, True):
            call = "sem_timedwait(&s, &soon)" if timed else "sem_trywait(&s)"
            return f"while ({call} != 0) ;"
        case Acquire(register, tries, timed, _):
            wait = f"sem_{'try' if tries and not timed else ''}{'timed' if timed else ''}wait"
            call = f"{wait}(&{SEMAPHORE}{', &soon' if timed else ''})"
            return f"{register} = {call} == 0;" if tries else f"{call};"
        case Meet():
            return f"pthread_barrier_wait(&{BARRIER});"
        case Allocate(pointer, at, cleared):
            size = f"sizeof(struct node) + {64 * at}"
            return (
                f"{pointer} = {f'calloc(1, {size})' if cleared else f'malloc({size})'};"
            )
        case FieldRead(register, pointer, field):
            return f"STAY(); {register} = {pointer}->{field}; USED({register}); STAY();"
        case FieldWrite(pointer, field, value):
            return f"{pointer}->{field} = {_value(value)}; STAY();"
        case Clear(pointer):
            return f"memset({pointer}, 0, sizeof *{pointer}); STAY();"
        case CopyNode(to, pointer):
            return f"*{to} = *{pointer}; STAY();"
        case Reallocate(pointer, at):
            return f"{pointer} = realloc({pointer}, sizeof(struct node) + {64 * at});"
        case Unlock(register):
            return f"{register} = pthread_mutex_unlock(&{CHECKING}) != 0;"
        case OwnRead(register):
            return f"STAY(); {register} = t; USED({register}); STAY();"
        case OwnWrite(value):
            return f"t = {_value(value)}; STAY();"
        case RowRead(register, index, order):
            at = f"[(unsigned){index} % 2u]"
            if order is None:
                return f"STAY(); {register} = {ROW}{at}; USED({register}); STAY();"
            load = f"__atomic_load_n(&{ATOMIC_ROW}{at}, {ORDERS[order]})"
            return f"{register} = {load}; USED({register});"
        case RowWrite(index, value, order):
            at = f"[(unsigned){index} % 2u]"
            if order is None:
                return f"{ROW}{at} = {_value(value)}; STAY();"
            return (
                f"__atomic_store_n(&{ATOMIC_ROW}{at}, {_value(value)}, {ORDERS[order]});"
            )
        case Free(pointer):
            return f"free({pointer});"
        case Exit(status, quick):
            return f"{'_exit' if quick else 'exit'}({status});"
        case Detach(thread):
            return f"pthread_detach(h{thread});"
        case Assert(register, constant):
            return f"assert({register} != {constant});"
    raise AssertionError(f"no C for {statement}")


def _value(value: Value) -> str:
    if value.register is None:
        return str(value.constant)
    return f"(int)((unsigned){value.register} + {value.constant}u)"
