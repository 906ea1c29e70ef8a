#include "cache_prune.hpp"

#include <doctest/doctest.h>

#include <string>

using cac::ApiVersion;
using cac::Bytes;
using cac::CachePrune;
using std::chrono::hours;

TEST_CASE("a prune is put to an engine in the words of its API version, with all=1 in each") {
  struct {
    CachePrune prune;
    ApiVersion api;
    std::string text;
  } const rows[] = {
      {{}, {1, 41}, "POST /build/prune?all=1"},
      {{.type = "source.local"},
       {1, 51},
       R"(POST /build/prune?all=1&filters={"type":["source.local"]})"},
      {{.older_than = hours(7 * 24)},
       {1, 41},
       R"(POST /build/prune?all=1&filters={"until":["604800s"]})"},
      {{.type = "regular", .older_than = hours(1)},
       {1, 56},
       R"(POST /build/prune?all=1&filters={"type":["regular"],"until":["3600s"]})"},
      {{.keep_storage = Bytes{5'000'000'000}},
       {1, 47},
       "POST /build/prune?all=1&keep-storage=5000000000"},
      {{.keep_storage = Bytes{5'000'000'000}},
       {1, 48},
       "POST /build/prune?all=1&reserved-space=5000000000"},
  };
  for (const auto& row : rows) CHECK(text_of(row.prune, row.api) == row.text);
}
