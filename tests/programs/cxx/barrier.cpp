// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <barrier>
#include <cassert>
#include <thread>
int parts[2];
int main() {
    std::barrier<> together(2);
    std::thread a([&] {
        parts[0] = 1;
        together.arrive_and_wait();
        assert(parts[1] == 2);
    });
    parts[1] = 2;
    together.arrive_and_wait();
    assert(parts[0] == 1);
    a.join();
}
