// SPDX-License-Identifier: MIT
#include <thread>
int main() {
    std::thread a([] {});
#ifndef NO_JOIN
    a.join();
#endif
}
