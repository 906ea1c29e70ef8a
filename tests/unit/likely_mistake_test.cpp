#include "clear/likely_mistake.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/edit_distance.hpp"
#include "samples.hpp"
#include "texts.hpp"

using cac::Container;
using cac::Image;
using cac::State;
using cac::test::clear_request;
using cac::test::Texts;

namespace {

std::string find_meant(const char* project, const State& state) {
  return cac::find_meant_project(clear_request({"-p", project}), state);
}

State holding(const Texts& names) {
  State state;
  for (const std::string& name : names) state.others.push_back({.id = name, .tags = {name}});
  return state;
}

}  // namespace

TEST_CASE("the distance between two words is the number of slips") {
  struct {
    const char* from;
    const char* to;
    std::size_t slips;
  } const rows[] = {{"", "", 0},
                    {"", "abc", 3},
                    {"abc", "", 3},
                    {"shop", "shop", 0},
                    {"shop", "shp", 1},
                    {"shop", "sshop", 1},
                    {"shop", "stop", 1},
                    {"shop", "sohp", 1},
                    {"shop", "hsop", 1},
                    {"shop", "shpo", 1},
                    {"shop", "ohsp", 2},
                    {"ca", "abc", 3},  // no letter is exchanged and then parted
                    {"watchparty", "wachtprty", 3},
                    {"kitten", "sitting", 3}};
  for (const auto& row : rows) {
    CAPTURE(row.from);
    CAPTURE(row.to);
    CHECK(cac::edit_distance(row.from, row.to) == row.slips);
    CHECK(cac::edit_distance(row.to, row.from) == row.slips);
  }
}

TEST_CASE("a prefix that is spelled in another way, or a slip away, was probably meant") {
  struct {
    const char* project;
    const char* image;
    const char* meant;
  } const rows[] = {
      {"watch-party", "watchparty-backend:latest", "watchparty"},
      {"watchparty", "watch_party-backend:latest", "watch_party"},
      {"watchparty", "watch.party-frontend:latest", "watch.party"},
      {"wachtparty", "watchparty-worker:latest", "watchparty"},
      {"watcprty", "watchparty-backend:latest", "watchparty"},
      {"wachtprty", "watchparty-backend:latest", ""},
      {"wchtpry", "watchparty-backend:latest", ""},
      {"shpo", "shop-backend:latest", "shop"},
      {"shp", "shop-backend:latest", "shop"},
      {"ship", "shop-backend:latest", "shop"},
      {"sip", "shop-backend:latest", ""},
      {"sh", "shop-backend:latest", ""},
      {"s-h", "sh-backend:latest", "sh"},
      {"ab", "ac-backend:latest", ""},
      {"shop", "other-backend:latest", ""},
      {"shpo", "shop-a-b-backend:latest", "shop"},
      {"my-shpo", "my-shop-backend:latest", "my-shop"},
      {"shpo", "shop-backend:v1", ""},
      {"shpo", "shop:latest", ""},
      {"shpo", "shop_backend:latest", ""},
      {"shop", "team/shop-backend:latest", ""},
      {"team/shpo", "team/shop-backend:latest", "team/shop"},
      {"tema/shop", "team/shop-backend:latest", "team/shop"},
      {"registry.example/team/web", "registry.example/team/api-backend:latest", ""},
      {"Registry.Example/shop", "registry.example/shop-backend:latest", "registry.example/shop"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.project);
    CAPTURE(row.image);
    CHECK(find_meant(row.project, holding({row.image})) == row.meant);
  }
}

TEST_CASE("the nearest one was meant, and it is one that --project selects") {
  CHECK(find_meant("watchparty1", holding({"watchpart-backend:latest", "watchparty-web:latest",
                                           "watchparty2-web:latest"})) == "watchparty");
  CHECK(find_meant("shop", holding({"shop-backend:latest"})).empty());  // it is this one
  State state = holding({"shop-admin-backend:latest"});
  state.others[0].compose_project = "shop-admin";
  CHECK(find_meant("shpo", state).empty());
  CHECK(find_meant("shop-admni", state) == "shop-admin");
  CHECK(find_meant("watchparty", {}).empty());
}

TEST_CASE("it is no mistake where the project's containers run an image of no other project") {
  State state = holding({"watchparty2-backend:latest", "watchparty2-frontend:latest"});
  const auto meant = [&](const Container& container) {
    state.containers = {container};
    return find_meant("watchparty", state);
  };
  CHECK(meant({.name = "x", .image_id = "gone", .compose_project = "watchparty"}).empty());
  CHECK(meant({.name = "watchparty-backend-1", .image_id = "gone"}).empty());
  CHECK(meant({.name = "watchparty_backend_1", .image_id = "gone"}).empty());
  CHECK(meant({.name = "watchparty2-backend-1", .image_id = "gone"}) == "watchparty2");
  CHECK(meant({.name = "watchparty-x", .image_id = "gone", .compose_project = "other"}) ==
        "watchparty2");
  // Compose's project need not be the images' prefix: that is the mistake.
  CHECK(meant({.name = "watchparty-frontend-1",
               .image_id = "watchparty2-frontend:latest",
               .compose_project = "watchparty"}) == "watchparty2");
}

TEST_CASE("the applications of an engine are prefixes that have a backend or a frontend") {
  CHECK(cac::list_applications(holding({"b-backend:latest", "b-frontend:latest", "f-backend:latest",
                                        "team/c-frontend:latest", "a-web:latest", "-backend:latest",
                                        "z-backend:v1", "backend:latest"})) ==
        Texts{"b", "f", "team/c"});
  CHECK(cac::list_applications(
            holding({"1-backend:latest", "2-backend:latest", "3-backend:latest", "4-backend:latest",
                     "5-backend:latest", "6-backend:latest"})) == Texts{"1", "2", "3", "4", "5"});
}
