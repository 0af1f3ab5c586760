// SPDX-License-Identifier: MIT
#include <list>
#include <set>
#include <thread>
std::set<int> numbers = {1, 2, 3};
int main() {
    std::thread a([] { numbers.erase(2); });
#ifndef TOGETHER
    a.join();
#endif
    bool has = *numbers.begin() == 1 && numbers.count(3);
#ifdef TOGETHER
    a.join();
#endif
    return !has;
}
