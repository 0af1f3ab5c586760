// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <cassert>
#include <semaphore>
#include <thread>
std::binary_semaphore full(0);
int item;
int main() {
    std::thread a([] {
        item = 7;
        full.release();
    });
    full.acquire();
    assert(item == 7);
    a.join();
}
