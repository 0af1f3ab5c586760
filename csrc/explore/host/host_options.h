/* SPDX-License-Identifier: MIT */
/* host_options: the command line of heald-explore. heald/explorer/options.py writes it; people seldom do. */
#ifndef EXPLORE_HOST_OPTIONS_H
#define EXPLORE_HOST_OPTIONS_H

#include "host/host_state.h"

/* Fills `host`; returns the words of the program itself. */
char **host_options(struct host *host, int count, char **words);

#endif
