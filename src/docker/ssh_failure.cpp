// Why a line over ssh has broken, and what to do about it.
#include <fmt/format.h>

#include <chrono>

#include "docker/ssh.hpp"

namespace cac {

namespace {

// The last lines, without ssh's chatter.
std::string last_lines(const std::string& text) {
  constexpr int max_lines = 2;
  std::string lines;
  auto end = text.size();
  for (int count = 0; count < max_lines && end > 0;) {
    const auto line_end = text.find_last_not_of("\r\n", end - 1);
    if (line_end == std::string::npos) break;
    const auto before = text.rfind('\n', line_end);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    std::string line = text.substr(begin, line_end + 1 - begin);
    end = begin;
    if (line.empty() || line.starts_with("debug") || line.starts_with("Warning: Permanently")) {
      continue;
    }
    ++count;
    if (!lines.empty()) line.append(" ").append(lines);
    lines = line;
  }
  return lines;
}

struct KnownFailure {
  std::string_view words;  // in what ssh or the docker over there prints
  FailureKind kind;
  std::string_view message;  // {0}: the address
  std::string_view
      advice;  // {0}: ssh's arguments for the host, {1}: for the login, {2}: known_hosts' name
};
constexpr std::string_view advise_engine =
    "Start the engine there (systemctl start docker), or add its socket's path to the address.";
// What comes first counts.
constexpr KnownFailure known_failures[] = {
    {"Permission denied (", FailureKind::denied, "{0} refuses the login",
     "Check the user and the key: ssh {1} true must work without a question."},
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", FailureKind::denied,
     "the host key of {0} is another one than before",
     "If that is right, remove the old one: ssh-keygen -R '{2}'"},
    {"Host key verification failed", FailureKind::denied, "the host key of {0} is not known here",
     "Add it to ~/.ssh/known_hosts and compare its fingerprint: ssh {1} asks, ssh-keyscan {0} "
     "prints it."},
    {"Could not resolve hostname", FailureKind::unreachable, "the host of {0} is not known",
     "Check the name, or ~/.ssh/config."},
    {"permission denied", FailureKind::denied, "docker on the host of {0} may not use its engine",
     "Add the user there to the socket's group (sudo usermod -aG docker USER), or log in as "
     "another "
     "one."},
    {"dial unix", FailureKind::unreachable, "docker on the host of {0} does not reach its engine",
     advise_engine},
    {"Cannot connect to the Docker daemon", FailureKind::unreachable,
     "docker on the host of {0} does not reach its engine", advise_engine},
    {"not a docker command", FailureKind::unreachable,
     "docker on the host of {0} is too old for ssh", "It needs docker 18.09 or newer there."},
};

}  // namespace

std::optional<Failure> SshTunnel::find_failure(Interruption& interruption, bool is_not_http) {
  for (int i = 0; i < 200 && !has_ended(); ++i)
    interruption.sleep_for(std::chrono::milliseconds(10));
  const std::string text = read_errors();
  const std::string words = last_lines(text);
  if (!status_ && words.empty() && !is_not_http) return std::nullopt;
  const std::string where = endpoint_.text();
  const auto& [user, host, port, socket_path] = *endpoint_.ssh;
  const std::string option = port.empty() ? "" : fmt::format("-p {} ", port);
  const std::string login = fmt::format("{}{}{}{}", option, user, user.empty() ? "" : "@", host);
  if (status_ == ssh_cannot_be_run && words.find(':') == std::string::npos) {
    return Failure{FailureKind::unreachable, fmt::format("ssh cannot be run: {}", words),
                   "Install an ssh client (openssh-client)."};
  }
  for (const auto& [known, kind, message, advice] : known_failures) {
    if (text.find(known) == std::string::npos) continue;
    return Failure{kind, fmt::format("{}: {}", fmt::format(fmt::runtime(message), where), words),
                   fmt::format(fmt::runtime(advice), option + host, login,
                               port.empty() ? host : fmt::format("[{}]:{}", host, port))};
  }
  if (status_ == 127) {
    return Failure{FailureKind::unreachable,
                   fmt::format("there is no docker command on the host of {}: {}", where, words),
                   "Install docker's command line there, where a shell without a login finds it."};
  }
  if (is_not_http) {
    return Failure{FailureKind::not_docker,
                   fmt::format("what the host of {} sends is no engine's answer{}{}", where,
                               words.empty() ? "" : ": ", words),
                   fmt::format("This must print nothing: ssh {} true. See whether the user may log "
                               "in, and what a shell there runs when it starts.",
                               login)};
  }
  const std::string reason = !words.empty() ? words
                             : status_      ? fmt::format("ssh ended with status {}", *status_)
                                            : "ssh does not say why";
  return Failure{FailureKind::unreachable, fmt::format("cannot connect to {}: {}", where, reason),
                 fmt::format("This must work: ssh {} docker version", login)};
}

}  // namespace cac
