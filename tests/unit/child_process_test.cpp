#include "base/child_process.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "base/cancellation.hpp"

using cac::ChildResult;
using cac::Interruption;
using Clock = Interruption::Clock;

namespace {

ChildResult run_shell(const std::string& script, std::size_t max_output = 1'000'000,
                      Clock::duration time = std::chrono::seconds(30)) {
  Interruption interruption(-1, Clock::now() + time);
  return cac::run_child({"/bin/sh", "-c", script}, max_output, interruption);
}

// A file's text, or "".
std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A name in the temporary directory that is of this test alone.
std::string temporary_name(const std::string& name) {
  return std::filesystem::temp_directory_path() / (name + "." + std::to_string(getpid()));
}

// Returns whether the process is gone, or only a zombie, within a few seconds.
bool ends(const std::string& process) {
  for (int i = 0; i < 500; ++i) {
    const std::string stat = read_file("/proc/" + process + "/stat");
    if (stat.empty() || stat.find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("what a child writes and how it ends is returned") {
  const ChildResult result = run_shell("echo one; echo two >&2; exit 3");
  CHECK(result.status == 3);
  CHECK(result.output == "one\n");
  CHECK(result.errors == "two\n");
  CHECK_FALSE(result.is_cut_off);
  CHECK(run_shell("kill -9 $$").status == 128 + SIGKILL);
}

TEST_CASE("a child has nothing to read, and its signals are the default ones") {
  CHECK(run_shell("cat").output.empty());
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  CHECK(run_shell("kill -PIPE $$").status == 128 + SIGPIPE);
  std::signal(SIGPIPE, before);
  // Whose children nobody waits for.
  std::signal(SIGCHLD, SIG_IGN);
  CHECK(run_shell("exit 5").status == 5);
}

TEST_CASE("a child has this process's environment, but for the variables that are changed") {
  for (const char* const name : {"CHILD_PROCESS_1", "CHILD_PROCESS_2", "CHILD_PROCESS_3"}) {
    setenv(name, "inherited", 1);
  }
  Interruption interruption(-1, Clock::now() + std::chrono::seconds(30));
  const auto result = cac::run_child({"/usr/bin/env"}, 1'000'000, interruption,
                                     {{"CHILD_PROCESS_1", "given"},
                                      {"CHILD_PROCESS_2", std::nullopt},
                                      {"CHILD_PROCESS_4", "new"}});
  CHECK(result.output.find("CHILD_PROCESS_1=given\n") != std::string::npos);
  CHECK(result.output.find("CHILD_PROCESS_1=inherited\n") == std::string::npos);
  CHECK(result.output.find("CHILD_PROCESS_2=") == std::string::npos);
  CHECK(result.output.find("CHILD_PROCESS_3=inherited\n") != std::string::npos);
  CHECK(result.output.find("CHILD_PROCESS_4=new\n") != std::string::npos);
  for (const char* const name : {"CHILD_PROCESS_1", "CHILD_PROCESS_2", "CHILD_PROCESS_3"}) {
    unsetenv(name);
  }
}

TEST_CASE("a child has no terminal: nothing can ask at it, and be stopped for that") {
  // Its session is its own: the sixth word of its status.
  CHECK(run_shell("read -r _ _ _ _ _ session _ </proc/$$/stat; [ $session = $$ ]").status == 0);
}

TEST_CASE("why a program failed is one short line") {
  CHECK(cac::describe_end(3, "one\ntwo\n\n") == "one two");
  CHECK(cac::describe_end(3, "\n") == "it ended with status 3");
  CHECK(cac::describe_end(1, std::string(1000, 'x')) == std::string(500, 'x') + "...");
}

TEST_CASE("streams are read at the same time, whatever a child writes first") {
  const ChildResult result =
      run_shell("head -c 200000 /dev/zero >&2; head -c 200000 /dev/zero; echo end >&2");
  CHECK(result.output.size() == 200'000);
  CHECK(result.errors.size() == 64'000);
}

TEST_CASE("a child that writes more than allowed is ended") {
  CHECK(run_shell("head -c 100 /dev/zero", 100).output.size() == 100);
  CHECK_FALSE(run_shell("head -c 100 /dev/zero", 100).is_cut_off);
  const ChildResult endless = run_shell("cat /dev/zero", 100);
  CHECK(endless.is_cut_off);
}

TEST_CASE("what a child leaves running is not waited for, and ends") {
  const std::string file = temporary_name("left");
  CHECK(run_shell("echo done; sleep 600 & echo $! >" + file).output == "done\n");
  std::string process = read_file(file);
  REQUIRE(process.size() > 1);
  process.pop_back();
  CHECK(ends(process));
  std::filesystem::remove(file);
}

TEST_CASE("a program that is not there is an error") {
  Interruption interruption(-1, Clock::now() + std::chrono::seconds(30));
  CHECK_THROWS_AS(cac::run_child({"no-such-program-at-all"}, 1, interruption), std::system_error);
}

TEST_CASE("the timeout and a signal end the child and what it has started") {
  const std::string file = temporary_name("child_process");
  for (const bool by_signal : {false, true}) {
    CAPTURE(by_signal);
    int signals[2];
    REQUIRE(pipe(signals) == 0);
    std::thread sender;
    Interruption interruption(
        signals[0], Clock::now() + (by_signal ? std::chrono::minutes(1) : std::chrono::seconds(1)));
    if (by_signal) {
      sender = std::thread([&] {
        while (read_file(file).find('\n') == std::string::npos) {
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        const unsigned char signal = SIGTERM;
        REQUIRE(write(signals[1], &signal, 1) == 1);
      });
    }
    const std::vector<std::string> arguments{
        "/bin/sh", "-c", "trap '' TERM; sleep 600 & echo $! >" + file + "; wait"};
    if (by_signal) {
      CHECK_THROWS_AS(cac::run_child(arguments, 1, interruption), cac::Interrupted);
      sender.join();
    } else {
      CHECK_THROWS_AS(cac::run_child(arguments, 1, interruption), cac::TimedOut);
    }
    std::string process = read_file(file);
    REQUIRE(process.size() > 1);
    process.pop_back();
    CHECK(ends(process));
    std::filesystem::remove(file);
    close(signals[0]);
    close(signals[1]);
  }
}

TEST_CASE("a descriptor is read to its end, or to the limit") {
  Interruption interruption(-1, Clock::now() + std::chrono::seconds(30));
  int ends_of_pipe[2];
  REQUIRE(pipe(ends_of_pipe) == 0);
  REQUIRE(write(ends_of_pipe[1], "abcdef", 6) == 6);
  CHECK(cac::read_to_end(ends_of_pipe[0], 3, interruption) == "abcd");
  REQUIRE(write(ends_of_pipe[1], "xyz", 3) == 3);
  close(ends_of_pipe[1]);
  CHECK(cac::read_to_end(ends_of_pipe[0], 100, interruption) == "xyz");
  close(ends_of_pipe[0]);
}
