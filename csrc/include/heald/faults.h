/* SPDX-License-Identifier: MIT */
/*
 * faults.h: one transfer under faults, what it did, and what the worker is asked.
 *
 * Why       A case is drawn by Python or by generate.c, runs in host.c, is judged in oracle.c
 *           and is stored in a capsule: one layout serves all four. Python reads this file.
 * Layout    Native byte order, 8-byte members first, no hidden padding.
 * Change    Raise FAULT_ABI with every change; the host refuses another number.
 */
#ifndef HEALD_FAULTS_H
#define HEALD_FAULTS_H

#include <stdint.h>

#define FAULT_ABI 6u
#define FAULT_STEPS 8
#define FAULT_LOG 12
#define FAULT_SHOWN 16 /* bytes of a transfer that are told */
#define FAULT_ERRNOS 8
#define FAULT_KEPT 8

enum fault_shape { SHAPE_TRANSFER, SHAPE_FAN_OUT };

enum fault_source {
    SOURCE_FILE, /* memfd */
    SOURCE_DISK, /* unlinked file where TMPDIR is */
    SOURCE_PIPE,
    SOURCE_UNIX, /* stream socket pair */
    SOURCE_TCP,
    SOURCE_PROC, /* /proc/self/cmdline: st_size is 0 and sendfile says EINVAL */
    SOURCE_SEQ,  /* /proc/filesystems: st_size is 0 and sendfile works */
    SOURCE_FUSE, /* fuse.h: reads may fail */
    SOURCE_LIAR, /* fuse.h: st_size is 0, reads may fail and come short */
};

enum fault_sink {
    SINK_FILE,
    SINK_DISK,
    SINK_APPEND, /* memfd with O_APPEND */
    SINK_PIPE,
    SINK_UNIX,
    SINK_TCP,
    SINK_NULL, /* /dev/null: takes anything, shows nothing */
    SINK_FULL, /* a file on a tmpfs of 64 KiB: mounts.h */
    SINK_FUSE, /* fuse.h: writes may fail and come short */
};

enum fault_flag {
    FLAG_OFFSET = 1 << 0, /* pass an offset variable instead of using the position */
    FLAG_NONBLOCK_OUT = 1 << 1, /* the caller made the sink non-blocking */
    FLAG_NONBLOCK_IN = 1 << 2,
    FLAG_RESET = 1 << 3,     /* the vanishing peer resets instead of closing */
    FLAG_RESTART = 1 << 4,   /* the storm's handler has SA_RESTART */
    FLAG_OVERWRITE = 1 << 5, /* after the return, new bytes are written over the source */
    FLAG_CUT = 1 << 6,       /* after the return, the source is truncated */
    FLAG_SHARES = 1
        << 7,           /* contract: the sink may refer to the source after the return */
    FLAG_TAIL = 1 << 8, /* keep the sink open and time the last byte's arrival */
    FLAG_NOTIFY = 1 << 9, /* steps act through seccomp user notification, not the shim */
    FLAG_PEER = 1 << 10,  /* a thread reads the sink (or writes the source) meanwhile */
    FLAG_ZEROS = 1 << 11, /* contract: bytes of a source cut meanwhile may be zeros */
    FLAG_STAYS = 1 << 12, /* without FLAG_PEER: the stream source has no end of file */
    FLAG_OUTSIDE = 1
        << 13, /* steps act in the file system or the peer, not in the shim */
    FLAG_TOGETHER = 1 << 14, /* another transfer runs at the same time: together.h */
    FLAG_AFTER = 1 << 15,    /* steps act in a call before, of other bytes */
    FLAG_REPEATED = 1 << 16, /* several times: memory that each leaves behind adds up */
};

/* What happens at one intercepted call; steps are used up one per call. */
enum fault_action {
    STEP_PASS,
    STEP_CAP,      /* move at most `value` bytes, really */
    STEP_ERRNO,    /* fail with `value`, move nothing */
    STEP_TRUNCATE, /* cut the source to `value` bytes, then pass */
    STEP_APPEND,   /* add `value` bytes to the source, then pass */
    STEP_SIGNAL, /* deliver a signal, then move at most `value` bytes, as the kernel may */
    STEP_ZERO,   /* a call that writes takes nothing and says 0; others pass */
};

struct fault_step {
    int32_t action;
    int32_t value;
};

struct fault_case {
    uint64_t content;      /* seed of the bytes */
    int64_t size;          /* bytes in the source */
    int64_t hole;          /* of these, leading ones that were never written */
    int64_t start;         /* offset variable or file position at the call */
    int64_t count;         /* asked for; a negative one is a size_t above INT64_MAX */
    int64_t sink_position; /* where a file sink stands */
    int64_t limit; /* bytes the sink takes before RLIMIT_FSIZE (or a full disk); -1 */
    int64_t vanish_after;  /* the peer goes away after so many bytes; -1: never */
    int64_t gap;           /* where bytes of a file begin that were never written */
    int64_t gap_bytes;     /* of them; 0: none but those of `hole` */
    uint64_t natural[2];   /* errno set that the kernel may give for this pair, as bits */
    uint64_t recovered[2]; /* errno set for which the subject must find another way */
    int32_t send_buffer;   /* SO_SNDBUF, 0: default */
    int32_t receive_buffer; /* SO_RCVBUF, 0: default */
    int32_t pipe_bytes;     /* F_SETPIPE_SZ, 0: default */
    int32_t stall_ms;       /* the peer sleeps before it does anything */
    int32_t chunk;          /* bytes per read or write of the peer, 0: as many as fit */
    int32_t pause_us;       /* between two of them */
    int32_t storm_us;       /* period of SIGALRM, 0: none */
    uint32_t flags;
    uint8_t source;
    uint8_t sink;
    uint8_t shape;
    uint8_t step_count;
    int32_t event_at; /* FLAG_OUTSIDE: bytes after which the peer changes the source */
    struct fault_step steps[FAULT_STEPS];
};

/* Why a case failed, as bits of fault_result.broken. heald/faults/clauses.py names them. */
enum fault_clause {
    BROKEN_BYTES = 1 << 0, /* a byte that was never at that place */
    BROKEN_MOVED = 1 << 1, /* `moved` is not what arrived */
    BROKEN_SHORT = 1 << 2, /* success was claimed and bytes are missing */
    BROKEN_ERRNO = 1
        << 3, /* an error that neither kernel nor script gave, or a transient */
    BROKEN_OFFSET = 1 << 4, /* the offset variable is not start + moved */
    BROKEN_SOURCE = 1
        << 5,              /* the source's position is wrong, or stream bytes were lost */
    BROKEN_SINK = 1 << 6,  /* the sink's position is wrong */
    BROKEN_LEAK = 1 << 7,  /* a descriptor stays open */
    BROKEN_FLAGS = 1 << 8, /* O_NONBLOCK of a descriptor was changed */
    BROKEN_SPIN = 1 << 9,  /* calls again and again while the peer stalls */
    BROKEN_SIGPIPE = 1 << 10, /* the process would have died of SIGPIPE */
    BROKEN_TAIL = 1 << 11,    /* the last byte came too late */
    BROKEN_ALIAS = 1 << 12,   /* a copy was promised, a change of the source shows */
    BROKEN_COPY = 1 << 13,    /* fan-out: the second sink differs */
    BROKEN_UNSEEN = 1 << 14,  /* the script was not used: no call was intercepted */
    BROKEN_ENGINE = 1 << 15,  /* our own fixture failed: nothing is said of the subject */
    /* 16 and 17 are a hang and a crash, which the parent sees. */
    BROKEN_SIGNALS = 1 << 18,  /* signal mask or handler is not what it was */
    BROKEN_STATUS = 1 << 19,   /* file status flags but O_NONBLOCK */
    BROKEN_OPTIONS = 1 << 20,  /* time limits, TCP_CORK, TCP_NODELAY of a socket */
    BROKEN_AGAIN = 1 << 21,    /* a call was tried again after an error that is final */
    BROKEN_MEMORY = 1 << 22,   /* each call leaves memory behind */
    BROKEN_TOGETHER = 1 << 23, /* the transfer at the same time: see `together` */
    BROKEN_PROCESS = 1 << 24,  /* the working folder, a timer, a limit, a handler */
    BROKEN_THREADS = 1 << 25,  /* threads stay when calls have returned, ever more */
};

struct fault_call {
    int64_t asked;
    int64_t returned; /* -errno on failure */
    int32_t which;    /* enum shim_call */
    int32_t step;     /* index of the step that acted, -1: none */
    uint64_t at;      /* behind the call, from where the subject lies; 0: not known */
};

struct fault_result {
    int64_t moved;
    int64_t arrived;      /* bytes seen at the sink */
    int64_t expected;     /* most that could be moved */
    int64_t wrong_at;     /* first wrong byte, counted from the transfer's start; -1 */
    int64_t offset;       /* offset variable after the call */
    int64_t source_after; /* position, or bytes taken from a stream */
    int64_t sink_after;   /* position of a file sink */
    int64_t tail_us;      /* return to last byte, -1: not measured */
    int64_t cpu_us;       /* of the calling thread */
    int64_t wall_us;
    uint32_t broken; /* enum fault_clause bits */
    int32_t result;  /* what the subject returned */
    int32_t error;   /* errno if result is -1 */
    uint32_t calls;  /* intercepted moving calls */
    uint32_t waits;  /* intercepted poll and epoll_wait */
    uint32_t spins;  /* longest run of EAGAINs with no wait between them */
    uint32_t steps_used;
    uint32_t leaked;
    uint32_t log_count;
    uint32_t together;  /* clauses that the other transfer broke */
    uint32_t got_count; /* what arrived from shown_at on, and what had to */
    uint32_t meant_count;
    int64_t
        shown_at; /* the first wrong byte, or the first that is missing; -1: neither */
    uint8_t got[FAULT_SHOWN];
    uint8_t meant[FAULT_SHOWN];
    struct fault_call log[FAULT_LOG];
};

/* What a subject's contract allows: the generator draws nothing outside it. */
struct fault_plan {
    uint64_t recovered[2];
    uint64_t natural[2];
    uint32_t sources; /* bits of enum fault_source; files, pipes and Unix sockets only */
    uint32_t
        sinks; /* bits of enum fault_sink; files, pipes, Unix sockets and NULL only */
    uint32_t flags; /* FLAG_OFFSET if the subject takes an offset variable; FLAG_SHARES */
    uint32_t shape;
    uint32_t errno_count;
    uint32_t most_steps;
    uint32_t again; /* whether EAGAIN may be injected */
    uint32_t reserved;
    int32_t errnos[FAULT_ERRNOS]; /* fatal ones to inject */
};

enum fault_command { FAULT_RUN = 1, FAULT_BULK = 2 };

struct fault_request {
    uint32_t abi;
    uint32_t command;
    uint64_t seed;  /* bulk: of the first case; the next has seed + 1 */
    uint64_t count; /* cases; for FAULT_RUN they follow */
    struct fault_plan plan;
};

struct fault_failure {
    uint64_t seed;
    struct fault_case the_case;
    struct fault_result result;
};

struct fault_bulk {
    uint64_t ran;
    uint64_t calls;
    uint64_t steps;
    uint64_t moved;
    uint64_t failed;
    uint64_t kept; /* of them, in `failures` */
    struct fault_failure failures[FAULT_KEPT];
};

/* Shared with the worker: written before the subject is called, so that it outlives a crash. */
struct fault_recorder {
    uint64_t started;
    struct fault_case the_case;
};

#endif
