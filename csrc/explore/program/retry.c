/* SPDX-License-Identifier: MIT */
/* retry: see retry.h. Runs on the search's side: the thread it is about is suspended. */
#include "program/retry.h"

#include <stdlib.h>
#include <string.h>

#include "program/state.h"

void retry_log(struct retry *retry, uintptr_t start, size_t length) {
    if (retry->point_count == 0)
        return;
    if (retry->write_count == RETRY_WRITES || length > RETRY_BYTES - retry->byte_count) {
        retry->is_full = true;
        if (!retry->is_trial)
            retry_forget(retry);
        return;
    }
    retry->writes[retry->write_count++] =
        (struct retry_write){start, (uint32_t)length, retry->byte_count};
    memcpy(retry->bytes + retry->byte_count, (const void *)start, length);
    retry->byte_count += (uint32_t)length;
}

/* Did the stack hold there what it holds now? */
static bool held_already(const struct retry *retry, const struct retry_point *point,
                         uintptr_t start, uintptr_t end) {
    uintptr_t low = (uintptr_t)point->stack_pointer;

    return start >= low && end <= low + point->byte_count &&
           memcmp(retry->stacks + point->first_byte + (start - low), (const void *)start,
                  end - start) == 0;
}

/* What is shared is not compared, since its writes are logged; what was written before is not. */
void retry_share(struct retry *retry, uintptr_t start, uintptr_t end) {
    for (uint32_t i = 0; i < retry->point_count && !retry->is_trial; i++)
        if (!held_already(retry, &retry->points[i], start, end)) {
            retry_forget(retry);
            return;
        }
}

static bool is_read(const struct action *action) {
    return (action->kind == ACTION_LOAD || action->kind == ACTION_CAS) &&
           !(action->flags & ACTION_HIDDEN) && action->guard == GUARD_NONE;
}

void retry_answered(struct retry *retry, const struct reply *reply) {
    if (retry->is_answer_due && retry->point_count > 0) {
        if (reply->is_untold) { /* no step: it can be no read of a round */
            retry->point_count--;
            retry->is_last_a_point = false;
        } else {
            retry->points[retry->point_count - 1].reply = *reply;
        }
    }
    retry->is_answer_due = false;
}

static void add_point(struct retry *retry, const struct fiber_thread *thread,
                      const struct action *action) {
    uintptr_t low = (uintptr_t)thread->fiber.stack_pointer;
    uintptr_t top = layout_stack_top(thread->id);

    retry->is_last_a_point = false;
    if (top - low > RETRY_STACK)
        return;
    if (retry->point_count == RETRY_POINTS)
        retry_forget(retry);
    const struct retry_point *last =
        retry->point_count ? &retry->points[retry->point_count - 1] : NULL;
    struct retry_point *point = &retry->points[retry->point_count++];
    point->first_byte = last ? last->first_byte + last->byte_count : 0;
    point->action = *action;
    point->stack_pointer = thread->fiber.stack_pointer;
    point->byte_count = (uint32_t)(top - low);
    point->actions = thread->spin->actions;
    point->writes = retry->write_count;
    fiber_as_bytes((void *)low, point->byte_count);
    memcpy(retry->stacks + point->first_byte, (const void *)low, point->byte_count);
    retry->is_last_a_point = retry->is_answer_due = true;
    retry->is_read_tried = false;
}

/* 0 relaxed, 1 acquire, 2 sequentially consistent: of a read that wrote nothing. */
static int strength(const struct action *action) {
    unsigned order = action->kind == ACTION_CAS ? action->order_fail : action->order;
    return order == ORDER_SEQ_CST ? 2 : order == ORDER_RELAXED ? 0 : 1;
}

static bool may_stand_for(const struct retry_point *p, const struct retry_point *q) {
    if (p->action.address != q->action.address || p->action.size != q->action.size ||
        strength(&p->action) > strength(&q->action))
        return false;
    return p->action.kind == ACTION_LOAD ||
           memcmp(p->action.expected, q->reply.value, p->action.size) != 0;
}

/* All that a trial may change beside the stack and the logged memory. */
struct saved {
    struct fiber_thread thread;
    size_t printed_used;
    uint32_t at_exit_count;
    uint32_t last_site;
    const char *verb;
    uint32_t spin_actions, spin_count, spin_bytes, spin_shared, spin_writes, spin_log;
    uint32_t write_count, byte_count;
    uint8_t stack[RETRY_STACK];
    uint8_t now[RETRY_BYTES];   /* what the logged ranges hold */
    uint8_t tried[RETRY_BYTES]; /* what the trial left there */
};

static void save(struct saved *saved, struct runtime *runtime,
                 const struct fiber_thread *thread) {
    uintptr_t low = (uintptr_t)thread->fiber.stack_pointer;

    saved->thread = *thread;
    saved->printed_used = runtime->printed.used;
    saved->at_exit_count = runtime->at_exit_count;
    saved->last_site = runtime->last_site;
    saved->verb = runtime->verb;
    saved->spin_actions = thread->spin->actions;
    saved->spin_count = thread->spin->count;
    saved->spin_bytes = thread->spin->bytes_used;
    saved->spin_shared = thread->spin->shared_count;
    saved->spin_writes = thread->spin->write_count;
    saved->spin_log = thread->spin->log_used;
    saved->write_count = thread->retry->write_count;
    saved->byte_count = thread->retry->byte_count;
    fiber_as_bytes((void *)low, layout_stack_top(thread->id) - low);
    memcpy(saved->stack, (const void *)low, layout_stack_top(thread->id) - low);
}

static void restore(const struct saved *saved, struct runtime *runtime,
                    struct fiber_thread *thread) {
    uintptr_t low = (uintptr_t)saved->thread.fiber.stack_pointer;

    *thread = saved->thread;
    runtime->printed.used = saved->printed_used;
    runtime->at_exit_count = saved->at_exit_count;
    runtime->last_site = saved->last_site;
    runtime->verb = saved->verb;
    thread->spin->actions = saved->spin_actions;
    thread->spin->count = saved->spin_count;
    thread->spin->bytes_used = saved->spin_bytes;
    thread->spin->shared_count = saved->spin_shared;
    thread->spin->write_count = saved->spin_writes;
    thread->spin->log_used = saved->spin_log;
    thread->retry->write_count = saved->write_count;
    thread->retry->byte_count = saved->byte_count;
    fiber_as_bytes((void *)low, layout_stack_top(thread->id) - low);
    memcpy((void *)low, saved->stack, layout_stack_top(thread->id) - low);
}

static void copy_ranges(const struct retry *retry, uint32_t from, uint32_t to,
                        uint8_t *bytes) {
    for (uint32_t i = from; i < to; i++)
        memcpy(bytes + retry->writes[i].first_byte, (const void *)retry->writes[i].start,
               retry->writes[i].length);
}

static void undo_writes(const struct retry *retry, uint32_t from, uint32_t to) {
    for (uint32_t i = to; i-- > from;)
        memcpy((void *)retry->writes[i].start, retry->bytes + retry->writes[i].first_byte,
               retry->writes[i].length);
}

static void put_back(const struct retry *retry, uint32_t from, uint32_t to,
                     const uint8_t *bytes) {
    for (uint32_t i = from; i < to; i++)
        memcpy((void *)retry->writes[i].start, bytes + retry->writes[i].first_byte,
               retry->writes[i].length);
}

static bool ranges_hold(const struct retry *retry, uint32_t from, uint32_t to,
                        const uint8_t *bytes) {
    for (uint32_t i = from; i < to; i++)
        if (memcmp((const void *)retry->writes[i].start,
                   bytes + retry->writes[i].first_byte, retry->writes[i].length) != 0)
            return false;
    return true;
}

static void resume_trial(struct runtime *runtime, struct fiber_thread *thread,
                         const struct reply *reply, struct action *stop) {
    thread->reply = *reply;
    runtime->next = stop;
    runtime->current = thread;
    fiber_switch(&runtime->search, &thread->fiber);
    runtime->current = NULL;
}

/*
 * Runs the thread from p with q's value and then with all that was read after q; fills where it
 * stops. False if it strays from the way that the thread really went.
 */
static bool run_trial(struct runtime *runtime, struct fiber_thread *thread, uint32_t p,
                      uint32_t q, struct action *stop) {
    struct retry *retry = thread->retry;
    const struct retry_point *from = &retry->points[p];
    bool is_on_the_way = true;

    fiber_as_bytes(from->stack_pointer, from->byte_count);
    memcpy(from->stack_pointer, retry->stacks + from->first_byte, from->byte_count);
    thread->fiber.stack_pointer = from->stack_pointer;
    retry->is_trial = true;
    retry->is_full = false;
    struct reply first = {
        .value = {retry->points[q].reply.value[0], retry->points[q].reply.value[1]}};
    resume_trial(runtime, thread, &first, stop);
    for (uint32_t i = q + 1; i < retry->point_count && is_on_the_way; i++) {
        is_on_the_way = memcmp(stop, &retry->points[i].action, sizeof *stop) == 0;
        if (is_on_the_way)
            resume_trial(runtime, thread, &retry->points[i].reply, stop);
    }
    retry->is_trial = false;
    return is_on_the_way;
}

/* The registers and the stack as the program left them at its call, but for what is shared. */
static bool same_program_state(const struct saved *saved,
                               const struct fiber_thread *thread) {
    static uint8_t here[RETRY_STACK], there[RETRY_STACK];
    uintptr_t low = thread->entry.stack_pointer;
    uintptr_t top = layout_stack_top(thread->id);
    uintptr_t kept = (uintptr_t)saved->thread.fiber.stack_pointer;

    if (!spin_same_registers(&saved->thread.entry, &thread->entry) ||
        thread->clock.looks != saved->thread.clock.looks || low < kept || low >= top)
        return false;
    uint32_t count = (uint32_t)(top - low);
    memcpy(here, saved->stack + (low - kept), count);
    spin_blank(thread->spin, here, low, count);
    spin_copy_stack(thread->spin, there, low, count);
    return spin_same_stack(&saved->thread.entry, &thread->entry, here, there, count);
}

static bool leads_here(struct runtime *runtime, struct fiber_thread *thread, uint32_t p,
                       uint32_t q, const struct action *next) {
    static struct saved saved;
    struct retry *retry = thread->retry;
    uint32_t first = retry->points[p].writes;
    struct action stop;

    save(&saved, runtime, thread);
    uint32_t old_count = retry->write_count;
    copy_ranges(retry, first, old_count, saved.now);
    undo_writes(retry, first, old_count);
    retry->end = next->kind == ACTION_READ ? next : NULL;
    bool is_same = run_trial(runtime, thread, p, q, &stop) && !retry->is_full &&
                   memcmp(&stop, next, sizeof stop) == 0 &&
                   (next->kind == ACTION_FINISH || same_program_state(&saved, thread));
    uint32_t all_count = retry->write_count;
    copy_ranges(retry, first, all_count, saved.tried);
    undo_writes(retry, old_count, all_count);
    put_back(retry, first, old_count, saved.now);
    is_same = is_same && ranges_hold(retry, first, all_count, saved.tried);
    restore(&saved, runtime, thread);
    return is_same;
}

/* Only who goes round repeats itself: q is p's read again, or something that follows was done before. Two
   reads one behind the other, each at its place, are an execution like any other. */
static bool comes_back(const struct retry *retry, uint32_t p, uint32_t q,
                       const struct action *next) {
    if (retry->points[q].action.site == retry->points[p].action.site)
        return true;
    for (uint32_t i = p + 1; i <= q; i++) {
        uint32_t site = retry->points[i].action.site;
        for (uint32_t later = q + 1; later < retry->point_count; later++)
            if (retry->points[later].action.site == site)
                return true;
        if (next->site == site)
            return true;
    }
    return false;
}

/* The longest stretch that can be left out: from an early p to a late q. */
static const struct retry_point *find_shorter(struct runtime *runtime,
                                              struct fiber_thread *thread,
                                              const struct action *next) {
    struct retry *retry = thread->retry;

    if ((uintptr_t)thread->fiber.stack_pointer <
        layout_stack_top(thread->id) - RETRY_STACK)
        return NULL;
    for (uint32_t p = 0; p + 1 < retry->point_count; p++)
        for (uint32_t q = retry->point_count - 1; q > p; q--)
            if (may_stand_for(&retry->points[p], &retry->points[q]) &&
                comes_back(retry, p, q, next) && leads_here(runtime, thread, p, q, next))
                return &retry->points[p];
    return NULL;
}

static void park(struct retry *retry, const struct fiber_thread *thread,
                 const struct retry_point *p, struct action *next) {
    retry->parked = *next;
    retry->is_parked = true;
    next->kind = ACTION_AWAIT;
    memset(next->expected, 0, sizeof next->expected);
    memset(next->operand, 0, sizeof next->operand);
    uint32_t uncounted =
        retry->parked.kind == ACTION_FINISH; /* of the thread's actions */
    next->operand[0] = thread->spin->actions + uncounted - p->actions;
    next->operand[1] = 1;
}

/* Only behind an entry stub are the program's registers known: memcmp, say, reads without one. Of a
   thread that ends nothing is left in them. */
static bool may_end_a_trial(const struct runtime *runtime,
                            const struct fiber_thread *thread,
                            const struct action *action) {
    const struct retry *retry = thread->retry;

    if (runtime->goes_on || !retry->is_last_a_point || retry->point_count < 2 ||
        action->flags & ACTION_HIDDEN)
        return false;
    if (action->kind == ACTION_FINISH)
        return thread->id != 0; /* where main ends, functions of atexit have run */
    if (!thread->is_entered)
        return false;
    return action->kind == ACTION_READ
               ? !retry->is_read_tried
               : is_read(action) || action->kind == ACTION_RMW ||
                     action->kind == ACTION_STORE || action->kind == ACTION_RETURN;
}

void retry_arrived(struct runtime *runtime, struct fiber_thread *thread,
                   struct action *next) {
    struct retry *retry = thread->retry;
    const struct retry_point *p = may_end_a_trial(runtime, thread, next)
                                      ? find_shorter(runtime, thread, next)
                                      : NULL;

    if (p)
        park(retry, thread, p, next);
    else if (is_read(next))
        add_point(retry, thread, next);
    else if (next->kind == ACTION_READ)
        retry->is_read_tried = true;
    else if (next->flags & ACTION_HIDDEN || action_has_effect(next->kind))
        retry_forget(retry);
    else if (next->kind != ACTION_WRITE && next->kind != ACTION_YIELD)
        retry->is_last_a_point = false;
}
