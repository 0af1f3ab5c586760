/* SPDX-License-Identifier: MIT */
/*
 * poll_with_backoff: how libc++ waits for a condition, found in place of its own header.
 *
 * Why       libc++ looks 64 times before it asks the clock, and again and again before it sleeps: who looks
 *           once more than another would be another execution, and nobody else can tell.
 * How       Told that much time has passed, a policy waits as long as it ever would.
 * Latches   and semaphores are looked at until they are open, without sleeping: of two who come to a semaphore
 *           at once, one may miss that it is free for the other, too; libc++ finds that out two seconds later.
 */
#ifndef _LIBCPP___THREAD_POLL_WITH_BACKOFF_H
#define _LIBCPP___THREAD_POLL_WITH_BACKOFF_H
#include <__availability>
#include <__config>
#include <chrono>
#include <type_traits>

_LIBCPP_BEGIN_NAMESPACE_STD

template <class Atomic, class Test> struct __libcpp_atomic_wait_backoff_impl;
template <class Atomic, class Value> struct __cxx_atomic_wait_test_fn_impl;

/* Not for what the library notifies of itself. */
template <class Policy> struct __sleeps {
    static constexpr bool value = true;
};
template <class Atomic, class Test>
struct __sleeps<__libcpp_atomic_wait_backoff_impl<Atomic, Test>> {
    static constexpr bool value = false;
};
template <class Atomic, class Value>
struct __sleeps<__libcpp_atomic_wait_backoff_impl<
    Atomic, __cxx_atomic_wait_test_fn_impl<Atomic, Value>>> {
    static constexpr bool value = true;
};

/* Whether `test` came true before `most` had passed, if that is not 0, and before the policy ended it. */
template <class Test, class Policy>
bool __libcpp_thread_poll_with_backoff(
    Test &&test, Policy &&policy,
    chrono::nanoseconds most = chrono::nanoseconds::zero()) {
    using clock = chrono::steady_clock;
    using kind = typename remove_cv<typename remove_reference<Policy>::type>::type;
    const bool is_timed = most != chrono::nanoseconds::zero();
    const clock::time_point start = is_timed ? clock::now() : clock::time_point();

    while (!test()) {
        if (is_timed && clock::now() - start > most)
            return false;
        if (__sleeps<kind>::value && policy(chrono::hours(1)))
            return false;
    }
    return true;
}

struct __spinning_backoff_policy {
    constexpr bool operator()(const chrono::nanoseconds &) const { return false; }
};

_LIBCPP_END_NAMESPACE_STD
#endif
