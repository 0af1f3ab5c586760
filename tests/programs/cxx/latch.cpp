// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <latch>
#include <thread>
int main() {
    std::latch open(1);
    std::thread a([&] { open.count_down(); });
    open.wait();
    a.join();
}
