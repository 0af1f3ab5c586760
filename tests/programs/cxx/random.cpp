// SPDX-License-Identifier: MIT
#include <cassert>
#include <random>
int main() {
    std::mt19937 engine(1);
    std::uniform_int_distribution<int> die(1, 6);
    int n = die(engine);
    assert(n >= 1 && n <= 6);
}
