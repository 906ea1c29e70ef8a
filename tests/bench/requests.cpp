// requests FILE COMMAND...: runs COMMAND with DOCKER_HOST set to a relay before the engine that
// DOCKER_HOST (unix://…) names, and writes to FILE a line "METHOD TARGET" for each request that
// passed. Exits as COMMAND does. Linked statically: it also runs in an engine's root.

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <list>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

std::mutex mutex;
std::list<std::string> sent;  // by the client, a connection each

void must(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::_Exit(127);
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  must(path.size() < sizeof address.sun_path, "socket path");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// Passes on what can be read, and the end of the stream. False: it was the end.
bool pass(int from, int to, std::string* copy) {
  std::array<char, 65536> buffer;
  const ssize_t size = read(from, buffer.data(), buffer.size());
  if (size <= 0) {
    shutdown(to, SHUT_WR);
    return false;
  }
  const auto length = static_cast<std::size_t>(size);
  if (copy != nullptr) {
    const std::lock_guard lock(mutex);
    copy->append(buffer.data(), length);
  }
  for (std::size_t done = 0; done < length;) {
    const ssize_t written = send(to, buffer.data() + done, length - done, MSG_NOSIGNAL);
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

void relay(int client, const sockaddr_un& upstream, std::string& copy) {
  const int engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(connect(engine, reinterpret_cast<const sockaddr*>(&upstream), sizeof upstream) == 0,
       "connect");
  std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {engine, POLLIN, 0}}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    poll(ends.data(), ends.size(), -1);
    if (ends[0].revents != 0 && !pass(client, engine, &copy)) ends[0].fd = -1;
    if (ends[1].revents != 0 && !pass(engine, client, nullptr)) ends[1].fd = -1;
  }
  close(engine);
  close(client);
}

void accept_connections(int listener, const sockaddr_un& upstream) {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::lock_guard lock(mutex);
    std::thread(relay, client, upstream, std::ref(sent.emplace_back())).detach();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* const host = std::getenv("DOCKER_HOST");
  if (argc < 3 || host == nullptr) return 2;
  const sockaddr_un upstream = address_of(std::string(host).substr(sizeof "unix://" - 1));

  std::string directory = "/tmp/requests.XXXXXX";
  must(mkdtemp(directory.data()) != nullptr, "mkdtemp");
  const std::string path = directory + "/api.sock";
  const sockaddr_un own = address_of(path);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(bind(listener, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0, "bind");
  must(listen(listener, 16) == 0, "listen");
  std::thread(accept_connections, listener, upstream).detach();

  setenv("DOCKER_HOST", ("unix://" + path).c_str(), 1);
  pid_t child = 0;
  must(posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) == 0, argv[2]);
  int status = 0;
  must(waitpid(child, &status, 0) == child, "waitpid");
  unlink(path.c_str());
  rmdir(directory.c_str());

  std::ofstream file(argv[1]);
  const std::string mark = " HTTP/1.1\r";
  const std::lock_guard lock(mutex);
  for (const std::string& connection : sent) {
    std::istringstream lines(connection);
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with(mark)) file << line.substr(0, line.size() - mark.size()) << "\n";
    }
  }
  file.close();
  std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
