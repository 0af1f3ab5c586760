// SPDX-License-Identifier: MIT
// flags: -std=c++17
#include <cassert>
#include <mutex>
#include <shared_mutex>
#include <thread>
std::shared_mutex lock;
int value;
int main() {
    std::thread writer([] {
        std::unique_lock<std::shared_mutex> held(lock);
        value = 1;
    });
    std::thread reader([] {
#ifndef NO_LOCK
        std::shared_lock<std::shared_mutex> held(lock);
#endif
        assert(value == 0 || value == 1);
    });
    writer.join();
    reader.join();
}
