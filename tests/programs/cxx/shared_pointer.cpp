// SPDX-License-Identifier: MIT
#include <cassert>
#include <memory>
#include <thread>
std::shared_ptr<int> held = std::make_shared<int>(3);
int main() {
#ifdef SHARED
    std::thread a([] { held.reset(); });
    std::shared_ptr<int> copy = held;
#else
    std::thread a([copy = held] { assert(*copy == 3); });
    held.reset();
#endif
    a.join();
}
