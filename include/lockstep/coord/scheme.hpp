// scheme.hpp: finding a backend by the scheme of a URL.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "../detail/config.hpp"
#include "../error.hpp"
#include "backend.hpp"

namespace lockstep::inline LOCKSTEP_ABI::coord {

// A way to open backends, found by the scheme of a URL ("local" in "local:name").
struct scheme {
  const char* name;
  // `rest` is what follows "name:". Throws error when it cannot be understood.
  std::shared_ptr<backend> (*open)(const std::string& rest);
  const scheme* next = nullptr;
};

// The schemes built in. A backend's header adds its own through one inline variable.
inline constinit const scheme* schemes = nullptr;

struct scheme_registration {
  explicit scheme_registration(scheme& s) noexcept {
    s.next = schemes;
    schemes = &s;
  }
};

// A URL as it may be shown: without what may be a password, before an '@' or in the query.
[[nodiscard]] inline std::string without_secrets(const std::string& url) {
  std::string shown = url;
  if (const auto at = shown.rfind('@'); at != std::string::npos) {
    if (shown.find('?') < at) return shown.substr(0, shown.find(':') + 1) + "...";  // in either
    const auto slashes = shown.find("//");
    const auto begin = slashes < at ? slashes + 2 : std::min(shown.find(':') + 1, at);
    shown.erase(begin, at + 1 - begin);
  }
  return shown.substr(0, shown.find('?'));
}

// Opens the backend a URL names. Throws error{unsupported} for an unknown scheme.
[[nodiscard]] inline std::shared_ptr<backend> open(const std::string& url) {
  const auto colon = url.find(':');
  std::string known;
  for (const scheme* s = schemes; s != nullptr; s = s->next) {
    if (colon != std::string::npos && url.compare(0, colon, s->name) == 0) {
      return s->open(url.substr(colon + 1));
    }
    known += (known.empty() ? "" : ", ") + std::string{s->name};
  }
  detail::raise(status::unsupported,
                "backend '" + without_secrets(url) + "' is not built in (built in: " + known + ")");
}

}  // namespace lockstep::inline LOCKSTEP_ABI::coord
