/* SPDX-License-Identifier: MIT */
/* array: see array.h. */
#include "graph/array.h"

#include <stdlib.h>

void *array_grown(jmp_buf *panic, void *array, size_t *capacity, size_t needed,
                  size_t element) {
    if (needed <= *capacity)
        return array;
    size_t grown = *capacity ? *capacity * 2 : 16;
    while (grown < needed)
        grown *= 2;
    void *result = realloc(array, grown * element);
    if (!result)
        longjmp(*panic, 1);
    *capacity = grown;
    return result;
}
