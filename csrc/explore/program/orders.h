/* SPDX-License-Identifier: MIT */
/*
 * orders: the memory order of each place in the program, as it is written and as it is run.
 *
 * Why       "Would release be enough here?" is a question about an execution, not about a text:
 *           orders hide behind macros, wrappers, templates and operators. Where an operation
 *           executes all of that is gone: there is a place (a return address) and an order.
 * How       The hooks ask for each atomic operation and fence. Places that were seen are kept, with
 *           the orders that the program itself gave, for whoever wants to know what executed.
 * Rule      What is set holds for the whole search: behaviour that is remembered has it in it.
 */
#ifndef EXPLORE_ORDERS_H
#define EXPLORE_ORDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action.h"

enum { ORDERS_ALL = 0x3f }; /* the bit set of all of enum action_order */

struct order_place {
    uint32_t site;                 /* 0: a free slot */
    uint8_t kind;                  /* enum action_kind */
    uint8_t written, written_fail; /* bit sets of enum action_order; fail: of a CAS */
    uint8_t set_for; /* bit set: which of the written orders are changed, ... */
    uint8_t set[6], set_fail[6];    /* ... and to which, by the written one */
    bool fence_before, fence_after; /* seq_cst ones that the program does not have */
    bool is_split;                  /* an update, taken for a load and a store */
    bool is_plain;                  /* no atomic operation: a read or a write ... */
    bool takes_relaxed;             /* ... which is taken for a relaxed atomic one */
    bool has_company; /* other threads could run when it was done, once at least */
};

struct orders {
    bool is_watching; /* something is set, or places are wanted */
    bool all_seq_cst; /* every place that is not set by itself */
    bool all_fenced;  /* every place, before and after */
    bool wants_plain; /* places of plain accesses, too */
    bool has_relaxed; /* one of those is taken for an atomic access */
    struct order_place *places;
    size_t count, room; /* room: a power of two, or 0 */
};

/* At this place from now on, where one of the orders in the bit set `written` is given: a wrapper
   that gets orders as arguments has several. `fail` is for a compare-exchange. */
void orders_set(struct orders *orders, uint32_t site, uint8_t order, uint8_t fail,
                uint8_t written);
/* A seq_cst fence before or after what is done at this place. */
void orders_fence(struct orders *orders, uint32_t site, bool is_before);
bool orders_has_fence(struct orders *orders, uint32_t site, bool is_before);
/* An update at this place is a load and then a store: what was between is lost. */
void orders_split(struct orders *orders, uint32_t site);
bool orders_has_split(struct orders *orders, uint32_t site);
/* Plain accesses at this place are relaxed atomic ones. */
void orders_relax(struct orders *orders, uint32_t site);
/* Called for each plain access; flags for its action. */
unsigned orders_plain(struct orders *orders, uint32_t site);
void orders_end(struct orders *orders);
/* Called for each atomic action and fence that is about to be asked; changes its order. What is done
   while there is no other thread comes before or after everything else, whatever its order. */
void orders_apply(struct orders *orders, struct action *action, bool is_alone);

#endif
