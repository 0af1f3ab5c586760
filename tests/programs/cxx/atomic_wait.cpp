// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <atomic>
#include <cassert>
#include <thread>
std::atomic<int> turn;
int item;
int main() {
    std::thread a([] {
        item = 7;
        turn = 1;
        turn.notify_one();
    });
    turn.wait(0);
    assert(item == 7);
    a.join();
}
