// SPDX-License-Identifier: MIT
#include <cassert>
#include <future>
int main() {
    auto answer = std::async(std::launch::async, [] { return 3; });
    assert(answer.get() == 3);
}
