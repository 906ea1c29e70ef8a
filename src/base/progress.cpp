#include "base/progress.hpp"

#include <fmt/format.h>

#include <ostream>

#include "base/units.hpp"

namespace cac {

Progress::Progress(std::ostream& out, const TerminalStyle& style, bool live,
                   std::function<std::size_t()> columns)
    : out_(out),
      style_(style),
      columns_(std::move(columns)),
      live_(live && style.width > 0 && style.redraws) {}

Progress::Activity::Activity(Progress& progress, std::string what) : progress_(progress) {
  if (progress_.depth_++ > 0) return;
  progress_.what_ = std::move(what);
  progress_.since_ = Clock::now();
}

Progress::Activity::~Activity() {
  if (--progress_.depth_ == 0) progress_.erase();
}

void Progress::tick() {
  constexpr std::chrono::milliseconds patience{700};  // shorter activities are not shown
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_);
  if (!live_ || depth_ == 0 || elapsed < patience) return;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(elapsed);
  const std::string time = fmt::format(" ({})", to_string(seconds));
  // One column stays free: a cursor behind the last one wraps on some terminals.
  const std::size_t width = columns_ ? columns_() : style_.width;
  if (width <= time.size()) return;
  const std::size_t room = width - 1 - time.size();
  const std::string text = room > 0 ? shorten(escape_untrusted(what_, style_), room) : "";
  out_ << '\r' << text << time << "\x1b[K" << std::flush;
  drawn_ = true;
}

std::chrono::milliseconds Progress::tick_interval() const {
  return std::chrono::milliseconds(live_ ? 200 : 0);
}

void Progress::erase() {
  if (!drawn_) return;
  out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace cac
