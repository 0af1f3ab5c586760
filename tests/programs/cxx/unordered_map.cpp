// SPDX-License-Identifier: MIT
#include <cassert>
#include <unordered_map>
#include <mutex>
#include <thread>
std::mutex lock;
std::unordered_map<int, int> table;
static void add(int n) {
#ifndef NO_LOCK
    std::lock_guard<std::mutex> held(lock);
#endif
    table[n] = n;
}
int main() {
    std::thread a(add, 1);
    add(2);
    a.join();
    assert(table.size() == 2 && table[1] == 1);
}
