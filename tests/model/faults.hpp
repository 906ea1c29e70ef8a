// What goes wrong with the answer to one request: what the engine does of it, what it says, and how
// that is sent.
#pragma once

#include <optional>
#include <string>

#include "answers.hpp"
#include "random.hpp"

namespace cac::model {

struct Fault {
  // Of a write.
  enum class Work { whole, half, none } work = Work::whole;
  // Instead of the answer; "": of the engine's own making.
  struct Replacement {
    int status = 200;
    std::string type = {};
    std::string body = {};
  };
  std::optional<Replacement> replacement = {};
  bool is_transient = false;                     // ... which clients wait out
  std::optional<std::uint64_t> spoil_seed = {};  // one thing in the JSON is another
  bool is_stale = false;                         // disk usage: may be older than the request
  enum class Framing { counted, chunked, until_close } framing = Framing::counted;
  int dribbles = 0;          // the answer comes in so many pieces
  bool has_interim = false;  // a 100 before it
  enum class Break {
    none,
    before_work,    // closed as soon as the request is there
    before_answer,  // closed when it is done
    in_head,
    in_body,
    silent,   // no answer, for as long as the tool runs
    drip,     // the body comes byte by byte, and never ends
    endless,  // the body is larger than any memory
    not_http,
    long_head,
  } broken = Break::none;
  enum class End { keep, say_close, close } end = End::keep;  // of the connection, after the answer
  std::uint64_t seed = 0;  // for where the break is, and how long the pieces are

  bool has_work_left() const { return work != Work::whole; }
  // Whether no client may fail for it.
  bool is_harmless() const;
  // In words; "": nothing is wrong.
  std::string describe() const;
};

// may_wait: silence may be chosen, which costs the run its whole timeout.
Fault choose_fault(Random& random, Kind kind, bool may_wait);
Fault choose_harmless_fault(Random& random);

// Returns JSON with one thing changed at random: a value of another type, null, a huge number,
// invalid UTF-8, a missing key, a cut end. The text if it is no JSON.
std::string spoil(const std::string& json, std::uint64_t seed);

// An answer on the wire.
struct Head {
  int status = 200;
  std::string type = {};
  std::string server = {};
  int newest_minor = 0;
};
struct Wire {
  std::string bytes = {};
  std::size_t head_size = 0;
  bool is_whole = true;  // false: cut off
  bool closes = false;   // after these bytes
  bool goes_on = false;  // the same bytes again and again
};
Wire make_wire(const Head& head, const std::string& body, const Fault& fault);

}  // namespace cac::model
