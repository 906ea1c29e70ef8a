#include "clear/bases.hpp"

#include <algorithm>
#include <functional>

namespace cac {

namespace {

bool is_built_on(const Image& derived, const Image& base) {
  return !base.layers.empty() && base.layers.size() < derived.layers.size() &&
         std::equal(base.layers.begin(), base.layers.end(), derived.layers.begin());
}

// Returns the first of the image's names with which it is so; "" if there is none.
std::string find_name(const Image& image, const std::function<bool(const std::string&)>& is_so) {
  const auto found = std::ranges::find_if(image.tags, is_so);
  return found == image.tags.end() ? "" : *found;
}

std::string leave_out_tag(const std::string& name) { return name.substr(0, name.rfind(':')); }

}  // namespace

std::vector<Base> find_bases(const Application& application, const std::vector<Image>& images) {
  Application whole = application;  // another target's images are built as well
  if (!application.builds) whole.targets.clear();
  std::vector<Base> bases;
  for (const Image& derived : images) {
    const auto removed = find_name(
        derived, [&](const std::string& name) { return application.selects(derived, name); });
    const auto built = find_name(derived, [&](const std::string& name) {
      const NamedImage* const named = application.find_image(name);
      return whole.selects(derived, name) && (named == nullptr || named->is_built);
    });
    if (built.empty() && removed.empty()) continue;
    const Image* nearest = nullptr;
    for (const Image& image : images) {
      const bool is_nearer = nearest == nullptr || image.layers.size() > nearest->layers.size();
      if (is_built_on(derived, image) && is_nearer) nearest = &image;
    }
    if (nearest == nullptr) continue;
    const auto base = find_name(
        *nearest, [&](const std::string& name) { return application.selects(*nearest, name); });
    if (!base.empty()) {
      if (!built.empty()) bases.push_back({.name = base, .derived = built});
      continue;
    }
    // Another tag of the same repository is an older image of the same build.
    const auto other = find_name(*nearest, [&](const std::string& name) {
      return leave_out_tag(name) != leave_out_tag(removed);
    });
    if (!removed.empty() && !other.empty()) {
      bases.push_back({.name = other, .derived = removed, .stays = true});
    }
  }
  return bases;
}

}  // namespace cac
