// A fuzz target: what it is called, and what it does with one input. The program of libFuzzer links one of
// them (libfuzzer.cc); the unit tests link all, and run seeds and mutations of these (targets_test.cc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
  std::string_view name;  // of its directory of seeds
  void (*run)(std::string_view input);
  void (*end)();  // of threads that run() has left, since tests behind it fork; null: there are none
};

/// Those that are linked in.
const std::vector<Target>& targets();

/// At namespace scope, one for each target.
struct Registered {
  Registered(std::string_view name, void (*run)(std::string_view input), void (*end)() = nullptr);
};

/// A property that must hold whatever the input is: what does not, ends the run (std::logic_error, which
/// nobody catches under libFuzzer).
void require(bool holds, std::string_view sentence);
void require(bool holds, std::string_view sentence, std::string_view what);

}  // namespace fuzz
