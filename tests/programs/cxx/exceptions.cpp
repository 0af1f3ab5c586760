// SPDX-License-Identifier: MIT
#include <cassert>
#include <stdexcept>
#include <string>
#include <thread>
static int caught(int n) {
    try {
        if (n == 0)
            throw std::runtime_error("none");
        throw n;
    } catch (const std::exception &error) {
        return error.what()[0] == 'n';
    } catch (int number) {
        return number;
    }
}
int main() {
    std::thread a([] { assert(caught(0) == 1); });
    assert(caught(5) == 5);
    a.join();
#ifdef UNCAUGHT
    throw std::logic_error("nobody");
#endif
}
