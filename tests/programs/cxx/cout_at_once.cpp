// SPDX-License-Identifier: MIT
// Threads may write to a standard stream at once; flaw: one sets how the other one's numbers are written.
#include <iomanip>
#include <iostream>
#include <thread>
int main() {
    std::thread a([] {
#ifdef SETS
        std::cout << std::hex << 17 << std::endl;
#else
        std::cout << 17 << std::setw(4) << 2.5 << std::endl;
#endif
    });
    std::cout << 18 << std::flush;
    std::cerr << 'b' << true;
    a.join();
}
