// SPDX-License-Identifier: MIT
#include <cassert>
#include <memory>
#include <thread>
int main() {
    auto held = std::make_shared<int>(3);
    std::weak_ptr<int> weak = held;
    std::thread a([weak] {
        if (auto copy = weak.lock())
            assert(*copy == 3);
    });
    held.reset();
    a.join();
    assert(weak.expired());
}
