// The whole tool within the test's process: run_app on streams that are kept.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "app.hpp"

namespace cac::test {

struct Printed {
  int status = 0;
  std::string out;
  std::string err;
};

inline Printed run_in_process(const std::vector<const char*>& arguments, Environment environment) {
  std::ostringstream out;
  std::ostringstream err;
  OutputLimit limit;
  const int status = run_app(arguments, {.environment = std::move(environment),
                                         .out = out,
                                         .err = err,
                                         .out_style = {},
                                         .err_style = {},
                                         .err_columns = nullptr,
                                         .signal_fd = -1,
                                         .output_limit = limit});
  return {status, out.str(), err.str()};
}

}  // namespace cac::test
