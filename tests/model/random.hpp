// Random numbers that are the same for a seed on every machine: the library's distributions are
// not.
#pragma once

#include <cstdint>
#include <vector>

namespace cac::model {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // splitmix64
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // From 0 on; the count itself is left out.
  int below(std::size_t count) { return static_cast<int>(next() % count); }
  int between(int least, int most) {
    return least + below(static_cast<std::size_t>(most - least + 1));
  }
  bool percent(int chance) { return below(100) < chance; }
  template <typename T>
  const T& pick(const std::vector<T>& items) {
    return items[static_cast<std::size_t>(below(items.size()))];
  }
  // Returns an index, as likely as its weight says.
  int weighted(const std::vector<int>& weights) {
    int sum = 0;
    for (const int weight : weights) sum += weight;
    int place = below(static_cast<std::size_t>(sum));
    int index = 0;
    while (place >= weights[static_cast<std::size_t>(index)]) {
      place -= weights[static_cast<std::size_t>(index++)];
    }
    return index;
  }

 private:
  std::uint64_t state_;
};

}  // namespace cac::model
