// SPDX-License-Identifier: MIT
/*
 * seen: comes before every C++ file that is explored.
 *
 * Why       libstdc++ and libc++ say of std::string and streams that their templates are compiled already, in
 *           their archive, where they are not instrumented. Here they are compiled with the program.
 * Renamed   Two memory resources whose functions are in libstdc++'s archive: resource.cpp has them instead.
 */
#ifdef __cplusplus
#define _LIBCPP_DISABLE_EXTERN_TEMPLATE
#include <cstddef>
#ifdef __GLIBCXX__
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#if __cplusplus >= 201703L
#define monotonic_buffer_resource heald_monotonic_buffer_resource
#define unsynchronized_pool_resource heald_unsynchronized_pool_resource
#endif
#endif
#endif
