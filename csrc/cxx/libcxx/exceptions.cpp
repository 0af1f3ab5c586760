// SPDX-License-Identifier: MIT
/*
 * exceptions: who holds an exception, so that it is known who ends it. See ../exception.cpp.
 *
 * How       libc++ counts by functions of libc++abi: the linker leads their calls here. What a std::exception_ptr and a
 *           std::nested_exception do is compiled here, too: they write to the program's memory.
 */
#include <exception>

extern "C" void heald_exception_held(const void *exception, int more, const void *caller);

/* What the archive wrote, unseen: which exception a thread has caught last, and in how many handlers. */
extern "C" void *heald_unseen_pointer(void *const *place);
extern "C" int heald_unseen_int(const int *place);

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

static void more(void *exception, const void *caller) {
    if (!exception)
        return;
    heald_exception_held(exception, 1, caller);
    real_hold(exception);
}

static void less(void *exception, const void *caller) {
    if (!exception)
        return;
    heald_exception_held(exception, -1, caller);
    real_let_go(exception);
}

void hold(void *exception) { more(exception, CALLER); }
void let_go(void *exception) { less(exception, CALLER); }

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
        static_cast<const caught_exception *>(heald_unseen_pointer(__cxa_get_globals()));

    if (!caught || heald_unseen_int(&caught->handlers) != 1)
        return real_end_catch();
    void *held = real_current();
    real_end_catch();
    if (!held)
        return;
    heald_exception_held(held, -1, CALLER);
    real_let_go(held);
}

/* --- what keeps an exception --------------------------------- */

namespace std {

exception_ptr::~exception_ptr() noexcept { less(__ptr_, CALLER); }

exception_ptr::exception_ptr(const exception_ptr &other) noexcept : __ptr_(other.__ptr_) {
    more(__ptr_, CALLER);
}

exception_ptr &exception_ptr::operator=(const exception_ptr &other) noexcept {
    void *before = __ptr_;
    if (before == other.__ptr_)
        return *this;
    more(other.__ptr_, CALLER);
    __ptr_ = other.__ptr_;
    less(before, CALLER);
    return *this;
}

exception_ptr current_exception() noexcept {
    exception_ptr now;
    void *exception = real_current();
    if (exception)
        heald_exception_held(exception, 1, CALLER);
    reinterpret_cast<void *&>(now) = exception;
    return now;
}

nested_exception::nested_exception() noexcept : __ptr_(current_exception()) {}

nested_exception::~nested_exception() noexcept = default;

void nested_exception::rethrow_nested() const {
    if (!__ptr_)
        terminate();
    rethrow_exception(__ptr_);
}

} // namespace std
