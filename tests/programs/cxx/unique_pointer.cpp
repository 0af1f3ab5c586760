// SPDX-License-Identifier: MIT
// flags: -std=c++14
#include <atomic>
#include <cassert>
#include <memory>
#include <thread>
std::atomic<int *> slot;
int main() {
    std::thread a([] { slot.store(std::make_unique<int>(7).release()); });
    a.join();
    std::unique_ptr<int> taken(slot.exchange(nullptr));
    assert(*taken == 7);
}
