// A fake engine with the sample application, and the program run against it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fake_engine.hpp"
#include "golden.hpp"
#include "program.hpp"
#include "texts.hpp"

namespace cac::test {

struct Session {
  Session() { fake.set_scene(sample_scene()); }

  // The fake is DOCKER_HOST, so that the command line is what people type.
  Invocation invocation(Texts arguments) const {
    return {.arguments = std::move(arguments), .environment = {{"DOCKER_HOST", fake.url()}}};
  }
  Result run(Texts arguments) const { return test::run(invocation(std::move(arguments))); }

  // Runs it and compares all that it says and returns.
  Result run_as_golden(const std::string& name, Texts arguments) const {
    const Invocation made = invocation(std::move(arguments));
    Result result = test::run(made);
    check_golden(name, transcript(made, result, fake.url()));
    return result;
  }

  bool sent_only_gets() const {
    const Texts requests = fake.requests();
    return std::all_of(requests.begin(), requests.end(),
                       [](const std::string& request) { return request.starts_with("GET "); });
  }

  FakeEngine fake;
};

}  // namespace cac::test
