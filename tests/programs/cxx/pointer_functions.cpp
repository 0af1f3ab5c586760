// SPDX-License-Identifier: MIT
// The free functions for a shared pointer lock; flaw: one thread does without.
#include <cassert>
#include <memory>
#include <thread>
std::shared_ptr<int> shared = std::make_shared<int>(1);
int main() {
    std::thread a([] { std::atomic_store(&shared, std::make_shared<int>(2)); });
#ifdef PLAIN
    auto seen = shared;
#else
    auto seen = std::atomic_load(&shared);
#endif
    assert(*seen == 1 || *seen == 2);
    a.join();
}
