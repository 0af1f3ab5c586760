// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <semaphore>
#include <thread>
std::counting_semaphore<2> free_slots(0);
int main() {
    std::thread a([] { free_slots.acquire(); });
    std::thread b([] { free_slots.acquire(); });
    free_slots.release();
    free_slots.release();
    a.join();
    b.join();
}
