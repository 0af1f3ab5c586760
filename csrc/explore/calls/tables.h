/* SPDX-License-Identifier: MIT */
/* tables: what each family of calls serves, by name; served.c looks through all of them. */
#ifndef EXPLORE_TABLES_H
#define EXPLORE_TABLES_H

#include "program/entry.h"

/* Each ends with a NULL name. */
extern const struct service tsan_services[];
extern const struct service library_atomic_services[];
extern const struct service thread_services[];
extern const struct service attribute_services[];
extern const struct service piece_services[];
extern const struct service locale_services[];
extern const struct service jump_services[];
extern const struct service lock_services[];
extern const struct service rwlock_services[];
extern const struct service condition_services[];
extern const struct service c11_services[];
extern const struct service heap_services[];
extern const struct service memory_services[];
extern const struct service text_services[];
extern const struct service number_services[];
extern const struct service wide_services[];
extern const struct service scan_services[];
extern const struct service output_services[];
extern const struct service file_services[];
extern const struct service input_services[];
extern const struct service option_services[];
extern const struct service process_services[];
extern const struct service exit_services[];
extern const struct service panic_services[];
extern const struct service descriptor_services[];
extern const struct service descriptor_name_services[];
extern const struct service stat_services[];
extern const struct service waiting_services[];
extern const struct service epoll_services[];
extern const struct service timer_services[];
extern const struct service socket_services[];
extern const struct service map_services[];
extern const struct service vector_services[];
extern const struct service harness_services[];
extern const struct service time_services[];
extern const struct service calendar_services[];
extern const struct service cxx_services[];
extern const struct service tls_services[];
extern const struct service futex_services[];
extern const struct service scenario_services[];
extern const struct service assembly_services[];

#endif
