// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <atomic>
#include <thread>
#ifndef CLEAR
#define CLEAR std::memory_order_seq_cst
#endif
std::atomic_flag busy = ATOMIC_FLAG_INIT;
int main() {
    busy.test_and_set();
    std::thread a([] {
        busy.clear(CLEAR);
        busy.notify_one();
    });
    busy.wait(true);
    a.join();
}
