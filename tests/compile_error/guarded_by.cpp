#include <lockstep/guards.hpp>
#include <lockstep/mutex.hpp>

class account {
 public:
  void add(int n) {
    const lockstep::holding mine{mutex_};
    balance_ += n;
  }
  bool try_add(int n) {
    if (!mutex_.try_lock()) return false;
    balance_ += n;
    mutex_.unlock();
    return true;
  }
  lockstep::status add(const lockstep::context& ctx, int n) {
    const lockstep::status s = mutex_.lock(ctx);
    if (s != lockstep::status::ok) return s;
    lockstep::assert_held(mutex_);
    balance_ += n;
    mutex_.unlock();
    return s;
  }
#ifdef LOCKSTEP_COMPILE_ERROR
  int balance() const { return balance_; }
#endif

 private:
  lockstep::mutex mutex_;
  int balance_ LOCKSTEP_GUARDED_BY(mutex_) = 0;
};

int main() {
  account a;
  a.add(1);
  return a.try_add(1) && a.add(lockstep::context{}, 1) == lockstep::status::ok ? 0 : 1;
}
