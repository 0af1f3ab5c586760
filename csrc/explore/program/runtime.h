/* SPDX-License-Identifier: MIT */
/*
 * runtime: what a call of the program does: say what comes next, and get the search's answer.
 *
 * How       A hook fills the next action (runtime_action), switches to the search (runtime_ask) and
 *           finds the search's answer when it returns, however much later that is.
 * State     All of it is in struct runtime (state.h). One global points to it, because the program's calls
 *           carry no context.
 * Rule      What a thread sees here follows from its own history alone. State shared by threads
 *           (who holds a lock) lives in hidden locations, which the search answers for.
 */
#ifndef EXPLORE_RUNTIME_H
#define EXPLORE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include <heald/explore.h>

#include "action.h"
#include "program/layout.h"
#include "program/state.h"

extern struct runtime *the_runtime;

static inline struct fiber_thread *runtime_thread(void) { return the_runtime->current; }

/* Offset of a return address in the image: the name of a source place. 0 outside the program. */
static inline uint32_t runtime_site(const void *return_address, bool is_entered) {
    uintptr_t address = (uintptr_t)return_address;
    const struct image *image = &the_runtime->image;
    bool is_inside = address >= image->base && address < image->end;
    struct fiber_thread *thread = the_runtime->current;
    thread->is_entered = thread->is_noted = is_entered;
    if (is_entered)
        thread->entry = spin_entry;
    return the_runtime->last_site = is_inside ? (uint32_t)(address - image->base) : 0;
}

/* The same in a call that may be where a loop comes back to, though its first action is not. */
static inline uint32_t runtime_noted_site(const void *return_address) {
    uint32_t site = runtime_site(return_address, false);
    the_runtime->current->entry = spin_entry;
    the_runtime->current->is_noted = true;
    return site;
}

/* The thread's next action, all zero but kind and site. */
struct action *runtime_action(enum action_kind kind, uint32_t site);

/* The thread that runs from now on, where threads are answered at once. */
void runtime_turn_to(struct runtime *runtime, uint32_t id);

/* Hands the action over; returns with the reply. Effects are counted for the spin detector. */
const struct reply *runtime_ask(void);

/* A read that a loop may wait on: asks AWAIT first if nothing changed since it was here. */
const struct reply *runtime_ask_read(const void *address, uint64_t detail_1,
                                     uint64_t detail_2);

/* Reports a failure of the program; does not return. `failure` is its kind. */
__attribute__((noreturn, format(printf, 3, 4))) void
runtime_fail(enum explore_failure_kind failure, uint32_t site, const char *format, ...);

/* Ends a trial of retry: what would come now cannot be undone. */
__attribute__((noreturn)) void runtime_stop_trial(enum action_kind kind);

/* The thread never runs again: after EXIT and FINISH. */
__attribute__((noreturn)) void runtime_stop(void);

/* Says that a library call has used this much of the thread's stack. */
static inline void runtime_used_stack(size_t bytes) {
    struct fiber_thread *thread = runtime_thread();
    uintptr_t low = (uintptr_t)__builtin_frame_address(0) - bytes;
    if (low < thread->stack_low)
        thread->stack_low = low;
}

/* The hidden location that belongs to an object; 8 bytes, wherever the object is. */
static inline uintptr_t runtime_hidden(const void *address) {
    return (uintptr_t)address << 3 | LAYOUT_HIDDEN;
}

static inline uintptr_t runtime_unhidden(uintptr_t location) {
    return location & LAYOUT_HIDDEN ? (location & ~LAYOUT_HIDDEN) >> 3 : location;
}

/* A round of waiting that is over, whatever the thread's own registers and stack hold: if it did
 * nothing since the one before, it sleeps until something that it read would differ. */
void runtime_wait_round(uint32_t site);

/* In a signal handler: the running thread has failed; the search goes on when the handler returns. */
void runtime_crash(enum explore_failure_kind failure, uint32_t site, const char *text,
                   void *signal_context);

/* The same where nothing has failed but the time is over. */
void runtime_cut(void *signal_context);

#define RUNTIME_ENDLESS "no shared access in %u ms of processor time: a loop without end"

/* The time is over, and the current thread is at its own work there. */
void runtime_note_busy(uint32_t site);

/* In a call that takes no step, and much of the time: the thread is stopped here if its time is over. */
void runtime_takes_no_step(uint32_t site);

#endif
