#include "target.h"

#include <stdexcept>

#include "util/log.h"

namespace fuzz {
namespace {

std::vector<Target>& registered() {
  static std::vector<Target> all;
  return all;
}

}  // namespace

const std::vector<Target>& targets() {
  return registered();
}

Registered::Registered(std::string_view name, void (*run)(std::string_view input), void (*end)()) {
  registered().push_back({name, run, end});
}

void require(bool holds, std::string_view sentence) {
  require(holds, sentence, {});
}

void require(bool holds, std::string_view sentence, std::string_view what) {
  if (holds) return;
  std::string text(sentence);
  if (!what.empty()) text += ": " + util::log::quoted(what, 2000);
  throw std::logic_error(text);
}

}  // namespace fuzz
