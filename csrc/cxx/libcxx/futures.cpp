// SPDX-License-Identifier: MIT
/*
 * futures: what libc++ keeps in its archive of std::future, std::promise and std::async.
 *
 * Why       Their templates, compiled with the program, look at a state that nobody would see written.
 * State     Bits: a value is there, a future has it, all is ready, the function waits for who asks. A mutex
 *           guards them, and who is not served waits at a condition variable.
 */
#include <future>

_LIBCPP_BEGIN_NAMESPACE_STD

using held = unique_lock<mutex>;

void __assoc_sub_state::__on_zero_shared() noexcept { delete this; }

void __assoc_sub_state::__execute() { __throw_future_error(future_errc::no_state); }

void __assoc_sub_state::__sub_wait(held &guard) {
    if (__is_ready())
        return;
    if (__state_ & deferred) {
        __state_ &= ~static_cast<unsigned>(deferred);
        guard.unlock();
        __execute();
        return;
    }
    while (!__is_ready())
        __cv_.wait(guard);
}

void __assoc_sub_state::wait() {
    held guard(__mut_);
    __sub_wait(guard);
}

void __assoc_sub_state::copy() {
    held guard(__mut_);
    __sub_wait(guard);
    if (__exception_ != nullptr)
        rethrow_exception(__exception_);
}

void __assoc_sub_state::__make_ready() {
    lock_guard<mutex> guard(__mut_);
    __state_ |= ready;
    __cv_.notify_all();
}

static void refuse_second(bool has_value) {
    if (has_value)
        __throw_future_error(future_errc::promise_already_satisfied);
}

void __assoc_sub_state::set_value() {
    lock_guard<mutex> guard(__mut_);
    refuse_second(__has_value());
    __state_ |= __constructed | ready;
    __cv_.notify_all();
}

void __assoc_sub_state::set_value_at_thread_exit() {
    lock_guard<mutex> guard(__mut_);
    refuse_second(__has_value());
    __state_ |= __constructed;
    __thread_local_data()->__make_ready_at_thread_exit(this);
}

void __assoc_sub_state::set_exception(exception_ptr exception) {
    lock_guard<mutex> guard(__mut_);
    refuse_second(__has_value());
    __exception_ = exception;
    __state_ |= ready;
    __cv_.notify_all();
}

void __assoc_sub_state::set_exception_at_thread_exit(exception_ptr exception) {
    lock_guard<mutex> guard(__mut_);
    refuse_second(__has_value());
    __exception_ = exception;
    __thread_local_data()->__make_ready_at_thread_exit(this);
}

future<void>::future(__assoc_sub_state *state) : __state_(state) {
    __state_->__attach_future();
}

future<void>::~future() {
    if (__state_)
        __state_->__release_shared();
}

void future<void>::get() {
    unique_ptr<__shared_count, __release_shared_count> last(__state_);
    __assoc_sub_state *state = __state_;
    __state_ = nullptr;
    state->copy();
}

shared_future<void>::~shared_future() {
    if (__state_)
        __state_->__release_shared();
}

shared_future<void> &shared_future<void>::operator=(const shared_future &other) {
    if (other.__state_)
        other.__state_->__add_shared();
    if (__state_)
        __state_->__release_shared();
    __state_ = other.__state_;
    return *this;
}

promise<void>::promise() : __state_(new __assoc_sub_state) {}

promise<void>::~promise() {
    if (!__state_)
        return;
    if (!__state_->__has_value() && __state_->use_count() > 1)
        __state_->set_exception(make_exception_ptr(
            future_error(make_error_code(future_errc::broken_promise))));
    __state_->__release_shared();
}

template <class State> static State *needed(State *state) {
    if (state == nullptr)
        __throw_future_error(future_errc::no_state);
    return state;
}

future<void> promise<void>::get_future() { return future<void>(needed(__state_)); }
void promise<void>::set_value() { needed(__state_)->set_value(); }
void promise<void>::set_exception(exception_ptr exception) {
    needed(__state_)->set_exception(exception);
}
void promise<void>::set_value_at_thread_exit() {
    needed(__state_)->set_value_at_thread_exit();
}
void promise<void>::set_exception_at_thread_exit(exception_ptr exception) {
    needed(__state_)->set_exception_at_thread_exit(exception);
}

_LIBCPP_END_NAMESPACE_STD
