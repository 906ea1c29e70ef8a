// What is being done right now, and for how long: a live line on a terminal if it takes long, and
// the words for the message of a run that was interrupted. Erases its line.
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

  // Draws only if live, and only on a terminal that can write over a line. columns: returns the
  // terminal's current width, as windows are resized; nullptr: the style's width.
  Progress(std::ostream& out, const TerminalStyle& style, bool live,
           std::function<std::size_t()> columns = nullptr);
  ~Progress() { erase(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `what` ("pruning the build cache") is being done while the object lives. An activity within
  // another is a part of that, and not shown.
  class Activity {
   public:
    Activity(Progress& progress, std::string what);
    ~Activity();
    Activity(const Activity&) = delete;
    Activity& operator=(const Activity&) = delete;

   private:
    Progress& progress_;
  };

  // Redraws the line. Call it now and then during a wait.
  void tick();
  // Returns how often tick() is useful; zero: never.
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
