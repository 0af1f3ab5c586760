// SPDX-License-Identifier: MIT
#include <chrono>
#include <mutex>
#include <thread>
std::timed_mutex lock;
int entered;
static void enter() {
    if (lock.try_lock_for(std::chrono::milliseconds(1))) {
        entered++;
        lock.unlock();
    }
}
int main() {
    std::thread a(enter);
    enter();
    a.join();
}
