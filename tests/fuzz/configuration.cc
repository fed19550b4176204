// Configuration files: each gives a configuration, or findings that name it, one a line.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>
#include <string>

#include "config/changes.h"
#include "config/config.h"
#include "target.h"
#include "util/descriptor.h"

namespace {

/// A file in memory; its content is the input.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("configuration", MFD_CLOEXEC)) { ::fchmod(fd_.get(), 0600); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
  void write(std::string_view text) const {
    fuzz::require(::ftruncate(fd_.get(), 0) == 0 &&
                      ::pwrite(fd_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
                  "the file cannot be written");
  }

 private:
  util::Descriptor fd_;
};

void run(std::string_view input) {
  static const MemoryFile file;
  file.write(input);
  auto loaded = config::load(file.path());
  if (!loaded) {
    std::istringstream findings(loaded.error().message);
    std::string finding;
    int count = 0;
    for (; std::getline(findings, finding); ++count) {
      fuzz::require(finding.starts_with(file.path()) || finding.starts_with("environment "),
                    "a finding without its place", finding);
    }
    fuzz::require(count > 0, "a refusal without a reason");
    return;
  }
  auto again = config::load(file.path());
  fuzz::require(again.has_value(), "a configuration that is good once");
  const auto changes = config::adopt(*loaded, *again);
  fuzz::require(changes.taken.empty() && changes.wait_for_restart.empty(), "a file that differs from itself");
}

const fuzz::Registered registered("configuration", run);

}  // namespace
