// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <atomic>
#include <cassert>
#include <memory>
#include <thread>
std::atomic<std::shared_ptr<int>> slot;
int main() {
    std::thread a([] { slot.store(std::make_shared<int>(7)); });
    if (auto copy = slot.load())
        assert(*copy == 7);
    a.join();
}
