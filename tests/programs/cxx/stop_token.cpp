// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <atomic>
#include <thread>
std::atomic<int> rounds;
int main() {
    std::jthread worker([](std::stop_token stop) {
        while (!stop.stop_requested())
            std::this_thread::yield();
        rounds = 1;
    });
}
