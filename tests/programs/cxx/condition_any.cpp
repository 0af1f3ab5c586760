// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <condition_variable>
#include <mutex>
#include <thread>
std::mutex lock;
std::condition_variable_any changed;
int main() {
    std::jthread waiter([](std::stop_token stop) {
        std::unique_lock<std::mutex> held(lock);
        changed.wait(held, stop, [] { return false; });
    });
}
