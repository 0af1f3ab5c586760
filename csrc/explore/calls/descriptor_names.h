/* SPDX-License-Identifier: MIT */
/*
 * descriptor_names: several numbers for one thing (dup), and numbers that are closed.
 *
 * Closed    A hidden location of each number: who comes after close gets EBADF, who closes twice too. A number is
 *           never given anew, so that is all that can happen to who comes too late.
 * Several   A hidden count beside the thing: the last number that is closed ends it.
 * Cost      Looked at only where the program has a call that closes, or one that doubles.
 */
#ifndef EXPLORE_DESCRIPTOR_NAMES_H
#define EXPLORE_DESCRIPTOR_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* One more number for what this one stands for. */
int descriptor_name_again(int number, uint32_t site);

/* False, with errno, when it was closed. */
bool descriptor_name_is_open(int number, uint32_t site);

/* What it stands for is there, under this number or another one (dup). Of what a loop may come back to. */
bool descriptor_thing_is_there(int number, uint32_t site);

enum closing { WAS_CLOSED, OTHERS_STAY, WAS_LAST };

enum closing descriptor_name_close(int number, uint32_t site);

#endif
