/* SPDX-License-Identifier: MIT */
/*
 * pause: one short wait that tells the processor it is one.
 */
#ifndef STRESS_PAUSE_H
#define STRESS_PAUSE_H

static inline void pause_once(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#else
    __asm__ volatile("");
#endif
}

#endif
