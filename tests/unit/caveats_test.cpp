#include "clear/caveats.hpp"

#include <doctest/doctest.h>

#include "samples.hpp"
#include "texts.hpp"

using cac::Caveat;
using cac::CaveatKind;
using cac::State;
using cac::test::clear_request;
using cac::test::joined;
using cac::test::Texts;
using cac::test::Words;

namespace {

std::string list(const std::vector<Caveat>& caveats) {
  Texts lines;
  for (const Caveat& caveat : caveats) {
    lines.push_back(std::string(to_string(caveat.kind)) + " " + caveat.object);
  }
  return joined(lines);
}

std::string find(const Words& words, const State& state) {
  return list(cac::find_caveats(clear_request(words), state));
}

}  // namespace

TEST_CASE("a copy in a registry is a caveat, and the containerd store's own digest is none") {
  State state{.images = {{.id = "sha256:b",
                          .tags = {"watchparty-backend:latest"},
                          .repo_digests = {"watchparty-backend@sha256:b"}}}};
  CHECK(find({"backend"}, state).empty());
  state.images[0].repo_digests.emplace_back("watchparty-backend@sha256:other");
  CHECK(find({"backend"}, state) == "registry-copy watchparty-backend:latest\n");
  CHECK(find({"--verify-only", "backend"}, state) == find({"backend"}, state));
  CHECK(find({"frontend"}, state).empty());
}

TEST_CASE("a builder with a cache of its own is a caveat, for a pruning as well") {
  const State state{.containers = {{"c", "buildx_buildkit_multi0", "sha256:k", "running"},
                                   {"d", "my-buildx_buildkit_", "sha256:k", "running"}}};
  CHECK(find({"all"}, state) == "builder buildx_buildkit_multi0\n");
  CHECK(find({"--all-builders"}, state).empty());
  const auto prune = [&](std::optional<cac::BuildxBuilder> builder, bool all_builders = false) {
    return list(cac::find_caveats(
        cac::PruneRequest{.all_builders = all_builders, .builder = std::move(builder)}, state));
  };
  CHECK(prune({}) == "builder buildx_buildkit_multi0\n");
  CHECK(prune({}, true).empty());
  CHECK(prune({{.name = "remote"}}) == "builder remote\nbuilder buildx_buildkit_multi0\n");
  CHECK(prune({{.name = "remote", .is_known = true}}) ==
        "builder remote\nbuilder buildx_buildkit_multi0\n");
  // One builder, one caveat.
  CHECK(prune({{.name = "multi"}}) == "builder buildx_buildkit_multi0\n");
  CHECK(prune({{.problem = "current: it is not JSON"}}) ==
        "builder \nbuilder buildx_buildkit_multi0\n");
}

TEST_CASE("a builder to which builds go is residue, and no caveat of a clearing") {
  const State state{.containers = {{"c", "buildx_buildkit_multi0", "sha256:k", "running"},
                                   {"s", "buildx_buildkit_multi1", "sha256:k", "exited"},
                                   {"o", "buildx_buildkit_other0", "sha256:k", "running"}}};
  cac::ClearRequest request = clear_request({"all"});
  const auto caveats = [&] { return list(cac::find_caveats(request, state)); };
  const auto residue = [&] {
    Texts names;
    for (const auto& left : cac::find_unclearable(request, state)) names.push_back(left.object);
    return joined(names);
  };
  CHECK(residue().empty());
  for (const bool is_known : {false, true}) {
    request.builder = {.name = "multi", .is_known = is_known};
    if (is_known) {
      request.builder->containers = {"buildx_buildkit_multi0", "buildx_buildkit_multi1"};
    }
    request.all_builders = false;
    CHECK(caveats() == "builder buildx_buildkit_other0\n");
    CHECK(residue() == "buildx_buildkit_multi0\nbuildx_buildkit_multi1\n");
    request.all_builders = true;
    CHECK(caveats().empty());
    CHECK(residue() == "buildx_buildkit_multi1\n");
  }
  // One of its nodes is not on this engine.
  request.builder->containers.emplace_back("buildx_buildkit_multi2");
  CHECK(residue() == "multi\nbuildx_buildkit_multi1\n");
  request.builder->containers.pop_back();
  CHECK(residue() == "buildx_buildkit_multi1\n");
  request.builder->has_other_nodes = true;
  CHECK(residue() == "multi\nbuildx_buildkit_multi1\n");
  // On no container of this engine, whether buildx has a file about it here or not.
  for (const bool is_known : {false, true}) {
    request.builder = {.name = "remote", .is_known = is_known, .problem = "why"};
    CHECK(residue() == "remote\n");
    CHECK(cac::find_unclearable(request, state).front().reason == cac::Reason::builder_in_use);
    CHECK(cac::find_unclearable(request, state).front().cause == "why");
  }
  // Which one it is, is not known.
  request.builder = {.problem = "why"};
  CHECK(residue() == "buildx\n");
  CHECK(cac::find_unclearable(request, state).front().reason == cac::Reason::builder_unknown);
  CHECK(cac::find_unclearable(request, state).front().cause == "why");
}

TEST_CASE("a builder that does not say what it has left is a caveat, unless builds go there") {
  cac::ClearRequest request = clear_request({"all", "--all-builders"});
  const State after{.containers = {{"c", "buildx_buildkit_multi0", "sha256:k", "running"}},
                    .builder_caches = {{.container = "buildx_buildkit_multi0"}}};
  CHECK(list(cac::find_unread_builders(request, after)) == "builder buildx_buildkit_multi0\n");
  request.builder = {.name = "multi"};
  CHECK(cac::find_unread_builders(request, after).empty());
}

TEST_CASE("a directory that is not where this runs is a caveat, and a warning") {
  State state{.local_caches = {{.path = "/w/cache", .kind = cac::LocalCacheKind::missing}}};
  CHECK(find({"all"}, state) == "local-cache /w/cache\n");
  CHECK(is_warning(CaveatKind::local_cache));
  CHECK_FALSE(is_warning(CaveatKind::builder));
  state.local_caches[0].kind = cac::LocalCacheKind::cache;
  CHECK(find({"all"}, state).empty());
}

TEST_CASE("what the build command names outside the engine is a caveat if that is allowed") {
  cac::ClearRequest request = clear_request({"all"});
  request.application.builds = {.external = {{.source = "type=gha"}}};
  const auto residue = [&] { return cac::find_unclearable(request, {}).size(); };
  CHECK(list(cac::find_caveats(request, {})).empty());
  CHECK(residue() == 1);
  request.allow_external = true;
  CHECK(list(cac::find_caveats(request, {})) == "external type=gha\n");
  CHECK(residue() == 0);
}

TEST_CASE("other tags of the repositories that a build command names are a caveat") {
  cac::ClearRequest request = clear_request({"all"});
  request.application.builds = {.images = {{.name = "web:v1"}, {.name = "h:5000/api:latest"}}};
  const State state{.images = {{.tags = {"web:v1", "web:v2"}},
                               {.tags = {"h:5000/api:old"}},
                               {.tags = {"worker:v1"}}}};
  CHECK(list(cac::find_caveats(request, state)) == "other-tag h:5000/api\nother-tag web\n");
}

TEST_CASE("a build by the classic builder is residue") {
  cac::ClearRequest request = clear_request({"all"});
  request.application.builds = {.is_classic = true};
  REQUIRE(cac::find_unclearable(request, {}).size() == 1);
  CHECK(cac::find_unclearable(request, {}).front().reason == cac::Reason::classic_builder);
}

TEST_CASE("a builder's volume without a container is a caveat") {
  State state{.containers = {{"c", "buildx_buildkit_multi0", "sha256:k", "running"}},
              .builder_volumes = {"buildx_buildkit_old0_state", "buildx_buildkit_multi0_state",
                                  "my-buildx_buildkit_x_state", "buildx_buildkit_x"}};
  CHECK(find({"all", "--all-builders"}, state) == "builder buildx_buildkit_old0_state\n");
  state.volumes_failure = {cac::FailureKind::request_failed, "no volumes"};
  CHECK(find({"all", "--all-builders"}, state) == "builder \nbuilder buildx_buildkit_old0_state\n");
}

TEST_CASE("other tags of the application's repositories are a caveat for each, also a backup's") {
  CHECK(find({"backend", "--keep-as", "old"}, {}).empty());
  State state{.images = {{.id = "sha256:b", .tags = {"watchparty-backend:latest"}}}};
  CHECK(find({"backend"}, state).empty());
  CHECK(find({"backend", "--keep-as", "old"}, state) == "other-tag watchparty-backend\n");
  state.images.push_back({.tags = {"watchparty-backend:v1", "watchparty-frontend:staging"}});
  const auto caveats = cac::find_caveats(clear_request({"backend", "--keep-as", "old"}), state);
  REQUIRE(caveats.size() == 1);
  CHECK(caveats[0].tags == Texts{"old", "v1"});
  CHECK(find({"all"}, state) == "other-tag watchparty-backend\nother-tag watchparty-frontend\n");
  // Also when latest is gone, and never for a neighbor's.
  state.images.erase(state.images.begin());
  CHECK(find({"--verify-only"}, state) ==
        "other-tag watchparty-backend\nother-tag watchparty-frontend\n");
  state.images = {{.tags = {"watchparty-admin-backend:v1"}, .compose_project = "watchparty-admin"}};
  CHECK(find({"all"}, state).empty());
}

TEST_CASE("dangling images are caveats, with their holders, except those that the run untagged") {
  const State after{.dangling = {{{.id = "sha256:1"}, {.id = "sha256:2"}, {.id = "sha256:3"}}}};
  const cac::Outcome untagged{.action = {.kind = cac::ActionKind::remove_image,
                                         .object = "watchparty-backend:latest",
                                         .image_id = "sha256:2"},
                              .status = cac::OutcomeStatus::done,
                              .untagged = true};
  const State first{.containers = {{"c", "old", "sha256:1", "running"}}};
  const auto caveats = cac::find_dangling({}, first, after, {untagged});
  CHECK(list(caveats) == "classic-builder sha256:1\nclassic-builder sha256:3\n");
  CHECK(caveats.at(0).holders.size() == 1);
  CHECK(caveats.at(1).holders.empty());
  CHECK(cac::find_dangling({}, {}, {}, {}).empty());
}

TEST_CASE("of very many dangling images the first ten are listed, and the rest is counted") {
  const State after{.dangling = std::vector<cac::Image>(25)};
  const auto caveats = cac::find_dangling({}, {}, after, {});
  REQUIRE(caveats.size() == 10);
  CHECK(caveats.back().more == 15);
}

TEST_CASE("that the dangling images could not be read is a caveat, not a failure") {
  const State after{.dangling_failure = cac::Failure{cac::FailureKind::request_failed, "no"}};
  const auto caveats = cac::find_dangling({}, {}, after, {});
  REQUIRE(caveats.size() == 1);
  CHECK(caveats[0].kind == CaveatKind::classic_builder);
  CHECK(caveats[0].unknown == "no");
}

TEST_CASE("that the containers could not be read is a caveat, not a failure") {
  const State state{.containers_failure = cac::Failure{cac::FailureKind::denied, "no"}};
  const auto caveats = cac::find_caveats(cac::PruneRequest{}, state);
  REQUIRE(caveats.size() == 1);
  CHECK(caveats[0].kind == CaveatKind::builder);
  CHECK(caveats[0].unknown == "no");
}

TEST_CASE("before a prune only the dangling images that containers hold are caveats") {
  const State state{.containers = {{"c", "old", "sha256:1", "exited"}},
                    .dangling = {{{.id = "sha256:1"}, {.id = "sha256:2"}}}};
  CHECK(list(cac::find_dangling({}, state, state, {}, true)) == "classic-builder sha256:1\n");
}

TEST_CASE("others' dangling images are one caveat, by whose they were before the clearing") {
  const State first{.images = {{.id = "sha256:b",
                                .tags = {"watchparty-backend:latest"},
                                .compose_project = "watch-party"}}};
  const State after{.dangling = {{{.id = "sha256:1", .compose_project = "watch-party"},
                                  {.id = "sha256:2", .compose_project = "other"},
                                  {.id = "sha256:3", .repo_digests = {"busybox@sha256:4"}}}}};
  const cac::Application application{.project = "watchparty"};
  const auto caveats = cac::find_dangling(application, first, after, {});
  CHECK(list(caveats) == "classic-builder sha256:1\nothers-images dangling images\n");
  CHECK(caveats.back().others.projects == cac::test::Texts{"other"});
  CHECK(caveats.back().others.pulled == 1);
  CHECK(caveats.back().others.count() == 2);
  // Once the image has lost its name, nothing tells whose the label is.
  CHECK(cac::find_dangling(application, {}, after, {}).back().others.count() == 3);
}
