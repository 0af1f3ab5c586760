// SPDX-License-Identifier: MIT
/*
 * texts: who shares the text of a std::runtime_error, a std::out_of_range or the like.
 *
 * Why       Copies share one text, which the C++ library counts the owners of in its archive: nobody would see
 *           that the last one, who frees it, comes after all others.
 * How       As in exception.cpp: the linker leads here who destroys a copy (--wrap), and that is told as an
 *           update that acquires and releases. The text lies behind the table of virtual functions.
 */
extern "C" void heald_exception_held(const void *shared, int more, const void *caller);

/* What the archive wrote, unseen. */
extern "C" void *heald_unseen_pointer(void *const *place);

#define DESTROYED(name)                                                                  \
    extern "C" void __real_##name(void **object);                                        \
    extern "C" void __wrap_##name(void **object);                                        \
    extern "C" void __wrap_##name(void **object) {                                       \
        heald_exception_held(heald_unseen_pointer(object + 1), -1,                       \
                             __builtin_return_address(0));                               \
        __real_##name(object);                                                           \
    }
#define TEXT_OF(name)                                                                    \
    DESTROYED(_ZNSt##name##D1Ev)                                                         \
    DESTROYED(_ZNSt##name##D2Ev)
TEXT_OF(13runtime_error)
TEXT_OF(11range_error)
TEXT_OF(14overflow_error)
TEXT_OF(15underflow_error)
TEXT_OF(11logic_error)
TEXT_OF(12domain_error)
TEXT_OF(16invalid_argument)
TEXT_OF(12length_error)
TEXT_OF(12out_of_range)
