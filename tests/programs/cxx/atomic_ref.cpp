// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <atomic>
#include <cassert>
#include <thread>
int plain;
int main() {
    std::thread a([] { std::atomic_ref<int>(plain).fetch_add(1); });
#ifdef PLAIN
    plain++;
#else
    std::atomic_ref<int>(plain).fetch_add(1);
#endif
    a.join();
    assert(plain == 2);
}
