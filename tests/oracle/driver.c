/* SPDX-License-Identifier: MIT */
/*
 * driver: asks the search for the graphs of program after program, without compiler, fibers or hooks.
 *
 * Why       When a graph is missing, this tells the search's fault from the runtime's; and it
 *           compares thousands of programs a minute.
 * Input     One line per program: model (sc, tso, rc11; with a + behind it, by symmetry), then its
 *           text as tests/engine/scripted.h has it, its variables k, l, m and n.
 * Output    Per program: one JSON line per execution, in the form of the explorer's --dump; then
 *           "= EXECUTIONS BLOCKED FAILURE", the search's own counts.
 */
#include <heald/explore.h>

#include "scripted.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LINE = 4096 };

static struct script *script;
static const char *const names[] = {"x+0", "y+0", "z+0", "w+0"};

static size_t variable_at(uintptr_t address) {
    return (address - script_address(script, 'k')) / sizeof(uint64_t);
}

static const char *kind_of(const struct explore_event *event) {
    if (event->action->kind == ACTION_FENCE)
        return "F";
    if (event->reads)
        return event->writes ? "U" : "R";
    return event->writes ? "W" : "S";
}

static void print_event(const struct explore_event *event) {
    static const char *const orders[] = {"rlx", "acq", "acq", "rel", "ar", "sc"};
    printf("{\"k\":\"%s\",\"o\":\"%s\"", kind_of(event), orders[event->order % 6]);
    if (event->reads || event->writes)
        printf(",\"at\":\"%s\"", names[variable_at(event->action->address) % 4]);
    if (event->reads)
        printf(",\"r\":%d", (int32_t)(uint32_t)event->value_read[0]);
    if (event->writes)
        printf(",\"w\":%d", (int32_t)(uint32_t)event->value_written[0]);
    if (event->reads && event->rf_thread >= 0)
        printf(",\"rf\":[%d,%u]", event->rf_thread, event->rf_index);
    printf("}");
}

static void print_orders(const struct explore_view *view) {
    for (uint32_t i = 0, shown = 0; i < explore_view_locations(view); i++) {
        uint32_t size, writes, thread, index;
        uintptr_t address = explore_view_location(view, i, &size, &writes);
        size_t which = variable_at(address);
        if (which >= 4 || writes == 0)
            continue;
        printf("%s\"%s\":[", shown++ ? "," : "", names[which]);
        for (uint32_t position = 1; position <= writes; position++) {
            explore_view_write(view, i, position, &thread, &index);
            printf("%s[%u,%u]", position > 1 ? "," : "", thread, index);
        }
        printf("]");
    }
}

static int print_execution(void *self, const struct explore_view *view) {
    (void)self;
    printf("{\"threads\":[");
    for (uint32_t thread = 0; thread < explore_view_threads(view); thread++) {
        printf("%s[", thread ? "," : "");
        for (uint32_t i = 0; i < explore_view_length(view, thread); i++) {
            struct explore_event event;
            explore_view_event(view, thread, i, &event);
            if (i)
                printf(",");
            print_event(&event);
        }
        printf("]");
    }
    printf("],\"mo\":{");
    print_orders(view);
    printf("}}\n");
    return 0;
}

int main(void) {
    static char line[MOST_LINE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *text = strchr(line, ' ');
        if (text == NULL)
            return 2;
        script = script_parse(text);
        struct explore_options options = {
            .model = line[0] == 's'   ? EXPLORE_SC
                     : line[0] == 't' ? EXPLORE_TSO
                                      : EXPLORE_RC11,
            .weak_failures = 1,
            .symmetry = text[-1] == '+',
            .callbacks = {.on_execution = print_execution},
        };
        struct explore_result result;
        struct program program = script_program(script);
        if (explore(&program, &options, &result) != 0)
            return 3;
        printf("= %llu %llu %u\n", (unsigned long long)result.executions,
               (unsigned long long)result.blocked, (unsigned)result.first.kind);
        fflush(stdout);
    }
    return 0;
}
