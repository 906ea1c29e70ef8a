// The facts of a run in plain English: the only place that explains an action, a residue or a
// caveat. Knows no layout. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clear/result.hpp"

namespace cac {

// Keeps a long list of names readable: the first ten, and "7 more".
std::vector<std::string> abridge(std::vector<std::string> names);

// "1 record", "2 records"
std::string count_noun(std::size_t count, std::string_view noun);

// "services web, worker", or ""
std::string name_services(const std::vector<std::string>& services);
// Returns "" when no service but the target's uses the image.
std::string name_other_services(const Action& action);

// The image's name, a path, "dangling images" or "build cache".
std::string name_object(const Action& action);

// "watchparty-backend"; of the target all, "watchparty".
std::string name_application(const Application& application);

// " --host ssh://HOST", as docker takes it, too; may be empty.
std::string name_engine_options(const EngineChoice& choice);

// Why it is done, or why it is still there.
std::string explain(const Action& action);
std::string explain(const Residue& residue);
std::string explain(const Caveat& caveat);

// What stays all the same, and why; of the dry run of a pruning, the requests. May be empty.
std::string describe_effect(const RunResult& result, const Action& action);
// removed: of the result's outcomes.
std::string describe_effect(const RunResult& result, const Outcome& outcome,
                            const RemovedImages& removed);

// Says that the prefix is probably another one, with the command that was probably meant.
Failure explain_mistake(const EngineChoice& engine, const Application& application,
                        const std::vector<Image>& images, const std::string& meant);

struct Message {
  bool is_error;  // else a warning
  std::string text;
  std::string advice = {};
};

// What may be wrong, what went wrong besides the error, and the error as the last.
std::vector<Message> list_messages(const RunResult& result);

// What else is good to know, besides the caveats.
std::vector<std::string> list_notes(const RunResult& result);

}  // namespace cac
