/* SPDX-License-Identifier: MIT */
/* served: see served.h. */
#include "calls/served.h"

#include <string.h>

#include "calls/tables.h"

static const struct service *const tables[] = {
    tsan_services,      library_atomic_services, thread_services,
    lock_services,      rwlock_services,         condition_services,
    c11_services,       heap_services,           memory_services,
    text_services,      number_services,         wide_services,
    scan_services,      output_services,         file_services,
    input_services,     option_services,         process_services,
    time_services,      calendar_services,       cxx_services,
    tls_services,       futex_services,          scenario_services,
    exit_services,      descriptor_services,     descriptor_name_services,
    stat_services,      waiting_services,        epoll_services,
    timer_services,     socket_services,         map_services,
    vector_services,    assembly_services,       harness_services,
    attribute_services, locale_services,         piece_services,
    jump_services,      panic_services,          NULL,
};

uintptr_t served_address(const char *name) {
    for (size_t i = 0; tables[i]; i++)
        for (const struct service *service = tables[i]; service->name; service++)
            if (strcmp(service->name, name) == 0)
                return (uintptr_t)service->address;
    return 0;
}
