/* SPDX-License-Identifier: MIT */
/*
 * action: what a thread does next, and what it is told.
 *
 * Why       The search decides; threads only ask. This is the whole border between the two: the
 *           search never sees a fiber, a register or a signal, the runtime never sees a graph.
 *           Unit tests put a scripted program behind the same border.
 * Rule      A thread is a deterministic function of its replies. Thread ids, addresses of
 *           allocations, clocks and everything else it can observe follow from its own history.
 * Memory    The search remembers behaviour: where all replies are known it runs no code at all, so
 *           everything the caller wants to know of a run must be in its actions (RETURN: a number
 *           that stands for the results). It reads and writes program memory only between steps
 *           of real runs: initial values, the value of an atomic location, bytes of plain writes.
 * Protocol  step(thread, reply) resumes the thread with the reply to its last action and returns
 *           with its next one. The first step of a thread carries no reply. After ACTION_FINISH,
 *           ACTION_EXIT and ACTION_FAIL a thread is not stepped again.
 */
#ifndef EXPLORE_ACTION_H
#define EXPLORE_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action_kind {
    ACTION_LOAD,  /* atomic; reply: value */
    ACTION_STORE, /* atomic; operand: value */
    ACTION_RMW,   /* atomic, `op` with operand; reply: old value */
    ACTION_CAS,   /* atomic; expected, operand: desired; reply: old value, succeeded */
    ACTION_FENCE, /* order; a signal fence is not an action */
    ACTION_READ, /* plain, `length` bytes; the thread reads memory itself after the reply */
    ACTION_WRITE, /* plain, `length` bytes; the bytes are in memory at the thread's next step */
    ACTION_ALLOC, /* address was chosen by the runtime; length */
    ACTION_FREE,  /* address as the program gave it; the search judges it */
    ACTION_SPAWN, /* operand: start routine, argument; reply: id of the new thread; expected[0]:
                      of the search's, a digest of what it finds untold (execution/untold.h) */
    ACTION_JOIN,   /* operand[0]: id; answered once that thread has finished */
    ACTION_FINISH, /* the thread has ended; operand[1]: of the search's, a digest of what it
                      leaves untold */
    ACTION_AWAIT, /* came back to a read with nothing changed: sleeps until it would differ;
                       operand[0]: how many of the thread's last actions were the failed round;
                       operand[1]: 1 if a shorter history leads to where the thread stands.
                       Where the search does answer it, the thread then asks for the read itself */
    ACTION_YIELD,  /* a hint for sampling; no event */
    ACTION_CALL,   /* scenario: operation operand[0] begins (call index operand[1]) */
    ACTION_RETURN, /* scenario: it ends */
    ACTION_EXIT, /* exit(): the thread's last step, operand[0]: status. It ends the process, but
                      not before the others have done all that they could have done before it */
    ACTION_FAIL, /* the program failed: `failure` (failure.h), `message` */
    ACTION_CHOOSE, /* operand[0]: n, at least 2; reply: value below n, every one is explored */
    ACTION_ROUND, /* came back to where it was after atomic writes: if they are taken back and
                       nobody has noticed, it was in vain; operand[0]: as of AWAIT */
    ACTION_CUT, /* the time was over in the middle of the thread's own work: what it does
                       next is not known, and it is not stepped again */
};

/* Whatever came of it, others may notice: of WRITE it matters where it goes, of CAS, RMW and STORE what
   they did. */
static inline bool action_has_effect(unsigned kind) {
    const uint32_t without = 1u << ACTION_LOAD | 1u << ACTION_READ | 1u << ACTION_WRITE |
                             1u << ACTION_CAS | 1u << ACTION_RMW | 1u << ACTION_STORE |
                             1u << ACTION_FENCE | 1u << ACTION_YIELD |
                             1u << ACTION_AWAIT | 1u << ACTION_ROUND;
    return !(without >> kind & 1);
}

/* In place of a thread to join: an assumption of this thread failed, so it never goes on. */
#define JOIN_NOBODY UINT64_MAX

enum action_order {
    ORDER_RELAXED,
    ORDER_CONSUME,
    ORDER_ACQUIRE,
    ORDER_RELEASE,
    ORDER_ACQ_REL,
    ORDER_SEQ_CST
}; /* the compilers' numbering */

enum action_op {
    OP_EXCHANGE,
    OP_ADD,
    OP_SUB,
    OP_AND,
    OP_OR,
    OP_XOR,
    OP_NAND,
    OP_NEGATE,
    OP_MAX,
    OP_MIN,
    OP_UMAX,
    OP_UMIN
}; /* these four of at most 8 bytes */

/*
 * A guard makes a LOAD, RMW or CAS wait: only stores whose value satisfies it may be read, and the
 * thread sleeps while there is none. Locks, semaphores, barriers and condition variables are
 * guarded actions on hidden locations, so the search knows nothing else about them.
 * ROUND is EQUAL to a number that counts up: who waits for a round reads the store that ended it,
 * though the next may be over as well. Who knows the last store alone takes it for any before it.
 */
enum action_guard { GUARD_NONE, GUARD_EQUAL, GUARD_NOT_EQUAL, GUARD_ROUND };

enum action_flag {
    ACTION_WEAK = 1,     /* CAS may fail for no reason, if the option is on */
    ACTION_LIBRARYS = 1, /* ALLOC: by the program's library, for its own books */
    ACTION_FOREIGN = 1,  /* READ, WRITE: on another thread's stack */
    ACTION_VOLATILE = 2, /* plain access through a volatile lvalue */
    ACTION_HIDDEN =
        4, /* not the program's memory: starts at 0, never raced, never dereferenced */
    ACTION_LOOK =
        4, /* READ: only tells apart what is there, for what is read next depends on it */
    ACTION_PRIVATE =
        8, /* plain even with races allowed: a library call's, or on the own stack where no other
              thread comes */
    ACTION_FILLED =
        16, /* READ of the heap: its bytes are not those of a new block, so somebody wrote them */
    ACTION_MOVES =
        32, /* READ by realloc, then WRITE: what was never written stays so; READ of Rust:
                          it may */
    ACTION_BETWEEN = 64, /* READ, WRITE: may stand between another WRITE and its store */
    ACTION_RELAXED =
        128, /* READ, WRITE: somebody wants it taken for a relaxed atomic one */
};

enum { ACTION_PIECES_BYTES = 256 }; /* with races allowed a longer access stays plain */

struct action {
    uint8_t kind;
    uint8_t order;      /* CAS: on success */
    uint8_t order_fail; /* CAS: on failure */
    uint8_t op;
    uint8_t size; /* bytes of an atomic: 1, 2, 4, 8, 16 */
    uint8_t guard;
    uint8_t flags;
    uint8_t failure; /* ACTION_FAIL: enum explore_failure_kind */
    uint32_t
        site; /* source place, an index the runtime can turn into file, line, function */
    uint32_t callers; /* of that place, a number that the runtime knows; 0: not told */
    uintptr_t address;
    size_t length;       /* bytes of a plain access or an allocation */
    uint64_t operand[2]; /* 16-byte values: low half first */
    uint64_t expected[2];
    uint64_t guard_value;
    const char *message; /* lives as long as the search: it is remembered */
};

struct reply {
    uint64_t value[2];
    uint32_t thread;   /* SPAWN */
    uint8_t succeeded; /* CAS; JOIN: another JOIN of it came before */
    uint8_t
        goes_on; /* what the thread does next is known, and is neither AWAIT nor ROUND */
    uint8_t is_untold; /* it was no step of the execution */
};

/*
 * Who answers threads at once, on their own stacks, in place of steps: for runs of which nothing is kept.
 * Nobody is told that a thread came back to where it was (AWAIT, ROUND).
 */
struct answers {
    void *self;
    struct action *action; /* [thread]: what it does next */
    struct reply *reply;   /* [thread]: of its last action, when it goes on */
    /* The thread has said what it does next. Who goes on; ANSWERS_NOBODY: the run is over. */
    uint32_t (*next)(void *self, uint32_t thread);
};
#define ANSWERS_NOBODY UINT32_MAX

/* What the search drives. The runtime is one; scripts in unit tests are another. */
struct program {
    void *self;
    /* Memory, heap and threads as new; only thread 0 exists and has not started. */
    void (*restart)(void *self);
    void (*step)(void *self, uint32_t thread, const struct reply *reply,
                 struct action *next);
    /* May be NULL. The 8 bytes at this address (a multiple of 8) as the program begins; NULL: they
       are not part of the program itself. */
    const unsigned char *(*initial)(void *self, uintptr_t address);
    /* May be NULL. Of these threads (a bit each) nothing is to be told, until the next restart, of
       what they do themselves, by plain accesses, to their own stacks and thread-local storage. */
    void (*keep_private)(void *self, uint64_t threads);
    /* May be NULL. All threads stand where the execution ended: which is the first of these blocks
       that the program cannot reach any more? `count` if there is none. */
    size_t (*first_lost)(void *self, const uintptr_t *blocks, size_t count);
    /* May be NULL. Restarts, and runs until nobody goes on; returns the thread that was the last one to
       run: it may have failed, or been cut, without being asked. Then step is called after a restart. */
    uint32_t (*run)(void *self, const struct answers *answers);
};

#endif
