/* SPDX-License-Identifier: MIT */
/* orders: see orders.h. */
#include "program/orders.h"

#include <stdlib.h>

static struct order_place *slot(struct order_place *places, size_t room, uint32_t site) {
    size_t at = (site * 2654435761u) & (room - 1);

    while (places[at].site && places[at].site != site)
        at = (at + 1) & (room - 1);
    return &places[at];
}

static void grow(struct orders *orders) {
    size_t room = orders->room ? 2 * orders->room : 64;
    struct order_place *places = calloc(room, sizeof *places);

    if (!places)
        abort();
    for (size_t i = 0; i < orders->room; i++)
        if (orders->places[i].site)
            *slot(places, room, orders->places[i].site) = orders->places[i];
    free(orders->places);
    orders->places = places;
    orders->room = room;
}

static struct order_place *place_of(struct orders *orders, uint32_t site) {
    if (2 * (orders->count + 1) > orders->room)
        grow(orders);
    struct order_place *place = slot(orders->places, orders->room, site);
    if (!place->site) {
        place->site = site;
        orders->count++;
    }
    return place;
}

void orders_set(struct orders *orders, uint32_t site, uint8_t order, uint8_t fail,
                uint8_t written) {
    struct order_place *place = place_of(orders, site);

    for (unsigned i = 0; i < sizeof place->set; i++)
        if (written >> i & 1) {
            place->set[i] = order;
            place->set_fail[i] = fail;
        }
    place->set_for |= written;
    orders->is_watching = true;
}

void orders_end(struct orders *orders) {
    free(orders->places);
    *orders = (struct orders){0};
}

void orders_fence(struct orders *orders, uint32_t site, bool is_before) {
    struct order_place *place = place_of(orders, site);

    if (is_before)
        place->fence_before = true;
    else
        place->fence_after = true;
    orders->is_watching = true;
}

void orders_split(struct orders *orders, uint32_t site) {
    place_of(orders, site)->is_split = true;
    orders->is_watching = true;
}

void orders_relax(struct orders *orders, uint32_t site) {
    place_of(orders, site)->takes_relaxed = true;
    orders->wants_plain = orders->has_relaxed = true;
}

unsigned orders_plain(struct orders *orders, uint32_t site) {
    if (!site)
        return 0;
    struct order_place *place = place_of(orders, site);
    place->is_plain = true;
    return place->takes_relaxed ? ACTION_RELAXED : 0;
}

bool orders_has_split(struct orders *orders, uint32_t site) {
    return site && orders->room && slot(orders->places, orders->room, site)->is_split;
}

bool orders_has_fence(struct orders *orders, uint32_t site, bool is_before) {
    if (!site || orders->all_fenced || !orders->room)
        return site && orders->all_fenced;
    const struct order_place *place = slot(orders->places, orders->room, site);
    return is_before ? place->fence_before : place->fence_after;
}

void orders_apply(struct orders *orders, struct action *action, bool is_alone) {
    if (!action->site)
        return;
    struct order_place *place = place_of(orders, action->site);
    place->kind = action->kind;
    place->has_company |= !is_alone;
    place->written |= (uint8_t)(1u << action->order);
    if (action->kind == ACTION_CAS)
        place->written_fail |= (uint8_t)(1u << action->order_fail);
    unsigned written = action->order;
    if (place->set_for >> written & 1) {
        action->order = place->set[written];
        action->order_fail = place->set_fail[written];
    } else if (orders->all_seq_cst) {
        action->order = action->order_fail = ORDER_SEQ_CST;
    }
}
