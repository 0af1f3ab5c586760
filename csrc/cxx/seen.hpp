// SPDX-License-Identifier: MIT
/*
 * seen: comes before every C++ file that is explored.
 *
 * Why       libstdc++ and libc++ say of std::string and streams that their templates are compiled already, in
 *           their archive, where they are not instrumented. Here they are compiled with the program.
 */
#ifdef __cplusplus
#define _LIBCPP_DISABLE_EXTERN_TEMPLATE
#include <cstddef>
#ifdef __GLIBCXX__
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#endif
#endif
