// SPDX-License-Identifier: MIT
/*
 * exceptions: who holds an exception, so that it is known who ends it. See ../exception.cpp.
 *
 * How       libc++ counts by functions of libc++abi: the linker leads their calls here.
 */
extern "C" void heald_exception_held(const void *exception, int more, const void *caller);

extern "C" void **__cxa_get_globals();

#define CALLER __builtin_return_address(0)
#define REAL(name) __asm__("__real___cxa_" name)
#define WRAP(name) __asm__("__wrap___cxa_" name)

void *real_current() REAL("current_primary_exception");
void real_hold(void *exception) REAL("increment_exception_refcount");
void real_let_go(void *exception) REAL("decrement_exception_refcount");
void real_rethrow(void *exception) REAL("rethrow_primary_exception");
void real_end_catch() REAL("end_catch");
void *current() WRAP("current_primary_exception");
void hold(void *exception) WRAP("increment_exception_refcount");
void let_go(void *exception) WRAP("decrement_exception_refcount");
void rethrow(void *exception) WRAP("rethrow_primary_exception");
void end_catch() WRAP("end_catch");

void *current() {
    void *now = real_current();
    if (now)
        heald_exception_held(now, 1, CALLER);
    return now;
}

void hold(void *exception) {
    if (exception)
        heald_exception_held(exception, 1, CALLER);
    real_hold(exception);
}

void let_go(void *exception) {
    if (exception)
        heald_exception_held(exception, -1, CALLER);
    real_let_go(exception);
}

void rethrow(void *exception) {
    if (exception)
        heald_exception_held(exception, 1, CALLER);
    real_rethrow(exception);
}

/* What both kinds of caught exceptions begin with. */
struct caught_exception {
    void *of_kind[6];
    caught_exception *next;
    int handlers;
};

void end_catch() {
    const caught_exception *caught =
        static_cast<const caught_exception *>(*__cxa_get_globals());

    if (!caught || caught->handlers != 1)
        return real_end_catch();
    void *held = real_current();
    real_end_catch();
    if (!held)
        return;
    heald_exception_held(held, -1, CALLER);
    real_let_go(held);
}
