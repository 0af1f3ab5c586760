// SPDX-License-Identifier: MIT
#include <cassert>
#include <mutex>
#include <thread>
std::once_flag flag;
int made;
static void make() {
    std::call_once(flag, [] { made++; });
    assert(made == 1);
}
int main() {
    std::thread a(make);
    make();
    a.join();
}
