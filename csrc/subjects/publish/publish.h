/* SPDX-License-Identifier: MIT */
/*
 * publish: one thread writes data and raises a flag; others see it and read the data.
 *
 * Why       Message passing, the idiom under every queue: the flag says that the data is
 *           there.
 * Files     One way to raise and see the flag per file; each defines `struct publish`.
 * Together            send   try_receive  wait_receive  is_valid
 *   send              never  yes          yes           never
 *   try_receive       yes    yes          yes           never
 *   wait_receive      yes    yes          yes           never
 *           Only one thread may ever send.
 * Progress  send and try_receive are wait-free; wait_receive spins until something was
 *           sent.
 * Always    Once raised, the flag stays raised and the data does not change.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>

struct publish;

void publish_init(struct publish *publish);

/* False, and nothing happens, if there was a message before. `value` is above zero. */
bool publish_send(struct publish *publish, int value);

/* False if nothing was sent so far; else `*value` is what was sent. */
bool publish_try_receive(struct publish *publish, int *value);

/* Returns what was sent. */
int publish_wait_receive(struct publish *publish);

bool publish_is_valid(struct publish *publish);

#endif
