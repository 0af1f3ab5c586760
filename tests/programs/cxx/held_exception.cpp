// SPDX-License-Identifier: MIT
// Two threads hold one exception; whoever lets go last ends it. Then a promise that nobody keeps.
#include <cassert>
#include <future>
#include <thread>
#ifndef CHANGED
#define CHANGED 0
#endif

struct counted {
    int value, *ended;
    ~counted() { ++*ended; }
};

static int ended;

static void look(const std::shared_future<void> &asked) {
    try {
        asked.get();
    } catch (counted &found) {
        found.value += CHANGED;
        assert(found.value >= 3);
    }
}

static void shared() {
    std::promise<void> promise;
    std::shared_future<void> asked = promise.get_future().share();
    try {
        throw counted{3, &ended};
    } catch (...) {
        promise.set_exception(std::current_exception());
    }
    std::thread other([asked] { look(asked); });
    look(asked);
    other.join();
}

int main() {
    shared();
    assert(ended == 1);
    std::promise<int> promise;
    std::future<int> asked = promise.get_future();
    std::thread other([left = std::move(promise)]() mutable { auto gone = std::move(left); });
    try {
        asked.get();
        assert(false);
    } catch (const std::future_error &error) {
        assert(error.code() == std::future_errc::broken_promise);
    }
    other.join();
}
