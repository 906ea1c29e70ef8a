#include "docker/cache_prune.hpp"

#include <doctest/doctest.h>

#include <string>

using cac::Bytes;
using cac::CachePrune;
using std::chrono::hours;

TEST_CASE("a prune is put to an engine in the words of its API version, with all=1 in each") {
  CHECK(to_string(CachePrune{}, {1, 41}) == "POST /build/prune?all=1");
  CHECK(to_string(CachePrune{.type = "source.local"}, {1, 51}) ==
        R"(POST /build/prune?all=1&filters={"type":["source.local"]})");
  CHECK(to_string(CachePrune{.older_than = hours(7 * 24)}, {1, 41}) ==
        R"(POST /build/prune?all=1&filters={"until":["604800s"]})");
  CHECK(to_string(CachePrune{.type = "regular", .older_than = hours(1)}, {1, 56}) ==
        R"(POST /build/prune?all=1&filters={"type":["regular"],"until":["3600s"]})");
  const CachePrune down_to_5gb{.keep_storage = Bytes{5'000'000'000}};
  CHECK(to_string(down_to_5gb, {1, 47}) == "POST /build/prune?all=1&keep-storage=5000000000");
  CHECK(to_string(down_to_5gb, {1, 48}) == "POST /build/prune?all=1&reserved-space=5000000000");
}

TEST_CASE("free space always has a maximum beside it, or a prune deletes where enough is free") {
  CHECK(to_string(CachePrune{.min_free_space = Bytes{20}}, {1, 48}) ==
        "POST /build/prune?all=1&max-used-space=9223372036854775807&min-free-space=20");
  CHECK(to_string(CachePrune{.keep_storage = Bytes{5}, .min_free_space = Bytes{20}}, {1, 51}) ==
        "POST /build/prune?all=1&max-used-space=5&min-free-space=20");
}
