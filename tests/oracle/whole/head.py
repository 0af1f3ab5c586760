"""What every file of whole programs begins with: its objects and the functions that all share."""

from __future__ import annotations

from .program import (
    ATOMIC_ROW,
    ATOMICS,
    BARRIER,
    CHECKING,
    CONDITION,
    FIELDS,
    MUTEXES,
    ONCE,
    OWN_POINTER,
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
    TOP,
)

THREADS = 8
#: Each type that x, y and z may have, and the end of their names then.
WIDTHS = {"int": "", "int8_t": "8", "int16_t": "16", "int64_t": "64", "_Atomic int": "_a"}


def _variables() -> str:
    return "\n".join(
        f"{width} {', '.join(name + end for name in ATOMICS)};"
        for width, end in WIDTHS.items()
    )


HEAD = f"""\
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
/* Every access and fence stays, and is not made another: where nobody uses a result, too. */
#define STAY() __asm__ volatile("" : : : "memory")
#define USED(value) __asm__ volatile("" : : "r"(value))
#define APART static __attribute__((noinline))
{_variables()}
int {", ".join(PLAIN)}, {ROW}[2], {ATOMIC_ROW}[2], {SPIN}, {TICKET}, {SERVED};
static _Thread_local int t;
int {", ".join(f"res{i}" for i in range(THREADS))};
struct node {{ int {", ".join(FIELDS)}; }} *{", *".join(POINTERS)}, {", ".join(STRUCTURES)}, *{TOP};
static _Thread_local struct node *{OWN_POINTER};
struct registers {{ int r0, r1, r2; }} all[{THREADS}];
pthread_t h[{THREADS}];
pthread_mutex_t {", ".join(f"{m} = PTHREAD_MUTEX_INITIALIZER" for m in MUTEXES)};
pthread_mutex_t {CHECKING}, {RECURSIVE};
pthread_spinlock_t {", ".join(f"spin_{m}" for m in MUTEXES)};
mtx_t {", ".join(f"mtx_{m}" for m in (*MUTEXES, RECURSIVE))};
pthread_rwlock_t {RWLOCK} = PTHREAD_RWLOCK_INITIALIZER;
pthread_cond_t {CONDITION} = PTHREAD_COND_INITIALIZER;
cnd_t cnd_{CONDITION};
pthread_once_t {ONCE} = PTHREAD_ONCE_INIT;
once_flag flag_{ONCE} = ONCE_FLAG_INIT;
pthread_barrier_t {BARRIER};
sem_t {SEMAPHORE};
pthread_key_t key;
tss_t tss_key;
int event, ends[2];
void heald_assume(int condition);
unsigned heald_choose(unsigned count);
void heald_atomic_begin(void), heald_atomic_end(void);
static const struct timespec soon = {{0, 1}};
static int futex(int *word, int what, int value, const struct timespec *until) {{
    return (int)syscall(SYS_futex, word, what, value, until, NULL, 0);
}}
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
    mtx_init(&mtx_{RECURSIVE}, mtx_timed | mtx_recursive);
}}
static void make_others(void) {{
    {" ".join(f"mtx_init(&mtx_{m}, mtx_timed);" for m in MUTEXES)}
    {" ".join(f"pthread_spin_init(&spin_{m}, 0);" for m in MUTEXES)}
    cnd_init(&cnd_{CONDITION});
}}
APART int get(int *from) {{ return *from; }}
APART void put(int *to, int value) {{ *to = value; }}
int (*getter)(int *) = get;
void (*putter)(int *, int) = put;
APART int get_all(int count, ...) {{
    int sum = 0;
    va_list list;
    va_start(list, count);
    for (int i = 0; i < count; i++)
        sum += *va_arg(list, int *);
    va_end(list);
    return sum;
}}
APART void put_all(int count, ...) {{
    va_list list;
    va_start(list, count);
    for (int i = 0; i < count; i++) {{
        int *to = va_arg(list, int *);
        *to = va_arg(list, int);
    }}
    va_end(list);
}}
APART struct node returned(struct node *from) {{ return *from; }}
APART void passed(struct node from, struct node *to) {{ *to = from; }}
APART void bytes(char *to, const char *from) {{
    for (size_t i = 0; i < sizeof(struct node); i++)
        to[i] = from[i];
}}
"""
