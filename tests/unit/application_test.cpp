#include "clear/application.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

#include "texts.hpp"

using cac::test::Texts;

TEST_CASE("no targets stand for every service") {
  const cac::Application all{.project = "x"};
  CHECK(all.is_all());
  CHECK(all.covers("backend"));
  const cac::Application two{.project = "x", .targets = {"web", "worker"}};
  CHECK_FALSE(two.is_all());
  CHECK(two.covers("web"));
  CHECK(two.covers("worker"));
  CHECK_FALSE(two.covers("backend"));
}

TEST_CASE("a project is written as engines write it in image names") {
  struct {
    std::string text;
    std::string expected;
  } const rows[] = {
      {"watchparty", "watchparty"},
      {"watch-party_2.x", "watch-party_2.x"},
      {"watch--party__x", "watch--party__x"},
      {"team/watchparty", "team/watchparty"},
      {"localhost/watchparty", "localhost/watchparty"},
      {"localhost:5000/watchparty", "localhost:5000/watchparty"},
      {"registry.example.org/team/watchparty", "registry.example.org/team/watchparty"},
      {"docker.io/watchparty", "watchparty"},
      {"docker.io/library/watchparty", "watchparty"},
      {"index.docker.io/library/watchparty", "watchparty"},
      {"library/watchparty", "watchparty"},
      {"docker.io/team/watchparty", "team/watchparty"},
      // Docker shortens library/ only in front of a single word.
      {"library/team/watchparty", "library/team/watchparty"},
      {"docker.io/library/team/watchparty", "library/team/watchparty"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(cac::parse_project(row.text).value_or("refused") == row.expected);
  }
}

TEST_CASE("a project that makes no image name is refused") {
  for (const std::string& text :
       Texts{"",     "../x",     "A B",      "Watchparty", "x ",   " x", "x/",   "/x",
             "x//y", "x:latest", "x@sha256", "-x",         "x-",   ".x", "x..y", "x___y",
             "x\n",  "x*",       "\xc3\xa4", "x?filters=", "x%2f", "x#y"}) {
    CAPTURE(text);
    CHECK_FALSE(cac::parse_project(text));
  }
}

TEST_CASE("a project may be as long as its longest image name allows") {
  const std::string longest(255 - std::string("-frontend").size(), 'x');
  CHECK(cac::parse_project(longest) == longest);
  CHECK_FALSE(cac::parse_project(longest + "x"));
}

TEST_CASE("the pattern for the engine covers every image of the project, whatever its tag") {
  CHECK(cac::Application{.project = "watchparty"}.reference_patterns() == Texts{"watchparty-*"});
  CHECK(cac::Application{.project = "[::1]:5000/shop"}.reference_patterns() ==
        Texts{"\\[::1\\]:5000/shop-*"});
}

TEST_CASE("a target selects exactly its own names with the tag latest") {
  struct {
    std::string name;
    bool backend;
    bool frontend;
    bool all;
  } const rows[] = {
      {"watchparty-backend:latest", true, false, true},
      {"watchparty-frontend:latest", false, true, true},
      {"watchparty-worker:latest", false, false, true},
      {"watchparty-backend-worker:latest", false, false, true},
      {"watchparty-backend:rollback", false, false, false},
      {"watchparty-backend:latest2", false, false, false},
      {"watchparty-backend", false, false, false},
      {"watchparty-:latest", false, false, false},
      {"watchparty:latest", false, false, false},
      {"watchpartyx-backend:latest", false, false, false},
      {"my-watchparty-backend:latest", false, false, false},
      {"team/watchparty-backend:latest", false, false, false},
      {"watchparty-team/backend:latest", false, false, false},
      {"other-app:latest", false, false, false},
      {"<none>:<none>", false, false, false},
      {"", false, false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(cac::Application{"watchparty", {"backend"}}.matches(row.name) == row.backend);
    CHECK(cac::Application{"watchparty", {"frontend"}}.matches(row.name) == row.frontend);
    CHECK(cac::Application{"watchparty"}.matches(row.name) == row.all);
  }
}

TEST_CASE(
    "a name is a neighbor's if its label of Compose's is a longer project that it begins with") {
  struct {
    std::string project;
    std::string label;
    std::string name;
    bool is_neighbor;
  } const rows[] = {
      {"shop", "shop-admin", "shop-admin-backend:latest", true},
      {"shop", "shop-admin", "shop-admin_backend:latest", true},
      {"shop", "shop-admin", "shop-admin.backend:latest", true},
      {"team/shop", "shop-admin", "team/shop-admin-backend:latest", true},
      {"localhost:5000/shop", "shop-admin", "localhost:5000/shop-admin-backend:latest", true},
      {"shop", "shopping", "shopping-backend:latest", true},
      {"shop", "shop-admin", "shop-admin:latest", true},
      {"shop", "shop-backend", "shop-backend-backend:latest", true},
      // The label of the project itself, of a shorter one, of none, and of a directory.
      {"shop", "shop", "shop-admin-backend:latest", false},
      {"shop-admin", "shop", "shop-admin-backend:latest", false},
      {"shop", "", "shop-admin-backend:latest", false},
      {"watchparty", "watch-party", "watchparty-backend:latest", false},
      // The image has a name of the target as well.
      {"shop", "shop-admin", "shop-backend:latest", false},
      {"shop", "shop-admin", "shop-administration:latest", false},
      // The convention's own names, from a directory of the same name each.
      {"shop", "shop-backend", "shop-backend:latest", false},
      {"shop", "shop-frontend", "shop-frontend:latest", false},
      {"team/shop", "shop-backend", "team/shop-backend:latest", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.label + " " + row.name);
    const cac::Application application{row.project};
    const cac::Image image{.tags = {row.name}, .compose_project = row.label};
    CHECK(application.is_neighbor(image, row.name) == row.is_neighbor);
    CHECK(application.selects(image, row.name) ==
          (application.matches(row.name) && !row.is_neighbor));
  }
}

TEST_CASE("an application misses all images that are neighbors', or not named by its file") {
  const cac::Image neighbor{.tags = {"shop-admin-web:latest"}, .compose_project = "shop-admin"};
  cac::Application shop{.project = "shop", .targets = {"backend"}};
  CHECK(shop.misses_all_of({}));
  CHECK(shop.misses_all_of({neighbor}));
  CHECK_FALSE(shop.misses_all_of({neighbor, {.tags = {"shop-frontend:v1"}}}));
  shop.builds = {.images = {{.name = "web:latest", .services = {"web"}, .is_built = true}}};
  CHECK(shop.misses_all_of({{.tags = {"web:v1"}}}));
  CHECK_FALSE(shop.misses_all_of({{.tags = {"web:v1", "web:latest"}}}));
  // Another project's, which cache_from alone names, is there.
  shop.builds->images[0].is_built = false;
  CHECK_FALSE(shop.misses_all_of({{.tags = {"web:latest"}, .compose_project = "other"}}));
}

TEST_CASE("an image's name is written as engines write it, with its tag") {
  struct {
    std::string text;
    std::string name;  // empty: no image can be tagged so
  } const rows[] = {
      {"shop-web", "shop-web:latest"},
      {"shop-web:v1", "shop-web:v1"},
      {"docker.io/library/shop-web", "shop-web:latest"},
      {"docker.io/acme/web:v1", "acme/web:v1"},
      {"library/acme/web", "library/acme/web:latest"},
      {"localhost:5000/web", "localhost:5000/web:latest"},
      {"localhost:5000/web:v1", "localhost:5000/web:v1"},
      {"ghcr.io/acme/web", "ghcr.io/acme/web:latest"},
      {"index.docker.io/acme/web", "acme/web:latest"},
      // Of these, 20.10 takes none but the last two; 28.5 takes all.
      {"ACME/web:v1", "ACME/web:v1"},
      {"LOCALHOST/web", "LOCALHOST/web:latest"},
      {"[::1]/web", "[::1]/web:latest"},
      {"[::1]:5000/web", "[::1]:5000/web:latest"},
      {"aCME:1/web", "aCME:1/web:latest"},
      {"a_b.c/web", "a_b.c/web:latest"},
      // No engine takes these.
      {"acme-/web", ""},
      {"acme-.example/web", ""},
      {"-acme.example/web", ""},
      {"docker.io/ACME/web", ""},
      // Engines write these as names of other images.
      {"docker.io/localhost/web", ""},
      {"docker.io/docker.io/acme/web", ""},
      {"index.docker.io/docker.io/acme/web", ""},
      {"docker.io/registry:5000/web", ""},
      {"", ""},
      {":v1", ""},
      {"web:", ""},
      {"web:v1:v2", ""},
      {"Web", ""},
      {"../web", ""},
      {"web@sha256:1234", ""},
      {"web\n", ""},
      {std::string("web\0x", 5), ""},
      {std::string(300, 'a'), ""},
      {"web:" + std::string(129, 'a'), ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(cac::parse_image_name(row.text).value_or("") == row.name);
  }
}

TEST_CASE("a name begins with a registry if its first part is a host, as docker tells them apart") {
  for (const std::string& name : Texts{"ghcr.io/acme/web", "localhost/web", "localhost:5000/web",
                                       "registry:5000/web:v1", "ACME/web", "[::1]:5000/web"}) {
    CAPTURE(name);
    CHECK(cac::has_registry(name));
  }
  for (const std::string& name : Texts{"web", "web:v1.2", "acme/web:v1.2", "library/web"}) {
    CAPTURE(name);
    CHECK_FALSE(cac::has_registry(name));
  }
}

TEST_CASE("of a Compose file, the names are those that it names") {
  cac::Application shop{.project = "shop"};
  shop.builds = {.images = {{.name = "shop-web:v1", .services = {"web"}, .is_built = true},
                            {.name = "shop-web:latest", .services = {"web"}},
                            {.name = "ghcr.io/acme/web:latest", .services = {"web"}}}};
  CHECK(shop.reference_patterns() == Texts{"ghcr.io/acme/web", "shop-web"});
  CHECK(shop.matches("shop-web:v1"));
  CHECK_FALSE(shop.matches("shop-web:v2"));
  CHECK_FALSE(shop.matches("shop-backend:latest"));
  // Only what cache_from alone names can be another project's.
  const cac::Image other{.compose_project = "other"};
  CHECK(shop.selects(other, "shop-web:v1"));
  CHECK_FALSE(shop.selects(other, "shop-web:latest"));
  CHECK(shop.selects({.compose_project = "shop"}, "shop-web:latest"));
  CHECK(shop.selects({}, "shop-web:latest"));
}
