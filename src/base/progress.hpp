// What is being done right now, and for how long: a live line on a terminal when it takes long,
// and the words for it when a run is cut short. Nothing of it stays behind.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>

#include "base/terminal.hpp"

namespace cac {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // Draws only on a terminal that can write over a line; live: whether it may at all. columns: how
  // wide the terminal is now, for windows are resized; nothing: as wide as the style says.
  Progress(std::ostream& out, const TerminalStyle& style, bool live,
           std::function<std::size_t()> columns = nullptr);
  ~Progress() { erase(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // While the object lives, `what` ("pruning the build cache") is being done. One that begins
  // within another is a part of that, and not shown.
  class Activity {
   public:
    Activity(Progress& progress, std::string what);
    ~Activity();
    Activity(const Activity&) = delete;
    Activity& operator=(const Activity&) = delete;

   private:
    Progress& progress_;
  };

  // To be called now and then while something is waited for.
  void tick();
  // How often that is worth it; zero: never.
  std::chrono::milliseconds tick_interval() const;

  // The latest activity; empty before the first.
  const std::string& latest() const { return what_; }

 private:
  void erase();

  std::ostream& out_;
  TerminalStyle style_;
  std::function<std::size_t()> columns_;
  bool live_;
  bool drawn_ = false;
  int depth_ = 0;
  std::string what_;
  Clock::time_point since_;
};

}  // namespace cac
