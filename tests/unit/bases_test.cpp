#include "clear/bases.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using cac::Application;
using cac::Image;

namespace {

Image make_image(const std::string& name, const std::vector<std::string>& layers,
                 const std::string& compose_project = "") {
  return {.id = name, .tags = {name}, .compose_project = compose_project, .layers = layers};
}

// "web on base", or "web on base stays"
std::string describe(const Application& application, const std::vector<Image>& images) {
  std::string text;
  for (const cac::Base& base : find_bases(application, images)) {
    text += base.derived + " on " + base.name + (base.stays ? " stays\n" : "\n");
  }
  return text;
}

const Application by_convention{.project = "shop"};

}  // namespace

TEST_CASE("an image is built on another one if it begins with all of its layers") {
  const Image base = make_image("shop-base:latest", {"a", "b"});
  const auto found = [&](const std::vector<std::string>& layers) {
    return describe(by_convention, {base, make_image("shop-web:latest", layers)});
  };
  CHECK(found({"a", "b", "c"}) == "shop-web:latest on shop-base:latest\n");
  CHECK(found({"a", "b"}).empty());
  CHECK(found({"a", "x", "c"}).empty());
  CHECK(found({"c", "a", "b"}).empty());
  CHECK(found({}).empty());
  CHECK(describe(by_convention,
                 {make_image("shop-base:latest", {}), make_image("shop-web:latest", {"a"})})
            .empty());
}

TEST_CASE("of several bases the nearest counts") {
  CHECK(describe(by_convention, {make_image("shop-one:latest", {"a"}),
                                 make_image("shop-three:latest", {"a", "b", "c"}),
                                 make_image("shop-two:latest", {"a", "b"})}) ==
        "shop-three:latest on shop-two:latest\nshop-two:latest on shop-one:latest\n");
}

TEST_CASE("another target's image is built on a removed one as well; its base alone is nobody's") {
  const std::vector<Image> images{make_image("shop-backend:latest", {"a"}),
                                  make_image("shop-frontend:latest", {"a", "b"})};
  const Application backend{.project = "shop", .targets = {"backend"}};
  CHECK(describe(backend, images) == "shop-frontend:latest on shop-backend:latest\n");
  const Application frontend{.project = "shop", .targets = {"frontend"}};
  CHECK(describe(frontend, images) == "shop-frontend:latest on shop-backend:latest stays\n");
}

TEST_CASE("older images and other applications' are not built, and no base of theirs matters") {
  const Image base = make_image("shop-web:latest", {"a"});
  CHECK(describe(by_convention, {base, make_image("shop-web:before", {"a", "b"})}).empty());
  CHECK(
      describe(by_convention, {base, make_image("shop-admin-web:latest", {"a", "b"}, "shop-admin")})
          .empty());
  // An older image of the same repository is no base.
  CHECK(describe(by_convention,
                 {make_image("shop-web:latest", {"a", "b"}), make_image("shop-web:before", {"a"})})
            .empty());
}

TEST_CASE("with a build command, what it builds and names counts") {
  Application application{.project = "shop"};
  application.builds.emplace().images = {
      {.name = "web:latest", .is_built = true}, {.name = "base:1"}, {.name = "old:1"}};
  const Image base = make_image("base:1", {"a"});
  CHECK(describe(application, {base, make_image("web:latest", {"a", "b"})}) ==
        "web:latest on base:1\n");
  // Only cache_from names it.
  CHECK(describe(application, {base, make_image("old:1", {"a", "b"})}).empty());
  CHECK(
      describe(application, {make_image("base:2", {"a"}), make_image("web:latest", {"a", "b"})}) ==
      "web:latest on base:2 stays\n");
}
