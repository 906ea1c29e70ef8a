// An answer as bytes.
#include <fmt/format.h>

#include <algorithm>

#include "faults.hpp"

namespace cac::model {

namespace {

using Break = Fault::Break;
using Framing = Fault::Framing;

std::string make_head(const Head& head, const Fault& fault, Random& random, std::size_t length) {
  // 1.0 has neither chunks nor connections that stay.
  const bool is_old = fault.framing == Framing::until_close && random.percent(50);
  std::string text = fmt::format("HTTP/1.{} {} Said\r\n", is_old ? 0 : 1, head.status);
  const bool lower = random.percent(30);
  const auto add = [&](std::string name, const std::string& value) {
    if (lower) std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    text += fmt::format("{}: {}\r\n", name, value);
  };
  add("Api-Version", fmt::format("1.{}", head.newest_minor));
  add("Ostype", "linux");
  add("Server", head.server);
  if (!head.type.empty()) add("Content-Type", head.type);
  if (fault.broken == Break::long_head) add("X-Long", std::string(400'000, 'x'));
  if (fault.framing == Framing::chunked) add("Transfer-Encoding", "chunked");
  if (fault.framing == Framing::counted) add("Content-Length", std::to_string(length));
  if (fault.framing == Framing::until_close || fault.end == Fault::End::say_close) {
    add("Connection", "close");
  }
  return text + "\r\n";
}

std::string make_chunks(const std::string& body, Random& random) {
  std::string chunks;
  for (std::size_t begin = 0; begin < body.size();) {
    const auto size =
        std::min(static_cast<std::size_t>(random.between(1, 400)), body.size() - begin);
    chunks += fmt::format("{:x}{}\r\n", size, random.percent(5) ? ";ext=1" : "");
    chunks += body.substr(begin, size) + "\r\n";
    begin += size;
  }
  return chunks + "0\r\n" + (random.percent(10) ? "X-Trailer: 1\r\n" : "") + "\r\n";
}

}  // namespace

Wire make_wire(const Head& head, const std::string& body, const Fault& fault) {
  Random random(fault.seed);
  const bool has_no_body = head.status == 204 || head.status == 304;
  std::size_t length = body.size();
  if (fault.broken == Break::drip || fault.broken == Break::endless) length = 1LL << 40;
  Fault framed = fault;
  if (fault.broken == Break::drip || fault.broken == Break::endless || has_no_body) {
    framed.framing = Framing::counted;
  }
  Wire wire;
  if (fault.has_interim) wire.bytes = "HTTP/1.1 100 Continue\r\n\r\n";
  wire.bytes += make_head(head, framed, random, length);
  wire.head_size = wire.bytes.size();
  wire.closes = framed.framing == Framing::until_close || fault.end != Fault::End::keep;
  if (!has_no_body) {
    wire.bytes += framed.framing == Framing::chunked ? make_chunks(body, random) : body;
  }
  const auto cut = [&](std::size_t from, std::size_t to) {
    const std::size_t at =
        from + static_cast<std::size_t>(random.below(std::max<std::size_t>(to - from, 1)));
    // The last byte after the last chunk says nothing that is not known by then.
    const std::size_t needless = framed.framing == Framing::chunked ? 1 : 0;
    wire.is_whole = at + needless >= wire.bytes.size();
    wire.bytes.resize(std::min(at, wire.bytes.size()));
    wire.closes = true;
  };
  switch (fault.broken) {
    case Break::before_work:
    case Break::before_answer:
      wire = {.is_whole = false, .closes = true};
      break;
    case Break::in_head:
      cut(0, wire.head_size);
      break;
    case Break::in_body:
      cut(wire.head_size, wire.bytes.size());
      break;
    case Break::silent:
      wire = {.is_whole = false};
      break;
    case Break::drip:
    case Break::endless:
      wire.bytes = wire.bytes.substr(0, wire.head_size) +
                   std::string(fault.broken == Break::drip ? 1 : 1 << 16, ' ');
      wire.is_whole = false;
      wire.goes_on = true;
      break;
    case Break::not_http:
      wire = {.bytes = random.percent(50) ? "SSH-2.0-OpenSSH_9\r\n" : "\r\n\r\n" + body,
              .is_whole = false,
              .closes = true};
      break;
    case Break::none:
    case Break::long_head:
      break;
  }
  return wire;
}

}  // namespace cac::model
