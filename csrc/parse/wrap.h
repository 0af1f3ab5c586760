/* SPDX-License-Identifier: MIT */
/*
 * wrap: a call of the parser that the linker leads here first.
 *
 * Source    ld(1), --wrap: `name` becomes __wrap_name, and the one behind it is __real_name.
 */
#ifndef PARSE_WRAP_H
#define PARSE_WRAP_H

/* The real call behind a wrapped one, with what is to be noted first. */
#define WRAP(type, name, parameters, arguments, note)                                    \
    type __real_##name parameters;                                                       \
    type __wrap_##name parameters;                                                       \
    type __wrap_##name parameters {                                                      \
        note;                                                                            \
        return __real_##name arguments;                                                  \
    }

#endif
