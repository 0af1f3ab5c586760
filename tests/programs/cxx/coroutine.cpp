// SPDX-License-Identifier: MIT
// flags: -std=c++20
// A coroutine that one thread suspends and another resumes; flaw: handed over relaxed.
#include <atomic>
#include <cassert>
#include <coroutine>
#include <exception>
#include <thread>

#ifndef HAND_OVER
#define HAND_OVER std::memory_order_release
#endif

struct task {
    struct promise_type {
        task get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

static std::atomic<void *> waiting;
static int data;

struct elsewhere {
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
        waiting.store(handle.address(), HAND_OVER);
    }
    void await_resume() {}
};

static task work() {
    data = 1;
    co_await elsewhere{};
    assert(data == 2);
}

int main() {
    std::thread other([] {
        void *handle;
        while (!(handle = waiting.load(std::memory_order_acquire))) {
        }
        data++;
        std::coroutine_handle<>::from_address(handle).resume();
    });
    task begun = work();
    other.join();
    assert(begun.handle.done());
    begun.handle.destroy();
}
