// SPDX-License-Identifier: MIT
// flags: -std=c++17
#include <mutex>
#include <thread>
std::mutex a, b;
int moved;
static void move_one(bool turned) {
#ifdef ONE_BY_ONE
    std::lock_guard<std::mutex> first(turned ? b : a);
    std::lock_guard<std::mutex> second(turned ? a : b);
#else
    std::scoped_lock both(turned ? b : a, turned ? a : b);
#endif
    moved++;
}
int main() {
    std::thread other(move_one, true);
    move_one(false);
    other.join();
}
