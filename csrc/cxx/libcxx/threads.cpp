// SPDX-License-Identifier: MIT
/*
 * threads: what libc++ does at the end of a thread, and the key by which it finds that.
 *
 * Why       The key is made when the first thread needs it, and that it is there is read where nobody sees it:
 *           here it is there before main. What is made ready at the end counts its owners.
 */
#include <future>
#include <thread>
#include <utility>
#include <vector>

_LIBCPP_BEGIN_NAMESPACE_STD

class __thread_struct_imp {
  public:
    vector<__assoc_sub_state *> states;
    vector<pair<condition_variable *, mutex *>> conditions;

    __thread_struct_imp() = default;
    __thread_struct_imp(const __thread_struct_imp &) = delete;
    __thread_struct_imp &operator=(const __thread_struct_imp &) = delete;
    ~__thread_struct_imp() {
        for (auto &condition : conditions) {
            condition.second->unlock();
            condition.first->notify_all();
        }
        for (__assoc_sub_state *state : states) {
            state->__make_ready();
            state->__release_shared();
        }
    }
};

__thread_struct::__thread_struct() : __p_(new __thread_struct_imp) {}
__thread_struct::~__thread_struct() { delete __p_; }

void __thread_struct::notify_all_at_thread_exit(condition_variable *condition,
                                                mutex *held) {
    __p_->conditions.emplace_back(condition, held);
}

void __thread_struct::__make_ready_at_thread_exit(__assoc_sub_state *state) {
    state->__add_shared();
    __p_->states.push_back(state);
}

__thread_specific_ptr<__thread_struct> &__thread_local_data() {
    static __thread_specific_ptr<__thread_struct> data;
    return data;
}

__attribute__((constructor)) static void make_first() { __thread_local_data(); }

_LIBCPP_END_NAMESPACE_STD
