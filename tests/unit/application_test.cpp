#include "clear/application.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <vector>

#include "texts.hpp"

using cac::Target;
using cac::test::Texts;

TEST_CASE("each target is named by its word, and by no other") {
  CHECK(cac::parse_target("backend") == Target::backend);
  CHECK(cac::parse_target("frontend") == Target::frontend);
  CHECK(cac::parse_target("all") == Target::all);
  for (const std::string& text :
       Texts{"", "Backend", "backend ", "back", "everything", "backend:latest"}) {
    CAPTURE(text);
    CHECK_FALSE(cac::parse_target(text));
  }
  for (const Target target : {Target::backend, Target::frontend, Target::all}) {
    CHECK(cac::parse_target(to_string(target)) == target);
  }
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
  CHECK(cac::Application{.project = "watchparty"}.reference_pattern() == "watchparty-*");
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
    CHECK(cac::Application{"watchparty", Target::backend}.matches(row.name) == row.backend);
    CHECK(cac::Application{"watchparty", Target::frontend}.matches(row.name) == row.frontend);
    CHECK(cac::Application{"watchparty", Target::all}.matches(row.name) == row.all);
  }
}

TEST_CASE(
    "a name is a neighbor's if Compose labelled the image with the longer name it begins with") {
  struct {
    std::string project;
    std::string label;
    std::string name;
    bool is_neighbor;
  } const rows[] = {
      {"shop", "shop-admin", "shop-admin-backend:latest", true},
      {"shop", "shop-admin", "shop-admin_backend:latest", true},
      {"team/shop", "shop-admin", "team/shop-admin-backend:latest", true},
      {"localhost:5000/shop", "shop-admin", "localhost:5000/shop-admin-backend:latest", true},
      {"shop", "shopping", "shopping-backend:latest", true},
      // The label of the project itself, of a shorter one, of none, and of a directory.
      {"shop", "shop", "shop-admin-backend:latest", false},
      {"shop-admin", "shop", "shop-admin-backend:latest", false},
      {"shop", "", "shop-admin-backend:latest", false},
      {"watchparty", "watch-party", "watchparty-backend:latest", false},
      // The image has a name of the target as well.
      {"shop", "shop-admin", "shop-backend:latest", false},
      {"shop", "shop-admin", "shop-administration:latest", false},
      {"shop", "shop-admin", "shop-admin:latest", false},
      {"shop", "shop-backend", "shop-backend:latest", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.label + " " + row.name);
    const cac::Application application{row.project, Target::all};
    const cac::Image image{.tags = {row.name}, .compose_project = row.label};
    CHECK(application.is_neighbor(image, row.name) == row.is_neighbor);
    CHECK(application.selects(image, row.name) ==
          (application.matches(row.name) && !row.is_neighbor));
  }
}
