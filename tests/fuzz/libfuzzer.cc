// libFuzzer's way to the one target of the program.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "json/value.h"
#include "target.h"
#include "util/log.h"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  json::start();
  util::log::set_level(util::log::Level::error);
  if (fuzz::targets().size() != 1) std::abort();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    fuzz::targets().front().run({reinterpret_cast<const char*>(data), size});
  } catch (const std::exception& error) {
    std::cerr << "\nThe property does not hold: " << error.what() << std::endl;
    std::abort();
  }
  return 0;
}
