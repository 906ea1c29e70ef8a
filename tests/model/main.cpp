// model_tests: random engines, random faults and random arguments against the real program.
//
//   model_tests --seed N          prints what happened, request by request
//   model_tests --seeds FROM-TO   runs these; a failing one is printed, and how to replay it
//   model_tests --campaign        runs 10,000
//   --tool PROGRAM                tests another one, such as one with a mistake in it
//   --jobs N                      runs so many at a time
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "process.hpp"

namespace cac::model {
namespace {

struct Options {
  std::uint64_t from = 1;
  std::uint64_t to = 400;
  bool prints = false;
  std::uint64_t jobs = 0;  // 0: as many as fit the machine
  std::string tool = CLEAR_APP_CACHE_PROGRAM;
};

// What the workers share.
struct Board {
  std::atomic<std::uint64_t> next;
  std::atomic<int> failed;
  std::atomic<int> runs;
  std::atomic<int> requests;
  std::atomic<int> faults;
  std::atomic<int> by_status[256];
  std::atomic<long long> slowest_ms;
  std::atomic<std::uint64_t> slowest_seed;
};

struct Report {
  Failures failures = {};
  std::string text = {};
};

void count(const Run& run, Board& board) {
  ++board.runs;
  board.requests += static_cast<int>(run.exchanges.size());
  for (const Exchange& exchange : run.exchanges) {
    if (!exchange.fault.is_harmless()) ++board.faults;
  }
  ++board.by_status[run.outcome.status & 255];
  if (run.outcome.took_ms > board.slowest_ms) {
    board.slowest_ms = run.outcome.took_ms;
    board.slowest_seed = run.scenario.seed;
  }
}

// One seed: a run, and for some a second one on what the first left, which must finish the work.
Report try_seed(const Options& options, std::uint64_t seed, Sandbox& sandbox, Board& board) {
  Report report;
  const auto play = [&](const Scenario& scenario, bool again) {
    Run run = run_tool(options.tool, scenario, sandbox, again);
    count(run, board);
    const Failures failures = check(run);
    if (options.prints || !failures.empty()) report.text += transcript(run);
    for (const std::string& failure : failures) report.text += "FAILED " + failure + "\n";
    report.failures.insert(report.failures.end(), failures.begin(), failures.end());
    return run;
  };
  const Run first = play(make_scenario(seed), false);
  const bool is_over = first.scenario.is_undisturbed() || first.left.is_podman;
  if (!is_over && first.outcome.status != 0 && seed % 3 == 0) {
    play(make_second_run(first.scenario, first.left), true);
  }
  return report;
}

// Workers are processes, so that each sees what its own tool leaves behind.
void work(const Options& options, const std::string& directory, Board& board) {
  std::signal(SIGPIPE, SIG_IGN);
  adopt_orphans();
  Sandbox sandbox(directory);
  for (std::uint64_t seed = board.next++; seed <= options.to; seed = board.next++) {
    Report report;
    try {
      report = try_seed(options, seed, sandbox, board);
    } catch (const std::exception& error) {
      report.failures.push_back(std::string("the model itself: ") + error.what());
      report.text += "FAILED " + report.failures.back() + "\n";
    }
    if (options.prints) std::fputs(report.text.c_str(), stdout);
    if (report.failures.empty()) continue;
    // The first few in full, in one piece each.
    const bool in_full = ++board.failed <= 5 && !options.prints;
    std::string text = in_full ? report.text : "";
    for (const std::string& failure : report.failures) {
      text += fmt::format("seed {}: {}\n", seed, failure);
    }
    text += fmt::format("replay it with: model_tests --seed {}\n", seed);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }
}

volatile std::sig_atomic_t last_signal = 0;

// Ends the workers, and whatever they have started, when somebody wants the end of all.
void wait_for(const std::vector<pid_t>& workers, bool& is_complete) {
  struct sigaction action {};
  action.sa_handler = [](int signal) { last_signal = signal; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  for (const pid_t worker : workers) {
    int status = 0;
    while (waitpid(worker, &status, 0) < 0 && errno == EINTR) {
      for (const pid_t each : workers) kill(-each, SIGKILL);
    }
    is_complete = is_complete && status == 0;
  }
}

void print_sums(const Options& options, const Board& board, double seconds) {
  std::string statuses;
  for (int i = 0; i < 256; ++i) {
    if (board.by_status[i] > 0) statuses += fmt::format(" {}:{}", i, board.by_status[i].load());
  }
  fmt::print(
      "{} seeds from {} on: {} runs, {} requests, {} of them with a fault, in {:.1f} s, the "
      "slowest {} ms (seed {}); exit statuses{}; {} seeds failed\n",
      options.to - options.from + 1, options.from, board.runs.load(), board.requests.load(),
      board.faults.load(), seconds, board.slowest_ms.load(), board.slowest_seed.load(), statuses,
      board.failed.load());
}

int run_all(const Options& options) {
  void* const memory =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::string directory = (std::filesystem::temp_directory_path() / "model.XXXXXX").string();
  if (memory == MAP_FAILED || mkdtemp(directory.data()) == nullptr) return 2;
  Board& board = *new (memory) Board{};
  board.next = options.from;
  const auto start = Clock::now();
  // Most of a run is waiting: for the tool, or for a timeout.
  const std::uint64_t jobs =
      options.jobs > 0 ? options.jobs : std::thread::hardware_concurrency() * 6;
  std::vector<pid_t> workers;
  while (workers.size() < std::min(jobs, options.to - options.from + 1)) {
    const pid_t worker = fork();
    if (worker == 0) {
      setpgid(0, 0);
      work(options, directory, board);
      std::fflush(stdout);
      std::quick_exit(0);
    }
    workers.push_back(worker);
  }
  bool is_complete = true;
  wait_for(workers, is_complete);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  print_sums(options, board, std::chrono::duration<double>(Clock::now() - start).count());
  if (!is_complete) fmt::print("a worker of the model has not come to its end\n");
  return board.failed == 0 && is_complete && board.runs > 0 ? 0 : 1;
}

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number > 0;
}

// False: the command line is not understood.
bool read_options(const std::vector<std::string>& words, Options& options) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--campaign") {
      options.to = 10'000;
      continue;
    }
    if (i + 1 == words.size()) return false;
    const std::string& value = words[++i];
    std::uint64_t number = 0;
    if (words[i - 1] == "--tool") {
      options.tool = value;
    } else if (words[i - 1] == "--jobs" && read_number(value, number)) {
      options.jobs = number;
    } else if (words[i - 1] == "--seed" && read_number(value, number)) {
      options.from = options.to = number;
      options.prints = true;
    } else if (words[i - 1] == "--seeds") {
      const auto dash = value.find('-');
      if (dash == std::string::npos || !read_number(value.substr(0, dash), options.from) ||
          !read_number(value.substr(dash + 1), options.to) || options.to < options.from) {
        return false;
      }
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace cac::model

int main(int argc, char** argv) {
  cac::model::Options options;
  if (!cac::model::read_options({argv + 1, argv + argc}, options)) {
    std::fputs(
        "usage: model_tests [--seed N | --seeds FROM-TO | --campaign] [--tool PROGRAM] [--jobs "
        "N]\n",
        stderr);
    return 2;
  }
  return cac::model::run_all(options);
}
