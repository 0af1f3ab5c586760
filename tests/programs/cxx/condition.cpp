// SPDX-License-Identifier: MIT
#include <condition_variable>
#include <mutex>
#include <thread>
std::mutex lock;
std::condition_variable changed;
bool is_ready;
int main() {
    std::thread waiter([] {
        std::unique_lock<std::mutex> held(lock);
        changed.wait(held, [] { return is_ready; });
    });
    {
        std::lock_guard<std::mutex> guard(lock);
        is_ready = true;
    }
#ifndef NO_SIGNAL
    changed.notify_one();
#endif
    waiter.join();
}
