/* SPDX-License-Identifier: MIT */
/* lean_run: one run after another; see lean.h. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lean/lean_cells.h"
#include "lean/lean_policy.h"
#include "lean/lean_steps.h"

/* --- a run -------------------------------------------------------------------------------- */

static void begin(struct lean *lean) {
    struct lean_thread *first = &lean->thread[0];
    lean->run++;
    lean->births = 0;
    lean->settling = 0;
    lean->threads = lean->open = 1;
    lean->exited = lean->is_over = 0;
    lean->end = LEAN_COMPLETE;
    lean->beyond = NULL;
    lean->sc_fences = 0;
    lean->step_count = lean->cell_count = lean->place_count = 0;
    lean->store_count = lean->use_count = lean->block_count = 0;
    memset(first, 0, sizeof *first);
    lean_policy_begin(lean);
}

/* Blocks that nothing leads to are a leak; whether it is one, a graph says. */
static bool loses_blocks(struct lean *lean) {
    const struct program *program = lean->program;
    if (lean->options.asked->leaks_allowed || !program->first_lost)
        return false;
    size_t count = lean_cells_left(lean);
    return count && program->first_lost(program->self, lean->left, count) < count;
}

static bool waits_for_nobody(const struct lean *lean) {
    for (uint32_t t = 0; t < lean->threads; t++)
        if (lean->thread[t].standing == LEAN_JOINS &&
            lean->action[t].operand[0] == JOIN_NOBODY)
            return true;
    return false;
}

/* Nobody goes on. */
static void end(struct lean *lean) {
    lean->is_over = 1;
    if (!lean->open)
        lean->end = LEAN_COMPLETE;
    else
        lean->end = waits_for_nobody(lean) ? LEAN_BLOCKED : LEAN_SUSPECT;
}

/* Takes the next step that has to be chosen. ANSWERS_NOBODY: there is none, or the run is over. */
static uint32_t choose(struct lean *lean) {
    uint8_t ready[LEAN_THREADS];
    uint32_t count = 0;
    for (uint32_t t = 0; t < lean->threads; t++)
        if (lean_step_is_ready(lean, t))
            ready[count++] = (uint8_t)t;
    if (lean->is_over)
        return ANSWERS_NOBODY;
    if (!count) {
        end(lean);
        return ANSWERS_NOBODY;
    }
    uint32_t chosen = lean_policy_thread(lean, ready, count);
    return lean_step_chosen(lean, chosen) ? chosen : ANSWERS_NOBODY;
}

static uint32_t next(void *self, uint32_t thread) {
    struct lean *lean = self;
    if (lean_step_at_once(lean, thread))
        return thread;
    if (lean->is_over)
        return ANSWERS_NOBODY;
    if (!lean->settling)
        return choose(lean);
    uint32_t other = (uint32_t)__builtin_ctzll(lean->settling);
    lean->settling &= lean->settling - 1;
    return other;
}

enum lean_end lean_run(struct lean *lean) {
    begin(lean);
    uint32_t last = lean->program->run(lean->program->self, &lean->answers);
    if (!lean->is_over) { /* it failed, or was cut, where it could not ask */
        bool is_cut = last < LEAN_THREADS && lean->action[last].kind == ACTION_CUT;
        lean->end = is_cut ? LEAN_CUT : LEAN_SUSPECT;
    } else if (lean->end == LEAN_COMPLETE && loses_blocks(lean)) {
        lean->end = LEAN_SUSPECT;
    }
    return lean->end;
}

const struct lean_step *lean_run_steps(const struct lean *lean, size_t *count) {
    *count = lean->step_count;
    return lean->steps;
}

const char *lean_run_beyond(const struct lean *lean) { return lean->beyond; }

/* --- all of them -------------------------------------------------------------------------- */

struct lean *lean_run_open(const struct program *program,
                           const struct lean_options *options, struct random random) {
    struct lean *lean = program->run
                            ? mmap(NULL, sizeof *lean, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                            : MAP_FAILED;
    if (lean == MAP_FAILED)
        return NULL;
    lean->program = program;
    lean->options = *options;
    lean->model = options->asked->model;
    lean->answers = (struct answers){lean, lean->action, lean->reply, next};
    lean->policy.random = random;
    for (uint32_t t = 0; t < LEAN_THREADS; t++)
        for (uint32_t n = 0; n < LEAN_CHILDREN; n++)
            lean->child[t][n] = -1;
    if (lean_policy_open(lean))
        return lean;
    lean_run_close(lean);
    return NULL;
}

void lean_run_close(struct lean *lean) {
    if (!lean)
        return;
    free(lean->policy.change);
    munmap(lean, sizeof *lean);
}
