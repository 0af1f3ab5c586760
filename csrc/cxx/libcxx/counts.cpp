// SPDX-License-Identifier: MIT
/*
 * counts: what libc++ keeps in its archive of std::shared_ptr and std::weak_ptr.
 *
 * Why       A count that goes down, or is raised from a weak pointer, is an atomic operation that nobody sees.
 * Counts    Both are one less than there are owners; all shared owners together are one weak owner.
 * Others    What the archive counts itself, such as who shares a locale, it goes on counting unseen.
 * Orders    Lowered acquire and release. Who finds the weak count at none by an acquiring load
 *           is alone, and need not lower it.
 * Locks     Behind std::atomic_load and std::atomic_store of a std::shared_ptr: 16, by the pointer's address.
 */
#include <memory>
#include <pthread.h>
#include <typeinfo>

_LIBCPP_BEGIN_NAMESPACE_STD

static const long NONE = -1;

static bool lower_to_none(long *count) {
    return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL) == NONE;
}

__shared_count::~__shared_count() {}
__shared_weak_count::~__shared_weak_count() {}

void __shared_weak_count::__release_weak() noexcept {
    if (__atomic_load_n(&__shared_weak_owners_, __ATOMIC_ACQUIRE) == 0 ||
        lower_to_none(&__shared_weak_owners_))
        __on_zero_shared_weak();
}

__shared_weak_count *__shared_weak_count::lock() noexcept {
    long found = __atomic_load_n(&__shared_owners_, __ATOMIC_SEQ_CST);

    while (found != NONE)
        if (__atomic_compare_exchange_n(&__shared_owners_, &found, found + 1, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return this;
    return nullptr;
}

const void *__shared_weak_count::__get_deleter(const type_info &) const noexcept {
    return nullptr;
}

static pthread_mutex_t locks[16];

constexpr __sp_mut::__sp_mut(void *lock) noexcept : __lx(lock) {}

__sp_mut &__get_sp_mut(const void *pointer) {
    static __sp_mut all[16] = {&locks[0],  &locks[1],  &locks[2],  &locks[3],
                               &locks[4],  &locks[5],  &locks[6],  &locks[7],
                               &locks[8],  &locks[9],  &locks[10], &locks[11],
                               &locks[12], &locks[13], &locks[14], &locks[15]};
    return all[(reinterpret_cast<__UINTPTR_TYPE__>(pointer) >> 4) % 16];
}

void __sp_mut::lock() noexcept {
    pthread_mutex_lock(static_cast<pthread_mutex_t *>(__lx));
}

void __sp_mut::unlock() noexcept {
    pthread_mutex_unlock(static_cast<pthread_mutex_t *>(__lx));
}

_LIBCPP_END_NAMESPACE_STD
