// gates.hpp: meetings at objects that open when their count reaches zero.
#pragma once

#include <cstddef>

namespace bench {

// One thread's part in a sequence of meetings. At each, thread 0 waits for all others, then opens a
// second gate, for which they wait. lower(gate) lowers a gate's count by one; visits is raised once
// a meeting, by the workers in turn.
template <class Gates, class Lower>
void meet(int self, int workers, Gates& arrivals, Gates& decisions, std::size_t meetings,
          long& visits, Lower lower) {
  for (std::size_t i = 0; i < meetings; ++i) {
    if (self == 0) {
      arrivals[i].wait();
      lower(decisions[i]);
    } else {
      if (self == 1 + static_cast<int>(i) % workers) ++visits;
      lower(arrivals[i]);
      decisions[i].wait();
    }
  }
}

}  // namespace bench
