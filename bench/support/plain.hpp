// plain.hpp: what one writes without the library, from the standard's mutex and condition variable.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace plain {

// A queue with a mutex and two condition variables. Capacity 0 is a rendezvous: the sender stays
// until its value was taken, for which a third one is needed.
template <class T>
class channel {
 public:
  explicit channel(std::size_t capacity = 0) : capacity_{capacity} {}

  void send(T value) {
    std::unique_lock hold{mutex_};
    not_full_.wait(hold, [&] { return values_.size() < (capacity_ == 0 ? 1 : capacity_); });
    values_.push_back(std::move(value));
    const std::size_t ticket = ++sent_;
    not_empty_.notify_one();
    if (capacity_ == 0) taken_.wait(hold, [&] { return received_ >= ticket; });
  }

  std::optional<T> recv() {
    std::unique_lock hold{mutex_};
    not_empty_.wait(hold, [&] { return !values_.empty(); });
    std::optional<T> value{std::move(values_.front())};
    values_.pop_front();
    ++received_;
    not_full_.notify_one();
    if (capacity_ == 0) taken_.notify_all();
    return value;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  std::condition_variable taken_;
  std::deque<T> values_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
};

// Several queues under one mutex, so that a receiver can wait for any of them.
template <class T>
class channel_set {
 public:
  channel_set(std::size_t queues, std::size_t capacity) : capacity_{capacity}, queues_(queues) {}

  void send(std::size_t to, T value) {
    std::unique_lock hold{mutex_};
    queue& q = queues_[to];
    room_.wait(hold, [&] { return q.values.size() < (capacity_ == 0 ? 1 : capacity_); });
    q.values.push_back(std::move(value));
    const std::size_t ticket = ++q.sent;
    some_.notify_one();
    if (capacity_ == 0) room_.wait(hold, [&] { return q.received >= ticket; });
  }

  // From the queue that comes next in turn among those with a value.
  T recv() {
    std::unique_lock hold{mutex_};
    std::size_t i = 0;
    some_.wait(hold, [&] {
      for (std::size_t n = 0; n < queues_.size(); ++n) {
        i = (next_ + n) % queues_.size();
        if (!queues_[i].values.empty()) return true;
      }
      return false;
    });
    next_ = i + 1;
    queue& q = queues_[i];
    T value = std::move(q.values.front());
    q.values.pop_front();
    ++q.received;
    room_.notify_all();
    return value;
  }

 private:
  struct queue {
    std::deque<T> values;
    std::size_t sent = 0;
    std::size_t received = 0;
  };
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable some_;
  std::vector<queue> queues_;
  std::size_t next_ = 0;
};

// A queue for each subscriber, into which every value is copied.
template <class T>
class topic {
 public:
  class subscription {
   public:
    std::optional<T> recv() { return queue_->recv(); }

   private:
    friend topic;
    explicit subscription(std::shared_ptr<channel<T>> queue) : queue_{std::move(queue)} {}
    std::shared_ptr<channel<T>> queue_;
  };

  subscription subscribe() {
    queues_.push_back(std::make_shared<channel<T>>(static_cast<std::size_t>(-1)));
    return subscription{queues_.back()};
  }
  void publish(const T& value) {
    for (const auto& queue : queues_) queue->send(value);
  }

 private:
  std::vector<std::shared_ptr<channel<T>>> queues_;
};

class wait_group {
 public:
  void add(std::ptrdiff_t n = 1) {
    const std::lock_guard hold{mutex_};
    count_ += n;
    if (count_ == 0) zero_.notify_all();
  }
  void done() { add(-1); }
  void wait() {
    std::unique_lock hold{mutex_};
    zero_.wait(hold, [&] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  std::ptrdiff_t count_ = 0;
};

// Releases one waiter a set, or all until it is reset.
class event {
 public:
  enum resetting : bool { manual, automatic };
  explicit event(resetting how = manual) : automatic_{how == automatic} {}
  void set() {
    const std::lock_guard hold{mutex_};
    set_ = true;
    automatic_ ? changed_.notify_one() : changed_.notify_all();
  }
  void reset() {
    const std::lock_guard hold{mutex_};
    set_ = false;
  }
  void wait() {
    std::unique_lock hold{mutex_};
    changed_.wait(hold, [this] { return set_; });
    if (automatic_) set_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
  const bool automatic_;
};

// One tick, or one every period, for receivers that wait on a condition variable until it is due.
class timer {
 public:
  using clock = std::chrono::steady_clock;

  explicit timer(clock::duration d) : when_{clock::now() + d} {}

  bool reset(clock::duration d) { return set(clock::now() + d); }
  bool stop() { return set(never); }

  std::optional<clock::time_point> recv() {
    std::unique_lock hold{mutex_};
    while (when_ > clock::now()) {
      when_ == never ? changed_.wait(hold) : static_cast<void>(changed_.wait_until(hold, when_));
    }
    return std::exchange(when_, period_ == clock::duration{} ? never : next());
  }

 protected:
  timer(clock::duration d, clock::duration period) : timer{d} { period_ = period; }

 private:
  static constexpr clock::time_point never = clock::time_point::max();

  bool set(clock::time_point when) {
    const std::lock_guard hold{mutex_};
    changed_.notify_all();
    return std::exchange(when_, when) != never;
  }
  clock::time_point next() const {
    return when_ + ((clock::now() - when_) / period_ + 1) * period_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  clock::time_point when_;
  clock::duration period_{};
};

struct ticker : timer {
  explicit ticker(clock::duration period) : timer{period, period} {}
};

}  // namespace plain
