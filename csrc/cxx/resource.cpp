// SPDX-License-Identifier: MIT
/*
 * resource: the memory resources that several threads may not use at once.
 *
 * Why       libstdc++ keeps their functions in its archive, where two threads that use one are not seen. seen.hpp
 *           gives the classes other names; these functions are theirs.
 * Pools     What is done inside stays the archive's: a resource of its own, made by it. Each use of it is a write of
 *           the outer one, and of a number that follows from all uses before: what comes next follows from them.
 */
#if __cplusplus >= 201703L
#include <memory_resource>
#ifdef __GLIBCXX__
#include <new>

namespace std::pmr {

/* --- monotonic: buffers, each with its size at its end --------------------------------------- */

class monotonic_buffer_resource::_Chunk {
  public:
    _Chunk *before;
    size_t bytes, alignment;
};

monotonic_buffer_resource::~monotonic_buffer_resource() { release(); }

void monotonic_buffer_resource::_M_new_buffer(size_t bytes, size_t alignment) {
    size_t wanted = bytes > _M_next_bufsiz ? bytes : _M_next_bufsiz;
    size_t room = (wanted + alignof(_Chunk) - 1) / alignof(_Chunk) * alignof(_Chunk);
    size_t all = room + sizeof(_Chunk);
    size_t aligned = alignment > alignof(_Chunk) ? alignment : alignof(_Chunk);
    char *buffer = static_cast<char *>(_M_upstream->allocate(all, aligned));

    _M_head = new (buffer + room) _Chunk{_M_head, all, aligned};
    _M_current_buf = buffer;
    _M_avail = room;
    _M_next_bufsiz = _S_next_bufsize(wanted);
}

void monotonic_buffer_resource::_M_release_buffers() noexcept {
    while (_M_head) {
        const _Chunk chunk = *_M_head;
        char *end = reinterpret_cast<char *>(_M_head + 1);
        _M_head = chunk.before;
        _M_upstream->deallocate(end - chunk.bytes, chunk.bytes, chunk.alignment);
    }
}

/* --- pools ----------------------------------------------------------------------------------- */

#define OF_POOLS(name) __asm__("_ZNSt3pmr28unsynchronized_pool_resource" name)
void make_pools(void *, const pool_options &, memory_resource *)
    OF_POOLS("C1ERKNS_12pool_optionsEPNS_15memory_resourceE");
void end_pools(void *) OF_POOLS("D1Ev");
void release_pools(void *) OF_POOLS("7releaseEv");
void *take(void *, size_t, size_t) OF_POOLS("11do_allocateEmm");
void give(void *, void *, size_t, size_t) OF_POOLS("13do_deallocateEPvmm");

struct inner {
    size_t history;
    alignas(max_align_t) unsigned char space[sizeof(unsynchronized_pool_resource)];
};

template <class Pool> static void *used(Pool *pools) {
    inner *in = reinterpret_cast<inner *>(pools);
    in->history = in->history * 31 + reinterpret_cast<size_t>(__builtin_frame_address(0));
    return in->space;
}

unsynchronized_pool_resource::unsynchronized_pool_resource(const pool_options &options,
                                                           memory_resource *upstream)
    : _M_impl(options, upstream) {
    inner *in = new inner;
    in->history = 0;
    make_pools(in->space, options, upstream);
    _M_pools = reinterpret_cast<_Pool *>(in);
}

unsynchronized_pool_resource::~unsynchronized_pool_resource() {
    end_pools(used(_M_pools));
    delete reinterpret_cast<inner *>(_M_pools);
}

void unsynchronized_pool_resource::release() { release_pools(used(_M_pools)); }

void *unsynchronized_pool_resource::do_allocate(size_t bytes, size_t alignment) {
    return take(used(_M_pools), bytes, alignment);
}

void unsynchronized_pool_resource::do_deallocate(void *at, size_t bytes,
                                                 size_t alignment) {
    give(used(_M_pools), at, bytes, alignment);
}

} // namespace std::pmr
#endif
#endif
