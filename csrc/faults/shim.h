/* SPDX-License-Identifier: MIT */
/*
 * shim: the moving and waiting system calls of a subject, under a script.
 *
 * Why       Short counts, EINTR and EAGAIN are rare on a quiet machine and must be common here.
 * How       The subject is linked with -Wl,--wrap=NAME for every name in shim.c, the plain and
 *           the 64 ones alike: with _FILE_OFFSET_BITS=64 the compiler calls sendfile64, and a
 *           shim that only wraps sendfile sees nothing and passes everything. So the host
 *           counts the calls, and a script that nobody used is a failure of its own.
 * Real      A capped step lowers the count and calls the kernel: the short transfer happens.
 *           An errno step moves nothing.
 * Not seen  syscall(2), io_uring, and anything the C library calls by itself: notify.c is for
 *           those.
 * Places    A call has the address behind it. One that is made in the tail of a function has its
 *           caller's; what is no address of the subject is nothing to who looks it up.
 * Threads   A subject may have threads of its own, which share its script. The peer's calls are
 *           not wrapped.
 */
#ifndef HEALD_FAULTS_SHIM_H
#define HEALD_FAULTS_SHIM_H

#include <heald/faults.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum shim_call {
    SHIM_SENDFILE,
    SHIM_SPLICE,
    SHIM_TEE,
    SHIM_VMSPLICE,
    SHIM_COPY_FILE_RANGE,
    SHIM_READ,
    SHIM_WRITE,
    SHIM_PREAD,
    SHIM_PWRITE,
    SHIM_SEND,
    SHIM_SENDMSG,
    SHIM_RECV,
    SHIM_READV,
    SHIM_WRITEV,
    SHIM_PREADV,
    SHIM_PWRITEV,
    SHIM_SENDTO,
    SHIM_RECVFROM,
    SHIM_RECVMSG,
    SHIM_SENDMMSG,
    SHIM_RECVMMSG,
};

struct shim {
    const struct fault_step *steps;
    uint32_t step_count;
    uint32_t next;
    int source;       /* descriptor for truncate and append, -1: none */
    uint64_t content; /* seed of appended bytes */
    int64_t size;     /* the source's, as the hooks left it */
    int64_t least;    /* smallest size it had */
    int64_t most;     /* largest size it had */
    uint32_t calls;
    uint32_t waits;
    uint32_t spins;   /* longest run of EAGAINs with no wait between them */
    uint32_t refused; /* EAGAINs since the last wait or progress */
    int last_errno;   /* last injected errno that is neither EINTR nor EAGAIN; 0: none */
    int last_call;    /* where it was injected */
    bool said_zero;   /* a call that writes took nothing */
    bool retried;     /* ... and which was called again, though the error is final */
    const uint64_t *recovered; /* errnos that may be answered with another try */
    uint32_t log_count;
    struct fault_call log[FAULT_LOG];
};

/* The one that the wrapped calls use; they carry no context. */
extern struct shim the_shim;

/* The calling thread is that of another transfer, with a shim of its own. */
void shim_take_for_thread(struct shim *own);
struct shim *shim_of_caller(void);

/* Whether another method does the same as this call: all but plain reads and writes. */
bool shim_has_substitute(int which);

void shim_begin(const struct fault_case *the_case, int source);

/* Cuts or extends the source, as TRUNCATE and APPEND say; other steps do nothing. */
void shim_change_source(struct shim *shim, const struct fault_step *step);

/* Takes the next step for a call that asks for `asked` bytes. Returns the bytes it may ask
 * for, or -errno. Also used by the notify supervisor. */
ssize_t shim_take_step(struct shim *shim, int which, size_t asked, int *step);

/* Records what a call gave: bytes, or -errno. */
void shim_record(struct shim *shim, int which, size_t asked, ssize_t returned, int step,
                 const void *caller);

/* Where the subject lies, so that callers are told by their distance from it. */
void shim_place_subject(const void *base);

/* Waiting is not scripted; it is what makes a second EAGAIN legitimate. */
void shim_waited(struct shim *shim);

/* A wrapper: take a step, perform the call with what is allowed, record what it gave. */
#define SHIM_WRAPPED(which, asked, allowed, call)                                        \
    int step;                                                                            \
    ssize_t returned = shim_take_step(shim_of_caller(), which, asked, &step);            \
    if (returned >= 0) {                                                                 \
        size_t allowed = (size_t)returned;                                               \
        returned = call;                                                                 \
        if (returned < 0)                                                                \
            returned = -errno;                                                           \
    }                                                                                    \
    shim_record(shim_of_caller(), which, asked, returned, step,                          \
                __builtin_return_address(0));                                            \
    if (returned < 0) {                                                                  \
        errno = (int)-returned;                                                          \
        return -1;                                                                       \
    }                                                                                    \
    return returned;

#endif
