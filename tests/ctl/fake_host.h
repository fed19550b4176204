// A machine for jwtauthctl that remembers what was asked of it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ctl/host.h"

namespace ctl_test {

class FakeHost final : public jwtauthd::Host {
 public:
  bool root = true;
  std::set<std::string> users;
  std::set<std::string> files;
  /// By the beginning of what would be typed; the longest that fits answers. Without one: done.
  std::map<std::string, std::function<Ran()>> answers;
  std::vector<std::string> ran;

  bool is_root() const override { return root; }
  bool has_user(const std::string& name) const override { return users.contains(name); }
  bool exists(const std::string& path) const override { return files.contains(path); }
  Ran run(const jwtauthd::Command& command) override {
    ran.push_back(jwtauthd::typed(command));
    for (auto known = answers.rbegin(); known != answers.rend(); ++known) {
      if (ran.back().starts_with(known->first)) return known->second();
    }
    return {};
  }
  void answer(const std::string& beginning, int status, const std::string& output = {}) {
    answers[beginning] = [status, output] { return Ran{status, output}; };
  }
  std::size_t count(const std::string& part) const {
    std::size_t found = 0;
    for (const std::string& line : ran) found += line.find(part) != std::string::npos ? 1U : 0U;
    return found;
  }
};

}  // namespace ctl_test
