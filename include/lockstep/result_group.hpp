// result_group.hpp: a task group whose functions have results.
//
// result_group<int> g;  g.go([] { return 1; });  g.go([] { return 2; });  g.wait();  // {1, 2}
//
// f returns a T, or an outcome<T> that tells why there is none. wait() returns the results in the
// order in which the functions were started. All else is as task_group.hpp says.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "context.hpp"
#include "detail/config.hpp"
#include "detail/group_base.hpp"
#include "fwd.hpp"
#include "mutex.hpp"
#include "outcome.hpp"
#include "runtime/any.hpp"

namespace lockstep::inline LOCKSTEP_ABI {

template <class T, class R>
class basic_result_group
    : public detail::group_base<basic_result_group<T, R>, T, std::vector<T>, R> {
  using base = detail::group_base<basic_result_group, T, std::vector<T>, R>;

 public:
  using value_type = T;

  basic_result_group() : basic_result_group{background()} {}
  explicit basic_result_group(const context& parent) : base{parent} {}
  ~basic_result_group() { this->end_early(); }

 private:
  friend base;
  using place = outcome<T>*;
  place new_place() {
    const detail::lock_scope hold{growing_};
    return &results_.emplace_back(status::would_block);
  }
  static void keep(place at, outcome<T>&& result) { *at = std::move(result); }
  outcome<std::vector<T>> collect() {
    std::vector<T> values;
    for (outcome<T>& result : std::exchange(results_, {})) {
      if (result) values.push_back(*std::move(result));  // empty: its task could not be started
    }
    return outcome<std::vector<T>>{std::in_place, std::move(values)};
  }

  basic_mutex<R> growing_;  // functions of the group may start others
  std::deque<outcome<T>> results_;
};

template <class T>
using result_group = basic_result_group<T, any_runtime>;
namespace threads {
template <class T>
using result_group = basic_result_group<T, threads_runtime>;
}

}  // namespace lockstep::inline LOCKSTEP_ABI
