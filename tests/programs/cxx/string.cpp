// SPDX-License-Identifier: MIT
#include <cassert>
#include <string>
#include <mutex>
#include <thread>
std::mutex lock;
std::string table;
static void add(int n) {
#ifndef NO_LOCK
    std::lock_guard<std::mutex> held(lock);
#endif
    table += n == 1 ? "a text that is longer than the room inside" : "b";
}
int main() {
    std::thread a(add, 1);
    add(2);
    a.join();
    assert(table.size() == 43);
}
