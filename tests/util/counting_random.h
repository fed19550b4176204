// Bytes 0, 1, 2 … 255, 0, …, so that a test knows what was drawn.
#pragma once

#include "util/random.h"

namespace util_test {

class CountingRandom final : public util::Random {
 public:
  void fill(std::span<unsigned char> out) override {
    for (unsigned char& byte : out) byte = next_++;
  }

 private:
  unsigned char next_ = 0;
};

}  // namespace util_test
