// SPDX-License-Identifier: MIT
#include <atomic>
#include <cassert>
#include <thread>
#ifndef PUBLISH
#define PUBLISH std::memory_order_release
#endif
struct shape {
    virtual ~shape() {}
    virtual int sides() const = 0;
};
struct square : shape {
    int n = 4;
    int sides() const override { return n; }
};
std::atomic<shape *> current;
int main() {
    std::thread a([] { current.store(new square, PUBLISH); });
    if (shape *seen = current.load(std::memory_order_acquire))
        assert(seen->sides() == 4);
    a.join();
    delete current.load();
}
