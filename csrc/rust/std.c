/* SPDX-License-Identifier: MIT */
/*
 * std: what takes the place of functions of Rust's standard library, and of what it asks the
 * system for itself (heald/building/rust/standard.py).
 *
 * How       A lock that is taken waits at once: after its hundred rounds of looking std's own does
 *           the same. The macros are given std's own names behind this text.
 * System    What std asks before main and around threads gets the answer that makes it do least: no
 *           handler of stack overflows, no guard pages, no file of a control group. Only std's own
 *           calls come here; the program's go where those of C go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define heald_lock_contended_AS(name)                                                    \
    void name(uint32_t *futex);                                                          \
    void name(uint32_t *futex) {                                                         \
        while (__atomic_exchange_n(futex, 2, __ATOMIC_ACQUIRE) != 0)                     \
            syscall(SYS_futex, futex, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 2, 0, 0,   \
                    ~0u);                                                                \
    }

/* A key is 0 until the first thread makes it, and its destructor is there from the start: so that no
 * two threads can both find it missing, it is made before main. */
#define heald_key_AS(name)                                                               \
    extern uintptr_t name[2];                                                            \
    __attribute__((constructor)) static void make_##name(void) {                         \
        size_t at = name[0] ? 1 : 0;                                                     \
        pthread_key_t key;                                                               \
        do                                                                               \
            pthread_key_create(&key, (void (*)(void *))name[1 - at]);                    \
        while (key == 0);                                                                \
        __atomic_store_n(&name[at], (uintptr_t)key, __ATOMIC_RELAXED);                   \
    }

/* --- panics (csrc/explore/calls/panic_calls.c) ---------------------------------------------- */

void heald_panic_caught(const void *catcher);
int heald_panic_detach(pthread_t thread);
int heald_panic_join(pthread_t thread);
void heald_panic_end(void);
void heald_panic_abort(const void *at);

extern const char heald_aborts[] __attribute__((weak, visibility("hidden")));

/* A scope tells its owner of a thread that panicked, by a panic. */
static __thread int is_scoped, is_next_scoped;
static void *(*routine_of_threads)(void *); /* std has one */

#define UNSEEN __attribute__((no_sanitize("thread")))

struct dyn {
    void *data, *table;
};

#define heald_catch_AS(name, real)                                                       \
    struct dyn name(void *exception), real(void *exception);                             \
    UNSEEN struct dyn name(void *exception) {                                            \
        struct dyn payload = real(exception);                                            \
        if (!is_scoped)                                                                  \
            heald_panic_caught(__builtin_return_address(0));                             \
        return payload;                                                                  \
    }

/* Under -Cpanic=abort (the linker says so) a panic ends the program, whoever would take it. */
#define heald_panic_AS(name, real)                                                       \
    unsigned name(void *, void *), real(void *, void *);                                 \
    UNSEEN unsigned name(void *payload, void *table) {                                   \
        if (heald_aborts)                                                                \
            heald_panic_abort(__builtin_return_address(0));                              \
        return real(payload, table);                                                     \
    }

#define heald_start_AS(name, real)                                                       \
    long name(void *, void *, long, char **, unsigned char),                             \
        real(void *, void *, long, char **, unsigned char);                              \
    UNSEEN long name(void *main, void *table, long argc, char **argv,                    \
                     unsigned char pipe) {                                               \
        long status = real(main, table, argc, argv, pipe);                               \
        heald_panic_end();                                                               \
        return status;                                                                   \
    }

/* What std takes of the heap for its books of threads: how a thread is called and parked, and, until the
 * thread begins, what it is to run and where its result goes. */
void heald_books_begin(void);
void heald_books_end(void);

#define heald_thread_AS(name, real)                                                      \
    struct dyn name(void *, void *, void *, void *),                                     \
        real(void *, void *, void *, void *);                                            \
    UNSEEN struct dyn name(void *a, void *b, void *c, void *d) {                         \
        heald_books_begin();                                                             \
        struct dyn thread = real(a, b, c, d);                                            \
        heald_books_end();                                                               \
        return thread;                                                                   \
    }

#define heald_hooks_AS(name, real)                                                       \
    struct dyn name(void *, void *, void *, void *),                                     \
        real(void *, void *, void *, void *);                                            \
    UNSEEN struct dyn name(void *a, void *b, void *c, void *d) {                         \
        struct dyn hooks = real(a, b, c, d);                                             \
        heald_books_begin();                                                             \
        return hooks;                                                                    \
    }

#define heald_scope_AS(name, real)                                                       \
    void name(void *scope), real(void *scope);                                           \
    UNSEEN void name(void *scope) {                                                      \
        is_next_scoped = 1;                                                              \
        real(scope);                                                                     \
    }

UNSEEN static void *scoped_routine(void *argument) {
    is_scoped = 1;
    return routine_of_threads(argument);
}

int heald_std_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                             void *(*routine)(void *), void *argument);
UNSEEN int heald_std_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                    void *(*routine)(void *), void *argument) {
    heald_books_end();
    routine_of_threads = routine;
    if (is_next_scoped)
        routine = scoped_routine;
    is_next_scoped = 0;
    return pthread_create(thread, attributes, routine, argument);
}

/* Where the backoff of channels is (heald/building/rust/channels.py): from, to. */
enum { WAITS = 256 };
__attribute__((used)) struct {
    uintptr_t from, to;
} volatile heald_waits[WAITS] = {{1, 1}};
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void heald_wait_round(const void *at);

int heald_is_wait(const void *return_address);
UNSEEN int heald_is_wait(const void *return_address) {
    uintptr_t at = (uintptr_t)return_address - (uintptr_t)__ehdr_start - 1;
    for (int i = 0; i < WAITS && heald_waits[i].to; i++)
        if (at >= heald_waits[i].from && at < heald_waits[i].to)
            return 1;
    return 0;
}

/* Called where a backoff rests without a call; keeps what may be in registers there. */
#if defined(__x86_64__)
__asm__(".text\n"
        ".globl heald_rest\n"
        ".hidden heald_rest\n"
        ".type heald_rest, @function\n"
        "heald_rest:\n"
        "    push %rax; push %rcx; push %rdx; push %rsi; push %rdi\n"
        "    push %r8; push %r9; push %r10; push %r11\n"
        "    mov 72(%rsp), %rdi\n"
        "    call heald_wait_round@PLT\n"
        "    pop %r11; pop %r10; pop %r9; pop %r8\n"
        "    pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax\n"
        "    ret\n"
        ".size heald_rest, .-heald_rest\n");
#endif

#define heald_yield_AS(name, real)                                                       \
    void name(void), real(void);                                                         \
    UNSEEN void name(void) {                                                             \
        if (heald_is_wait(__builtin_return_address(0)))                                  \
            heald_wait_round(__builtin_return_address(0));                               \
        else                                                                             \
            real();                                                                      \
    }

/* --- maxima and minima (heald/building/rust/extremes.py) ------------------------------------- */

enum { MAX, MIN, UMAX, UMIN };

uint64_t heald_extreme(void *address, uint64_t value, unsigned size, unsigned which,
                       int order, const void *at);

/* The update that was made, until the loop around it has been told. */
static __thread struct {
    const void *address;
    uint64_t old;
    int is_made;
} extreme;

/* In a loop that would swap what it expects for the greater of that and a value: told that what is least
 * was found there, it says the value; told what the update has found, it says so again, and is over. */
#define heald_extreme_AS(name, type, which, least)                                       \
    type name(void *address, type expected, type desired, int order, int on_failure);    \
    UNSEEN type name(void *address, type expected, type desired, int order,              \
                     int on_failure) {                                                   \
        (void)on_failure;                                                                \
        if (extreme.is_made && extreme.address == address && extreme.old == expected) {  \
            extreme.is_made = 0;                                                         \
            return expected;                                                             \
        }                                                                                \
        if (expected != (type)(least))                                                   \
            return (type)(least);                                                        \
        type old = (type)heald_extreme(address, desired, sizeof(type), which, order,     \
                                       __builtin_return_address(0));                     \
        extreme.address = address;                                                       \
        extreme.old = old;                                                               \
        extreme.is_made = old != expected;                                               \
        return old;                                                                      \
    }

#define EXTREMES(bits)                                                                   \
    heald_extreme_AS(heald_max##bits, uint##bits##_t, MAX, UINT64_C(1) << (bits - 1))    \
        heald_extreme_AS(heald_min##bits, uint##bits##_t, MIN,                           \
                         (UINT64_C(1) << (bits - 1)) - 1)                                \
            heald_extreme_AS(heald_umax##bits, uint##bits##_t, UMAX, 0)                  \
                heald_extreme_AS(heald_umin##bits, uint##bits##_t, UMIN, UINT64_MAX)
EXTREMES(8)
EXTREMES(16)
EXTREMES(32)
EXTREMES(64)

int heald_std_pthread_join(pthread_t thread);
int heald_std_pthread_join(pthread_t thread) { return heald_panic_join(thread); }

int heald_std_pthread_detach(pthread_t thread);
int heald_std_pthread_detach(pthread_t thread) { return heald_panic_detach(thread); }

void heald_std_exit(int status);
void heald_std_exit(int status) {
    heald_panic_end();
    exit(status);
}

/* --- what std asks the system ---------------------------------------------------------------- */

int heald_std_sigaction(int number, const struct sigaction *action,
                        struct sigaction *old);
int heald_std_sigaction(int number, const struct sigaction *action,
                        struct sigaction *old) {
    (void)number;
    (void)action;
    if (old)
        old->sa_handler = SIG_IGN; /* taken already: std puts none of its own there */
    return 0;
}

sighandler_t heald_std_signal(int number, sighandler_t handler);
sighandler_t heald_std_signal(int number, sighandler_t handler) {
    (void)number;
    (void)handler;
    return SIG_DFL;
}

int heald_std_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int heald_std_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
    (void)thread;
    (void)attributes;
    return ENOSYS;
}

int heald_std_poll(struct pollfd *entries, nfds_t count, int timeout);
int heald_std_poll(struct pollfd *entries, nfds_t count, int timeout) {
    (void)timeout;
    for (nfds_t i = 0; i < count; i++)
        entries[i].revents = 0; /* the standard descriptors are open */
    return 0;
}

int heald_std_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set);
int heald_std_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set) {
    (void)process;
    (void)bytes;
    (void)set;
    errno = ENOSYS;
    return -1;
}

int heald_std_open64(const char *path, int flags, mode_t mode);
int heald_std_open64(const char *path, int flags, mode_t mode) {
    if (strncmp(path, "/proc/", 6) && strncmp(path, "/sys/fs/cgroup", 14))
        return open64(path, flags, mode);
    errno = ENOENT; /* how many processors it may have */
    return -1;
}

/* For backtraces, which panics within panics print whatever the environment says. */
char *heald_std_getcwd(char *to, size_t bytes);
char *heald_std_getcwd(char *to, size_t bytes) {
    (void)to;
    (void)bytes;
    getenv(
        ""); /* a program that asks for its folder is told of it as of the environment */
    errno = ENOENT;
    return NULL;
}

struct dl_phdr_info;
int heald_std_dl_iterate_phdr(int (*take)(struct dl_phdr_info *, size_t, void *),
                              void *data);
int heald_std_dl_iterate_phdr(int (*take)(struct dl_phdr_info *, size_t, void *),
                              void *data) {
    (void)take;
    (void)data;
    return 0;
}

char *heald_std_getenv(const char *name);
char *heald_std_getenv(const char *name) {
    int is_own =
        strcmp(name, "RUST_BACKTRACE") == 0 || strcmp(name, "RUST_MIN_STACK") == 0;
    return is_own ? NULL : getenv(name);
}

int heald_std_prctl(int what);
int heald_std_prctl(int what) {
    (void)what;
    return 0;
}

/* All variables at once: what C reads from environ. */
#define heald_variables_AS(name, real)                                                   \
    void *name(void *result), *real(void *result);                                       \
    UNSEEN void *name(void *result) {                                                    \
        getenv("");                                                                      \
        return real(result);                                                             \
    }

void *heald_std_dlsym(void *library, const char *name);
void *heald_std_dlsym(void *library, const char *name) {
    (void)library;
    (void)name;
    return NULL;
}

const char *heald_std_gnu_get_libc_version(void);
const char *heald_std_gnu_get_libc_version(void) { return "2.36"; }
