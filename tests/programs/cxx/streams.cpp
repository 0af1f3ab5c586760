// SPDX-License-Identifier: MIT
#include <cassert>
#include <iostream>
#include <sstream>
#include <string>
int main() {
    std::ostringstream text;
    text << "n = " << 3 << ", " << std::hex << 255 << ' ' << 2.5;
    std::cout << text.str() << std::endl;
    std::istringstream words("12 ab");
    int n;
    std::string word;
    words >> n >> word;
    assert(n == 12 && word == "ab" && text.str() == "n = 3, ff 2.5");
}
