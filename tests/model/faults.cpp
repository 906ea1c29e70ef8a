#include "faults.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace cac::model {

namespace {

using Break = Fault::Break;
using Work = Fault::Work;

std::string message(const std::string& text) { return nlohmann::json{{"message", text}}.dump(); }

// The words of errors after which clients try again, each of an engine's own.
Fault::Replacement choose_transient(Random& random, Kind kind) {
  if (kind == Kind::disk_usage) {
    return {500, "application/json", message("a disk usage operation is already running")};
  }
  return {500, "application/json",
          random.percent(50) ? message("lease \"abc\": not found")
                             : message("failed to stat snapshot sha256:abc: does not exist")};
}

Fault::Replacement choose_error(Random& random) {
  static const std::vector<int> statuses{500, 500, 404, 409, 503, 400, 401, 403, 405,
                                         407, 429, 502, 201, 202, 204, 301, 304};
  static const std::vector<std::pair<std::string, std::string>> bodies{
      {"application/json", message("disk on fire")},
      {"application/json", message("disk on fire")},
      {"application/json", message("conflict: unable to delete (must be forced)")},
      {"application/json", message("")},
      {"application/json", message("\x1b[31mred\x07 ::error::x ##[group]")},
      {"application/json", message(std::string(5000, 'm'))},
      {"application/json", "{\"message\":\"\xff\xfe\"}"},
      {"application/json", "{\"message\":7}"},
      {"application/json", "{}"},
      {"text/plain", "page not found\nsecond line"},
      {"text/plain", ""},
      {"text/html", "<!DOCTYPE html><html><body>Sign in</body></html>"},
      {"", "<html>no type</html>"}};
  const int status = random.pick(statuses);
  const auto& [type, body] = random.pick(bodies);
  if (status == 204 || status == 304) return {status, type, ""};
  return {status, type, body};
}

// A status of success, and a body that is no answer to the request.
Fault::Replacement choose_nonsense(Random& random, Kind kind) {
  std::vector<std::string> bodies{"",
                                  "OK",
                                  "{",
                                  "[",
                                  "\"\"",
                                  "7",
                                  "\xff\xfe\xfd",
                                  "[[[[[[[[[[",
                                  std::string(100'000, '['),
                                  "<html><body>Sign in</body></html>"};
  // Valid answers to some.
  if (kind != Kind::list_images) bodies.insert(bodies.end(), {"null", "[]"});
  if (kind != Kind::list_volumes) bodies.emplace_back("{}");
  return {kind == Kind::create_exec || kind == Kind::tag ? 201 : 200,
          random.percent(20) ? "text/html" : "application/json", random.pick(bodies)};
}

// may_close: without a word. Clients send again what only reads, and not what writes.
void choose_framing(Random& random, Fault& fault, bool may_close) {
  fault.framing = static_cast<Fault::Framing>(random.weighted({50, 40, 10}));
  if (random.percent(40)) fault.dribbles = random.between(1, 12);
  fault.has_interim = random.percent(10);
  fault.end = static_cast<Fault::End>(random.weighted({70, 15, may_close ? 15 : 0}));
}

}  // namespace

bool Fault::is_harmless() const {
  return work == Work::whole && (!replacement || is_transient) && !spoil_seed &&
         broken == Break::none && end != End::close;
}

Fault choose_harmless_fault(Random& random) {
  Fault fault;
  choose_framing(random, fault, false);
  return fault;
}

Fault choose_fault(Random& random, Kind kind, bool may_wait) {
  Fault fault;
  choose_framing(random, fault, true);
  // A write may be done to the half, or not at all, whatever the answer says.
  const auto choose_work = [&] {
    if (is_write(kind)) fault.work = static_cast<Work>(random.weighted({40, 30, 30}));
  };
  if (kind == Kind::start_exec && random.percent(35)) {
    fault.work = random.percent(50) ? Work::half : Work::none;  // the command fails
    return fault;
  }
  switch (random.weighted({10, 18, 8, 10, 32, 25, 10})) {
    case 0:  // the framing alone
      break;
    case 1:
      fault.replacement = choose_error(random);
      choose_work();
      break;
    case 2:
      if (kind == Kind::ping || kind == Kind::create_exec || kind == Kind::start_exec) break;
      fault.replacement = choose_transient(random, kind);
      fault.is_transient = true;
      if (is_write(kind)) fault.work = Work::none;
      break;
    case 3:
      fault.replacement = choose_nonsense(random, kind);
      choose_work();
      break;
    case 4:
      fault.spoil_seed = random.next();
      break;
    case 5:
      fault.broken = static_cast<Break>(1 + random.weighted({20, 20, 15, 30, 0, 0, 1, 3, 2}));
      choose_work();
      if (fault.broken == Break::before_work) fault.work = Work::none;
      break;
    default:
      if (may_wait && random.percent(30)) {
        fault.broken = random.percent(70) ? Break::silent : Break::drip;
        choose_work();
      } else {
        choose_work();  // and says that all is done
      }
  }
  return fault;
}

std::string Fault::describe() const {
  static const char* const works[] = {"", "does half of it; ", "does nothing; "};
  static const char* const breaks[] = {"",
                                       "closes the connection at once; ",
                                       "closes the connection instead of an answer; ",
                                       "cuts the head; ",
                                       "cuts the body; ",
                                       "says nothing; ",
                                       "drips the body without an end; ",
                                       "sends a body without an end; ",
                                       "does not speak HTTP; ",
                                       "sends a head that is too long; "};
  static const char* const ends[] = {"", "says that it closes the connection; ",
                                     "closes the connection afterwards; "};
  static const char* const framings[] = {"", "chunked; ", "up to the connection's end; "};
  std::string text = works[static_cast<int>(work)];
  if (replacement) text += fmt::format("answers {} of its own; ", replacement->status);
  if (is_transient) text += "which passes; ";
  if (spoil_seed) text += "spoils the JSON; ";
  if (is_stale) text += "may be stale; ";
  text += breaks[static_cast<int>(broken)];
  text += framings[static_cast<int>(framing)];
  if (dribbles > 0) text += fmt::format("in {} pieces; ", dribbles);
  if (has_interim) text += "after a 100; ";
  text += ends[static_cast<int>(end)];
  return text.substr(0, text.size() - (text.empty() ? 0 : 2));
}

}  // namespace cac::model
