// SPDX-License-Identifier: MIT
/*
 * pointer: what std::atomic_load and std::atomic_store of a std::shared_ptr lock.
 *
 * Why       libstdc++ keeps its locks in its archive, and makes them when they are first needed: a write that
 *           nobody sees. These are there from the start, and are locks like any other.
 * Fewer     As in libstdc++ there are 16, so two pointers may share one. Of two, the lower is locked first.
 */
#include <memory>
#ifdef __GLIBCXX__
#include <pthread.h>

namespace std {

static pthread_mutex_t locks[16];

static unsigned char lock_of(const void *pointer) {
    return (reinterpret_cast<__UINTPTR_TYPE__>(pointer) >> 4) % 16;
}

_Sp_locker::_Sp_locker(const void *pointer) noexcept
    : _M_key1(lock_of(pointer)), _M_key2(_M_key1) {
    pthread_mutex_lock(&locks[_M_key1]);
}

_Sp_locker::_Sp_locker(const void *one, const void *other) noexcept
    : _M_key1(lock_of(one)), _M_key2(lock_of(other)) {
    const bool is_ordered = _M_key1 < _M_key2;

    pthread_mutex_lock(&locks[is_ordered ? _M_key1 : _M_key2]);
    if (_M_key1 != _M_key2)
        pthread_mutex_lock(&locks[is_ordered ? _M_key2 : _M_key1]);
}

/* It lies in the same object of the archive: who needs it would get that one's locks, too. */
bad_weak_ptr::~bad_weak_ptr() noexcept = default;
const char *bad_weak_ptr::what() const noexcept { return "bad_weak_ptr"; }

_Sp_locker::~_Sp_locker() {
    pthread_mutex_unlock(&locks[_M_key1]);
    if (_M_key1 != _M_key2)
        pthread_mutex_unlock(&locks[_M_key2]);
}

} // namespace std
#endif
