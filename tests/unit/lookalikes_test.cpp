#include "clear/lookalikes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "samples.hpp"
#include "texts.hpp"

using cac::ClearRequest;
using cac::Image;
using cac::test::clear_request;
using cac::test::joined;
using cac::test::Texts;

namespace {

// "PROJECT IMAGE", a line each.
std::string find(const ClearRequest& request, const std::vector<Image>& images) {
  Texts lines;
  for (const auto& lookalike : cac::find_lookalikes(request, images)) {
    lines.push_back(lookalike.project + " " + lookalike.image);
  }
  return joined(lines);
}

}  // namespace

TEST_CASE("images that look as if they were meant, the likeliest first, each project once") {
  ClearRequest request = clear_request({"-p", "watch-party"});
  request.compose_project_name = "demo";
  const std::vector<Image> images = {
      {.tags = {"aaa-frontend:latest", "aaa-backend:latest"}},
      {.tags = {"demo-web:latest"}},
      {.tags = {"watchparty-backend:latest"}},
      {.tags = {"watch-party_web:latest"}},
      {.tags = {"party-ui:latest"}, .compose_project = "watch-party"},
      {.tags = {"team/other-backend:latest"}},
      {.tags = {"zzz-backend:latest"}},
  };
  CHECK(find(request, images) ==
        "party party-ui:latest\n"
        "demo demo-web:latest\n"
        " watch-party_web:latest\n"
        "watchparty watchparty-backend:latest\n"
        "aaa aaa-backend:latest\n");
  CHECK(find(clear_request({"-p", "x"}), images) ==
        "aaa aaa-backend:latest\n"
        "team/other team/other-backend:latest\n"
        "watchparty watchparty-backend:latest\n"
        "zzz zzz-backend:latest\n");
}

TEST_CASE("what no --project selects is for a Compose file") {
  const ClearRequest request = clear_request({"-p", "shop"});
  const auto labeled = [&](const std::string& name) {
    return find(request, {{.tags = {name}, .compose_project = "shop"}});
  };
  CHECK(labeled("web:latest") == " web:latest\n");
  CHECK(labeled("my-web:v1") == " my-web:v1\n");
  CHECK(labeled("my-team/web:latest") == " my-team/web:latest\n");
  CHECK(labeled("my-web:latest") == "my my-web:latest\n");
}

TEST_CASE("what looks right has the target, and is what --project selects") {
  const std::vector<Image> images = {
      {.tags = {"other-frontend:latest"}},
      {.tags = {"party-admin-frontend:latest"}, .compose_project = "party-admin"}};
  CHECK(find(clear_request({"-p", "x", "frontend"}), images) ==
        "other other-frontend:latest\nparty-admin party-admin-frontend:latest\n");
  CHECK(find(clear_request({"-p", "x", "backend"}), images).empty());
  // Its name is the neighbor's own: no prefix selects it.
  CHECK(find(clear_request({"-p", "shop"}),
             {{.tags = {"s-hop-job:latest"}, .compose_project = "s-hop-job"}}) ==
        " s-hop-job:latest\n");
}

TEST_CASE("nothing looks right where there is no such image") {
  CHECK(find(clear_request({}), {}).empty());
  CHECK(find(clear_request({}), {{.tags = {"other-app:latest", "app-backend:v1", "backend:latest"}},
                                 {.tags = {}, .compose_project = "watchparty"}})
            .empty());
}

TEST_CASE("an engine is asked for the usual services, other spellings, and Compose's label") {
  ClearRequest request = clear_request({"-p", "team/shop"});
  request.compose_project_name = "demo";
  const auto query = cac::make_lookalike_query(request);
  REQUIRE(query);
  CHECK(query->patterns == Texts{"*-backend:latest", "*-frontend:latest", "*/*-backend:latest",
                                 "*/*-frontend:latest", "*/*/*-backend:latest",
                                 "*/*/*-frontend:latest", "team/shop_*", "demo-*"});
  CHECK(query->compose_projects == Texts{"shop", "demo"});
  request.compose_project_name = "[x";  // which an engine would refuse as a pattern
  CHECK(cac::make_lookalike_query(request)->compose_projects == Texts{"shop"});
  request.application.builds.emplace();
  CHECK_FALSE(cac::make_lookalike_query(request));
}
