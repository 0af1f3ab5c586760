// SPDX-License-Identifier: MIT
#include <cassert>
#include <thread>
struct table {
    int size;
    table() : size(7) {}
};
static table &get() {
    static table one;
    return one;
}
int main() {
    std::thread a([] { assert(get().size == 7); });
    assert(get().size == 7);
    a.join();
}
