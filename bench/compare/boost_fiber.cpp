// Boost.Fiber as a peer: its default scheduler, one thread, pooled stacks, which it is fastest with.
#include <boost/fiber/barrier.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <lockstep/runtime/boost_fibers.hpp>  // for the component; nothing of it is used
#include <memory>
#include <utility>
#include <vector>

#include "workloads.hpp"

namespace {

struct boost_peer {
  template <class F>
  static void run(unsigned workers, F f) {
    if (workers == 1) f();  // more are for its work-stealing scheduler, which is not compared
  }

  class crew {
   public:
    template <class F>
    void start(F&& f) {
      static boost::fibers::pooled_fixedsize_stack stacks{std::size_t{16} << 10U};
      tasks_.emplace_back(boost::fibers::launch::post, std::allocator_arg, stacks,
                          std::forward<F>(f));
    }
    void join() {
      for (auto& t : tasks_) t.join();
      tasks_.clear();
    }

   private:
    std::vector<boost::fibers::fiber> tasks_;
  };

  // A buffered channel of Boost has room for one less than its capacity, a power of two.
  template <class T>
  class channel {
   public:
    explicit channel(std::size_t capacity) {
      if (capacity != 0) {
        buffered_ =
            std::make_unique<boost::fibers::buffered_channel<T>>(capacity < 2 ? 2 : capacity);
      }
    }
    void send(T v) {
      buffered_ ? static_cast<void>(buffered_->push(v)) : static_cast<void>(unbuffered_.push(v));
    }
    T recv() { return buffered_ ? buffered_->value_pop() : unbuffered_.value_pop(); }
    bool next(T& v) {
      return (buffered_ ? buffered_->pop(v) : unbuffered_.pop(v)) ==
             boost::fibers::channel_op_status::success;
    }
    void close() { buffered_ ? buffered_->close() : unbuffered_.close(); }

   private:
    std::unique_ptr<boost::fibers::buffered_channel<T>> buffered_;
    boost::fibers::unbuffered_channel<T> unbuffered_;
  };

  static void yield() { boost::this_fiber::yield(); }
  static constexpr bool has_select = false;
};

}  // namespace

int main(int argc, char** argv) { return compare::workloads<boost_peer>::main(argc, argv); }
