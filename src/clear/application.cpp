#include "clear/application.hpp"

#include <fmt/format.h>
#include <regex.h>

#include <algorithm>
#include <new>
#include <set>

namespace cac {

namespace {

// Of a repository name, the domain included.
constexpr std::size_t max_name_size = 255;
constexpr std::string_view max_suffix = "-frontend";

// One of the system's regular expressions: std::regex costs each start milliseconds. Compiled once,
// for a Compose file may name thousands of images.
class Expression {
 public:
  explicit Expression(const char* text) {
    if (regcomp(&compiled_, text, REG_EXTENDED | REG_NOSUB) != 0) throw std::bad_alloc();
  }
  ~Expression() { regfree(&compiled_); }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  bool matches(const std::string& text) const {
    if (text.find('\0') != std::string::npos) return false;
    return regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_{};
};

// The grammar of github.com/distribution/reference, without tag and digest.
bool is_repository(const std::string& text) {
  static const Expression host(
      "^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
      "|\\[[a-fA-F0-9:]+\\])(:[0-9]+)?$");
  static const Expression path(
      "^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$");
  if (path.matches(text)) return true;
  const auto slash = text.find('/');
  return has_registry(text) && host.matches(text.substr(0, slash)) &&
         path.matches(text.substr(slash + 1));
}

// Returns the repository as engines write it, or nullopt if it is none.
std::optional<std::string> parse_repository(std::string_view text) {
  std::string name(text);
  if (!is_repository(name)) return std::nullopt;
  for (const std::string_view registry : {"index.docker.io/", "docker.io/"}) {
    if (!name.starts_with(registry)) continue;
    name.erase(0, registry.size());
    // Engines write docker.io/localhost/web as localhost/web, which means another image.
    if (has_registry(name)) return std::nullopt;
    break;
  }
  // Engines leave out library/ only in front of a single word.
  constexpr std::string_view official = "library/";
  if (name.starts_with(official) && name.find('/', official.size()) == std::string::npos) {
    name.erase(0, official.size());
  }
  return name;
}

}  // namespace

std::optional<std::string> parse_project(std::string_view text) {
  if (text.size() + max_suffix.size() > max_name_size) return std::nullopt;
  return parse_repository(text);
}

std::optional<std::string> parse_image_name(std::string_view text) {
  // A colon before a slash belongs to a port.
  const auto colon = text.find(':', text.find_last_of('/') + 1);  // npos + 1 is 0
  const std::string_view tag = colon == text.npos ? "latest" : text.substr(colon + 1);
  const std::string_view repository = text.substr(0, colon);
  const auto name = repository.size() > max_name_size ? std::nullopt : parse_repository(repository);
  if (!name || !is_tag(tag)) return std::nullopt;
  return fmt::format("{}:{}", *name, tag);
}

bool has_registry(std::string_view image_name) {
  const auto slash = image_name.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view host = image_name.substr(0, slash);
  return host == "localhost" || host.find_first_of(".:ABCDEFGHIJKLMNOPQRSTUVWXYZ") != host.npos;
}

std::string_view leave_out_path(std::string_view image_name) {
  return image_name.substr(image_name.rfind('/') + 1);  // npos + 1 is 0
}

std::string escape_pattern(std::string_view image_name) {
  std::string pattern;
  for (const char c : image_name) {
    if (c == '[' || c == ']') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

bool is_tag(std::string_view text) {
  static const Expression expression("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$");
  return expression.matches(std::string(text));
}

bool Application::covers(std::string_view service) const {
  return is_all() || std::find(targets.begin(), targets.end(), service) != targets.end();
}

const NamedImage* Application::find_image(std::string_view name) const {
  if (!builds) return nullptr;
  const auto found = std::find_if(builds->images.begin(), builds->images.end(),
                                  [&](const NamedImage& image) { return image.name == name; });
  return found == builds->images.end() ? nullptr : &*found;
}

std::vector<std::string> Application::reference_patterns() const {
  if (!builds) return {escape_pattern(project) + "-*"};
  // A repository stands for all its tags.
  std::set<std::string> repositories;
  for (const NamedImage& image : builds->images) {
    repositories.insert(escape_pattern(image.name.substr(0, image.name.rfind(':'))));
  }
  return {repositories.begin(), repositories.end()};
}

bool Application::matches(std::string_view image_name) const {
  if (builds) return find_image(image_name) != nullptr;
  constexpr std::string_view suffix = ":latest";
  if (!image_name.starts_with(project + "-") || !image_name.ends_with(suffix)) return false;
  image_name.remove_prefix(project.size() + 1);
  image_name.remove_suffix(suffix.size());
  return !image_name.empty() && image_name.find('/') == std::string_view::npos &&
         covers(image_name);
}

bool Application::is_neighbor(const Image& image, std::string_view name) const {
  const std::string_view owner = image.compose_project;
  if (builds) {
    const NamedImage* const named = find_image(name);
    return named != nullptr && !named->is_built && !owner.empty() && owner != project;
  }
  const std::string_view prefix = leave_out_path(project);
  name = leave_out_path(name);
  if (owner.size() <= prefix.size() || !owner.starts_with(prefix) || !name.starts_with(owner)) {
    return false;
  }
  const std::string_view rest = name.substr(owner.size());
  const std::string_view service = owner.substr(prefix.size());
  if (rest.starts_with(':')) return service != "-backend" && service != "-frontend";
  return rest.find_first_of("-_.") == 0;  // Compose 1 wrote an underscore
}

bool Application::misses_all_of(const std::vector<Image>& images) const {
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (builds ? matches(name) : !is_neighbor(image, name)) return false;
    }
  }
  return true;
}

}  // namespace cac
