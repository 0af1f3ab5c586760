// SPDX-License-Identifier: MIT
/*
 * exception: who holds an exception, so that it is known who ends it.
 *
 * Why       libstdc++ counts its holders (handlers, std::exception_ptr) in its archive, where nobody sees it; the last
 *           one that lets go ends it. Each change of that count is told to the search, just before it.
 * How       The linker leads the functions that count here (`--wrap`). The end of a handler frees other memory
 *           first: the exception is held until that is over.
 * Source    Itanium C++ ABI: Exception Handling, 2.2.2 (what is caught, and how often).
 */
#include <cxxabi.h>
#include <exception>
#include <new>
#include <utility>
#ifdef __GLIBCXX__
#define OF_POINTER(which, name)                                                          \
    __asm__(which "_ZNSt15__exception_ptr13exception_ptr" name)
#define CALLER __builtin_return_address(0)

using pointer = const void *;

/* So many holders more. */
extern "C" void heald_exception_held(pointer exception, int more, const void *caller);

/* What the archive wrote, unseen: which exception a thread has caught last, and in how many handlers. */
extern "C" void *heald_unseen_pointer(void *const *place);
extern "C" int heald_unseen_int(const int *place);

void real_hold(pointer *held) OF_POINTER("__real_", "9_M_addrefEv");
void real_let_go(pointer *held) OF_POINTER("__real_", "10_M_releaseEv");
void real_make(pointer *made, void *exception) OF_POINTER("__real_", "C1EPv");
void hold(pointer *held) OF_POINTER("__wrap_", "9_M_addrefEv");
void let_go(pointer *held) OF_POINTER("__wrap_", "10_M_releaseEv");
void make(pointer *made, void *exception) OF_POINTER("__wrap_", "C1EPv");

void hold(pointer *held) {
    heald_exception_held(*held, 1, CALLER);
    real_hold(held);
}

void let_go(pointer *held) {
    pointer own = *held;
    heald_exception_held(own, -1, CALLER);
    real_let_go(&own);
}

void make(pointer *made, void *exception) {
    pointer own;
    heald_exception_held(exception, 1, CALLER);
    real_make(&own, exception);
    *made = own;
}

std::exception_ptr real_current() __asm__("__real__ZSt17current_exceptionv");
std::exception_ptr current() __asm__("__wrap__ZSt17current_exceptionv");

static pointer held_by(const std::exception_ptr &holder) {
    return reinterpret_cast<const pointer &>(holder);
}

std::exception_ptr current() {
    std::exception_ptr now = real_current();
    if (held_by(now))
        heald_exception_held(held_by(now), 1, CALLER);
    return std::move(now); /* writes it where it is seen */
}

#define RETHROW "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE"
[[noreturn]] void real_rethrow(pointer *held) __asm__("__real_" RETHROW);
[[noreturn]] void rethrow(pointer *held) __asm__("__wrap_" RETHROW);

void rethrow(pointer *held) {
    heald_exception_held(*held, 1, CALLER);
    real_rethrow(held);
}

/* What both kinds of caught exceptions begin with. */
struct caught_exception {
    void *of_kind[4];
    caught_exception *next;
    int handlers;
};

void real_end_catch() __asm__("__real___cxa_end_catch");
void end_catch() __asm__("__wrap___cxa_end_catch");

void end_catch() {
    const caught_exception *caught = static_cast<caught_exception *>(
        heald_unseen_pointer(reinterpret_cast<void **>(abi::__cxa_get_globals())));
    alignas(std::exception_ptr) unsigned char space[sizeof(std::exception_ptr)];

    if (!caught || heald_unseen_int(&caught->handlers) != 1)
        return real_end_catch();
    pointer held = held_by(*new (space) std::exception_ptr(real_current()));
    real_end_catch();
    if (!held)
        return;
    heald_exception_held(held, -1, CALLER);
    real_let_go(&held);
}
#endif
