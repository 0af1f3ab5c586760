// SPDX-License-Identifier: MIT
// A shared pointer made from the object itself, and one made from a weak pointer that has expired.
#include <cassert>
#include <memory>
#include <thread>
struct node : std::enable_shared_from_this<node> {
    int value = 3;
};
int main() {
    auto held = std::make_shared<node>();
    std::weak_ptr<node> weak = held;
    std::thread a([weak] {
        if (auto copy = weak.lock())
            assert(copy->shared_from_this()->value == 3);
    });
    held.reset();
    a.join();
    try {
        std::shared_ptr<node> none(weak);
        assert(false);
    } catch (const std::bad_weak_ptr &) {
    }
}
