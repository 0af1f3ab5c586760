/* SPDX-License-Identifier: MIT */
/* ends: the two descriptors of one source or sink. */
#ifndef HEALD_FAULTS_ENDS_H
#define HEALD_FAULTS_ENDS_H

#include "kept_pair.h"

struct ends {
    int near;            /* the subject's */
    int far;             /* the peer's; -1: there is none */
    enum kept_kind kept; /* what both are, if they outlive the case */
};

#endif
