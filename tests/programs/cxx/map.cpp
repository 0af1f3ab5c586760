// SPDX-License-Identifier: MIT
#include <cassert>
#include <map>
#include <mutex>
#include <thread>
std::mutex lock;
std::map<int, int> table;
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
    assert(table.size() == 2 && table.begin()->first == 1);
}
