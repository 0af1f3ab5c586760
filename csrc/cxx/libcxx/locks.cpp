// SPDX-License-Identifier: MIT
/*
 * locks: what libc++ keeps in its archive of locks that have a state of their own.
 *
 * Why       Their templates, compiled with the program, look at the state, which nobody would see written.
 * How       A mutex guards the state, and who cannot go on waits at a condition variable.
 * Shared    Writers first: the one that comes shuts the first gate, and waits at the second for the readers.
 * Once      A flag is 0 before, 1 while somebody is at it, and all ones after; who calls looks at it first,
 *           without a lock.
 */
#include <mutex>
#include <pthread.h>
#include <shared_mutex>

_LIBCPP_BEGIN_NAMESPACE_STD

using held = unique_lock<mutex>;

timed_mutex::timed_mutex() : __locked_(false) {}
timed_mutex::~timed_mutex() { lock_guard<mutex> guard(__m_); }

void timed_mutex::lock() {
    held guard(__m_);
    while (__locked_)
        __cv_.wait(guard);
    __locked_ = true;
}

bool timed_mutex::try_lock() noexcept {
    held guard(__m_, try_to_lock);
    if (!guard.owns_lock() || __locked_)
        return false;
    return __locked_ = true;
}

void timed_mutex::unlock() noexcept {
    lock_guard<mutex> guard(__m_);
    __locked_ = false;
    __cv_.notify_one();
}

recursive_timed_mutex::recursive_timed_mutex() : __count_(0), __id_() {}
recursive_timed_mutex::~recursive_timed_mutex() { lock_guard<mutex> guard(__m_); }

void recursive_timed_mutex::lock() {
    const __thread_id self = this_thread::get_id();
    held guard(__m_);
    while (__count_ != 0 && !(__id_ == self))
        __cv_.wait(guard);
    ++__count_;
    __id_ = self;
}

bool recursive_timed_mutex::try_lock() noexcept {
    const __thread_id self = this_thread::get_id();
    held guard(__m_, try_to_lock);
    if (!guard.owns_lock() || (__count_ != 0 && !(__id_ == self)))
        return false;
    ++__count_;
    __id_ = self;
    return true;
}

void recursive_timed_mutex::unlock() noexcept {
    held guard(__m_);
    if (--__count_ != 0)
        return;
    __id_.__reset();
    guard.unlock();
    __cv_.notify_one();
}

__shared_mutex_base::__shared_mutex_base() : __state_(0) {}

void __shared_mutex_base::lock() {
    held guard(__mut_);
    while (__state_ & __write_entered_)
        __gate1_.wait(guard);
    __state_ |= __write_entered_;
    while (__state_ & __n_readers_)
        __gate2_.wait(guard);
}

bool __shared_mutex_base::try_lock() {
    held guard(__mut_);
    if (__state_ != 0)
        return false;
    __state_ = __write_entered_;
    return true;
}

void __shared_mutex_base::unlock() {
    lock_guard<mutex> guard(__mut_);
    __state_ = 0;
    __gate1_.notify_all();
}

static bool is_shut(unsigned state, unsigned writer, unsigned readers) {
    return (state & writer) || (state & readers) == readers;
}

void __shared_mutex_base::lock_shared() {
    held guard(__mut_);
    while (is_shut(__state_, __write_entered_, __n_readers_))
        __gate1_.wait(guard);
    ++__state_;
}

bool __shared_mutex_base::try_lock_shared() {
    held guard(__mut_);
    if (is_shut(__state_, __write_entered_, __n_readers_))
        return false;
    ++__state_;
    return true;
}

void __shared_mutex_base::unlock_shared() {
    lock_guard<mutex> guard(__mut_);
    --__state_;
    if (!(__state_ & __write_entered_)) {
        if ((__state_ & __n_readers_) == __n_readers_ - 1)
            __gate1_.notify_one();
    } else if ((__state_ & __n_readers_) == 0) {
        __gate2_.notify_one();
    }
}

shared_timed_mutex::shared_timed_mutex() : __base() {}
void shared_timed_mutex::lock() { __base.lock(); }
bool shared_timed_mutex::try_lock() { return __base.try_lock(); }
void shared_timed_mutex::unlock() { __base.unlock(); }
void shared_timed_mutex::lock_shared() { __base.lock_shared(); }
bool shared_timed_mutex::try_lock_shared() { return __base.try_lock_shared(); }
void shared_timed_mutex::unlock_shared() { __base.unlock_shared(); }

using once_state = once_flag::_State_type;

static pthread_mutex_t once_lock;
static pthread_cond_t once_done;

static void once_becomes(volatile once_state &flag, once_state state, int order) {
    pthread_mutex_lock(&once_lock);
    __atomic_store_n(&flag, state, order);
    pthread_mutex_unlock(&once_lock);
    pthread_cond_broadcast(&once_done);
}

void __call_once(volatile once_state &flag, void *argument, void (*routine)(void *)) {
    pthread_mutex_lock(&once_lock);
    while (__atomic_load_n(&flag, __ATOMIC_RELAXED) == 1)
        pthread_cond_wait(&once_done, &once_lock);
    const bool is_mine = __atomic_load_n(&flag, __ATOMIC_RELAXED) == 0;
    if (is_mine)
        __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&once_lock);
    if (!is_mine)
        return;
    try {
        routine(argument);
    } catch (...) {
        once_becomes(flag, 0, __ATOMIC_RELAXED);
        throw;
    }
    once_becomes(flag, ~static_cast<once_state>(0), __ATOMIC_RELEASE);
}

_LIBCPP_END_NAMESPACE_STD
