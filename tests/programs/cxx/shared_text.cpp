// SPDX-License-Identifier: MIT
// flags: -std=c++17
// Copies of an exception share their text, and the last one frees it; flaw: the text is kept for later.
#include <cassert>
#include <stdexcept>
#include <string>
#include <thread>

static void look(std::out_of_range mine) {
    try {
        throw mine;
    } catch (std::out_of_range copy) {
        assert(std::string(copy.what()).size() == 40);
    }
}

int main() {
    std::thread other;
    const char *kept = "text";
    {
        std::out_of_range mine(std::string(40, 'x'));
        other = std::thread(look, mine);
#ifdef KEEPS
        kept = mine.what();
#else
        assert(mine.what()[39] == 'x');
#endif
    }
    assert(kept[0] != 0);
    other.join();
}
