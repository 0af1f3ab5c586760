/* SPDX-License-Identifier: MIT */
#include "notify.h"
void notify_run_case(const struct subject *subject, const struct fault_case *the_case,
                     struct fault_result *result) {
    run_case(subject, the_case, result);
}
