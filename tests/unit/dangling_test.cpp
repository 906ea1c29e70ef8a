#include "clear/dangling.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "samples.hpp"
#include "texts.hpp"

using cac::Application;
using cac::Image;
using cac::test::joined;
using cac::test::Texts;

namespace {

const std::vector<Image> backend{
    {.id = "b", .tags = {"watchparty-backend:latest"}, .compose_project = "watch-party"}};

}  // namespace

TEST_CASE("by convention the project, and what the selected images are labeled with, are its own") {
  CHECK(cac::list_own_projects({.project = "watchparty"}, backend) ==
        Texts{"", "watchparty", "watch-party"});
  CHECK(cac::list_own_projects({.project = "registry.example/team/shop"}, backend) ==
        Texts{"", "shop"});
  // A longer-named project's.
  CHECK(cac::list_own_projects({.project = "shop"}, {{.tags = {"shop-admin-web:latest"},
                                                      .compose_project = "shop-admin"}}) ==
        Texts{"", "shop"});
}

TEST_CASE("of a build command the project alone is its own") {
  Application application{.project = "shop", .builds = {{}}};
  application.builds->images = {{.name = "watchparty-backend:latest", .is_built = true}};
  CHECK(cac::list_own_projects(application, backend) == Texts{"", "shop"});
  application.project = "";
  CHECK(cac::list_own_projects(application, backend) == Texts{"", ""});
}

TEST_CASE("dangling images are the application's, or nobody's, or others'") {
  const auto images = cac::tell_apart({{.id = "1"},
                                       {.id = "2", .compose_project = "shop"},
                                       {.id = "3", .compose_project = "other"},
                                       {.id = "4", .repo_digests = {"busybox@sha256:5"}},
                                       {.id = "5", .owner_known = false},
                                       {.id = "6", .names_known = false},
                                       {.id = "7", .tags = {"busybox@sha256:5"}}},
                                      {"", "shop"});
  REQUIRE(images.own.size() == 2);
  CHECK(images.own[0].id == "1");
  CHECK(images.own[1].id == "2");
  CHECK(images.others.projects == Texts{"other"});
  CHECK(images.others.pulled == 1);
  CHECK(images.others.unknown == 3);
  CHECK(images.others.count() == 5);
}
