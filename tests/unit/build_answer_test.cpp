#include "clear/build_answer.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "clear/build_sources.hpp"
#include "texts.hpp"

using cac::Application;
using cac::NamedImage;
using cac::test::Containing;
using cac::test::joined;
using cac::test::Texts;
using Json = nlohmann::json;

namespace {

Json make_config(Json services) { return {{"name", "shop"}, {"services", std::move(services)}}; }

Application read(const std::string& json, const Texts& targets = {}) {
  const auto command = cac::make_compose_build({"-"}, std::nullopt, targets);
  return cac::make_application(cac::parse_build_answer(json, command), command);
}

Application select(const Json& services, const Texts& targets = {}) {
  return read(make_config(services).dump(), targets);
}

// "NAME SERVICES [others] (built, cache_from)", an image a line.
std::string describe(const Application& application) {
  Texts lines;
  for (const NamedImage& image : application.builds->images) {
    std::string line = image.name;
    for (const auto& service : image.services) line += " " + service;
    for (const auto& service : image.other_services) line += " [" + service + "]";
    if (image.is_built) line += " built";
    if (image.in_cache_from) line += " cache_from";
    lines.push_back(line);
  }
  for (const auto& cache : application.builds->directories) {
    lines.push_back("directory " + cache.source + " " + joined(cache.services));
    lines.back().pop_back();
  }
  for (const auto& cache : application.builds->external) {
    lines.push_back("external " + cache.source + " " + joined(cache.services));
    lines.back().pop_back();
  }
  return joined(lines);
}

std::string config_refusal(const std::string& json, const Texts& targets = {}) {
  return cac::test::refusal([&] { read(json, targets); });
}

const Json build = {{"context", "/src"}};

Json build_from(const Texts& cache_from) {
  return {{"context", "/src"}, {"cache_from", cache_from}};
}

}  // namespace

TEST_CASE("a service's image is what the file says, or Compose's default") {
  CHECK(describe(select({{"web", {{"build", build}}}})) == "shop-web:latest web built\n");
  CHECK(describe(select({{"web", {{"build", build}, {"image", nullptr}}}})) ==
        "shop-web:latest web built\n");
  CHECK(describe(select({{"web", {{"build", build}, {"image", "acme/web:v1"}}}})) ==
        "acme/web:v1 web built\n");
  CHECK(select({{"web", {{"build", build}}}}).project == "shop");
}

TEST_CASE("build.tags and the images of cache_from are cleared, each once") {
  const Json web{{"image", "web:v1"},
                 {"build",
                  {{"context", "/src"},
                   {"tags", {"web:stable", "docker.io/library/web:v1"}},
                   {"cache_from", {"web:v1", "web", "type=registry,ref=web:old", "web:latest"}}}}};
  CHECK(describe(select({{"web", web}})) ==
        "web:stable web built\n"
        "web:v1 web built cache_from\n"
        "web:latest web cache_from\n"
        "web:old web cache_from\n");
}

TEST_CASE("targets are services; none stands for all that the file builds") {
  const Json services{{"api", {{"build", build_from({"base"})}}},
                      {"web", {{"build", build_from({"base"})}}},
                      {"db", {{"image", "postgres:16"}}}};
  CHECK(describe(select(services)) ==
        "shop-api:latest api built\nbase:latest api web cache_from\nshop-web:latest web built\n");
  CHECK(describe(select(services, {"web"})) ==
        "shop-web:latest web built\nbase:latest web cache_from\n");
  CHECK(describe(select(services, {"web", "api"})) == describe(select(services)));
  CHECK(select(services, {"web"}).targets == Texts{"web"});
}

TEST_CASE("builds outside the target that tag the same image are known") {
  const Json services{{"web", {{"build", build}}},
                      {"worker", {{"image", "shop-web"}}},
                      {"cron", {{"image", "shop-web:latest"}, {"build", build}}}};
  CHECK(describe(select(services, {"web"})) == "shop-web:latest web [cron] built\n");
  CHECK(describe(select(services)) == "shop-web:latest cron web built\n");
}

TEST_CASE("cache_from names directories, and caches that are not on the engine") {
  CHECK(describe(select(
            {{"web",
              {{"build",
                build_from({"type=local,src=./cache", "type=gha,scope=web", "type=s3,bucket=b",
                            "type=azblob,name=n", "ghcr.io/acme/web:cache", "web@sha256:12",
                            "localhost:5000/web", "\"type=local\",\"src=a,b\"", "TYPE=local,SRC=c",
                            "type=local", "type=registry,ref=acme/web", "src=x"})}}}})) ==
        "shop-web:latest web built\n"
        "ghcr.io/acme/web:cache web cache_from\n"
        "localhost:5000/web:latest web cache_from\n"
        "acme/web:latest web cache_from\n"
        "directory ./cache web\n"
        "directory a,b web\n"
        "directory c web\n"
        "external type=gha,scope=web web\n"
        "external type=s3,bucket=b web\n"
        "external type=azblob,name=n web\n"
        "external ghcr.io/acme/web:cache web\n"
        "external web@sha256:12 web\n"
        "external localhost:5000/web web\n"
        "external type=local web\n"
        "external acme/web web\n"
        "external src=x web\n");
}

TEST_CASE("a target that is not built is refused, and what is built is listed") {
  const Json services{{"api", {{"build", build}}},
                      {"web", {{"build", build}}},
                      {"worker", {{"image", "shop-web"}}}};
  const auto refused = [&](const Texts& targets) {
    return config_refusal(make_config(services).dump(), targets);
  };
  CHECK(refused({"webb"}) == "'webb' is not built here; these are: api, web");
  CHECK(refused({"web", "nope"}) == Containing{"'nope' is not built here"});
  CHECK(refused({"worker"}) == "'worker' is not built here; these are: api, web");
  CHECK(refused({"a\nb"}) == Containing{"is not built here"});
  CHECK(config_refusal(make_config({{"db", {{"image", "postgres:16"}}}}).dump()) ==
        "the build command builds nothing");
  CHECK(config_refusal(R"({"name":"shop"})") == "the build command builds nothing");
}

TEST_CASE("what is no answer of docker's is refused") {
  CHECK(config_refusal("") == Containing{"not JSON, or it is cut off"});
  const std::string whole = make_config({{"web", {{"build", build}}}}).dump();
  CHECK(config_refusal(whole) == "accepted");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CHECK(config_refusal(whole.substr(0, size)) == Containing{"not JSON, or it is cut off"});
  }
  for (const std::string& json :
       Texts{"[]", "null", "7", "{}", R"({"services":{}})", R"({"name":7,"services":{}})",
             R"({"name":"shop","services":[]})", R"({"name":"shop","services":{"web":7}})",
             R"({"name":"shop","services":{"web":{"build":"."}}})",
             R"({"name":"shop","services":{"web":{"image":7,"build":{}}}})",
             R"({"name":"shop","services":{"web":{"build":{"tags":"x"}}}})",
             R"({"name":"shop","services":{"web":{"build":{"cache_from":[7]}}}})",
             std::string(100'000, '[')}) {
    CAPTURE(json.substr(0, 80));
    CHECK(config_refusal(json) == Containing{"what the build command builds is not understood"});
  }
}

TEST_CASE("hostile names are refused in one short line") {
  const auto with_service = [](const std::string& name) {
    return config_refusal(make_config({{name, {{"build", build}}}}).dump());
  };
  const auto with_image = [](const std::string& name) {
    return config_refusal(make_config({{"web", {{"image", name}, {"build", build}}}}).dump());
  };
  const auto with_cache_from = [](const std::string& name) {
    return config_refusal(make_config({{"web", {{"build", build_from({name})}}}}).dump());
  };
  for (const std::string& name : Texts{"../web", "a\nb", "\033[2J", std::string("a\0b", 3),
                                       std::string(300, 'a'), "a b", "-", "we\"b"}) {
    CAPTURE(name);
    if (name != "-")
      CHECK(with_service(name) == Containing{"is not a valid name of a service or target"});
    CHECK(with_image(name) == Containing{"is not a valid image name"});
    CHECK(with_cache_from(name) == "accepted");  // a build ignores it
    CHECK(with_image(name).size() < 200);
  }
  CHECK(
      config_refusal(Json{{"name", "a\nb"}, {"services", {{"web", {{"build", build}}}}}}.dump()) ==
      Containing{"is not a valid project name"});
  Json many;
  for (int i = 0; i < 10'000; ++i) many["s" + std::to_string(i)] = {{"build", build}};
  CHECK(config_refusal(make_config(many).dump()) == "the build command has more than 1000 targets");
  Texts names;
  for (int i = 0; i < 20'000; ++i) names.push_back("i" + std::to_string(i));
  CHECK(config_refusal(make_config({{"web", {{"build", build_from(names)}}}}).dump()) ==
        Containing{"too many"});
}

TEST_CASE("a service whose result is another's additional context is built with it") {
  const Json services{
      {"web", {{"build", {{"context", "/w"}, {"additional_contexts", {{"b", "service:base"}}}}}}},
      {"base", {{"build", {{"context", "/b"}, {"additional_contexts", {{"w", "service:web"}}}}}}},
      {"other", {{"build", build}}}};
  CHECK(describe(select(services, {"web"})) ==
        "shop-base:latest base built\nshop-web:latest web built\n");
}

TEST_CASE("values are read as Compose means them, not as it prints them") {
  CHECK(describe(select({{"web",
                          {{"build", build_from({"type=local,src=./ca$$h", "", "a,b:v1",
                                                 "type=gha,scope=$$x"})}}}})) ==
        "shop-web:latest web built\n"
        "a:latest web cache_from\n"
        "b:v1 web cache_from\n"
        "directory ./ca$h web\n"
        "external type=gha,scope=$x web\n");
}

TEST_CASE("a name that no image can have is kept apart, as builds ignore it") {
  const Application application = select({{"web", {{"build", build_from({"app:", "APP"})}}}});
  CHECK(describe(application) == "shop-web:latest web built\n");
  REQUIRE(application.builds->invalid.size() == 2);
  CHECK(application.builds->invalid[0].source == "'app:'");
}

TEST_CASE("an entry of cache_from may be in quotes, as in a CSV file") {
  CHECK(describe(select(
            {{"web", {{"build", build_from({R"("odd",b:v1)", R"(type=local,"src=x,y")"})}}}})) ==
        "shop-web:latest web built\n"
        "odd:latest web cache_from\n"
        "b:v1 web cache_from\n"
        "directory x,y web\n");
}

TEST_CASE("only a target's own names have to be valid") {
  const Json services = {
      {"Legacy", {{"build", build}}}, {"web", {{"build", build}}}, {"db", {{"image", "no image"}}}};
  CHECK(describe(select(services, {"web"})) == "shop-web:latest web built\n");
  CHECK(config_refusal(make_config(services).dump()) ==
        Containing{"'shop-Legacy' is not a valid image name"});
}

TEST_CASE("an image that another service of the file builds is no other project's") {
  const Json services = {{"be", {{"image", "wp-be"}, {"build", build}}},
                         {"fe", {{"build", build_from({"wp-be", "wp-db"})}}},
                         {"db", {{"image", "wp-db"}}}};
  const Application fe = select(services, {"fe"});
  CHECK(describe(fe) ==
        "shop-fe:latest fe built\n"
        "wp-be:latest fe [be] built cache_from\n"
        "wp-db:latest fe cache_from\n");
  const cac::Image other{.compose_project = "prod"};
  CHECK_FALSE(fe.is_neighbor(other, "wp-be:latest"));
  CHECK(fe.is_neighbor(other, "wp-db:latest"));
}

TEST_CASE("a project that the configuration is not of is refused") {
  const std::string json = make_config({{"web", {{"build", build}}}}).dump();
  const auto refusal_of_project = [&](const std::string& project) {
    return cac::test::refusal(
        [&] { cac::parse_build_answer(json, cac::make_compose_build({"-"}, project, {})); });
  };
  CHECK(refusal_of_project("shop") == "accepted");
  CHECK(refusal_of_project("staging") == "the answer is of project 'shop', not of 'staging'");
}

TEST_CASE("no key, token or password of an entry is shown") {
  CHECK(describe(select({{"web",
                          {{"build", build_from({"type=s3,region=eu,bucket=b,access_key_id=AKIA,"
                                                 "secret_access_key=s3cret,session_token=t0ken",
                                                 "token=t0ken", "type=gha,token=t0ken"})}}}})) ==
        "shop-web:latest web built\n"
        "external type=s3,bucket=b,region=eu web\n"
        "external an entry without a type web\n"
        "external type=gha web\n");
  const std::string said = config_refusal(
      make_config({{"web", {{"build", build_from({"user:s3cret@box/web"})}}}}).dump());
  CHECK(said == "web: a name in cache_from has a user or a password");
}

TEST_CASE(
    "docker compose build --print: names are final, and the default targets are what is built") {
  const std::string json = R"({"group":{"default":{"targets":["web","base"]}},"target":{
    "web":{"context":"/w","contexts":{"b":"target:base","im":"docker-image://alpine"},
      "labels":{"com.docker.compose.project":"shop"},"tags":["acme/web:x","web:v1"],
      "cache-from":["web:v1","type=local,src=./c"],"cache-to":["type=local,dest=./n"],
      "output":["type=docker"]},
    "base":{"context":"/b","tags":["shop-base"],"cache-from":["shop-base"]},
    "api":{"context":"/a","tags":["web:v1"],"cache-from":["api"]}}})";
  const Application application = read(json);
  CHECK(application.project == "shop");
  CHECK(application.builds->targets == Texts{"base", "web"});
  CHECK(describe(application) ==
        "shop-base:latest base built cache_from\n"
        "acme/web:x web built\n"
        "web:v1 web [api] built cache_from\n"
        "directory ./c web\n"
        "directory ./n web\n");
  CHECK(describe(read(json, {"api"})) == "web:v1 api [web] built\napi:latest api cache_from\n");
}

TEST_CASE("docker buildx bake --print: entries are objects, and groups hold groups") {
  const std::string json =
      R"({"group":{"default":{"targets":["all"]},"all":{"targets":["web","all"]}},
    "target":{"web":{"context":"w","contexts":{"b":"target:base"},"tags":["web:1"],
        "cache-from":[{"type":"local","src":"./c,d"},{"type":"registry","ref":"web:1"},
                      {"type":"gha","token":"s3cret"}],
        "cache-to":[{"type":"local","dest":"/n"},{"type":"inline"}]},
      "base":{"context":"b","tags":["base:2"],"cache-from":[{"type":"registry","ref":"base"}],
        "output":[{"type":"cacheonly"}]}}})";
  const Application application = read(json);
  CHECK(application.project.empty());
  CHECK(describe(application) ==
        "base:latest base cache_from\n"
        "web:1 web built cache_from\n"
        "directory ./c,d web\n"
        "directory /n web\n"
        "external type=gha web\n");
}

TEST_CASE(
    "up --build builds what the named services depend on, through services that are not built") {
  auto command = cac::parse_build_command(Texts{"docker", "compose", "up", "--build", "web"});
  const std::string json =
      R"({"name":"shop","services":{"web":{"build":{},"depends_on":{"proxy":{}}},
    "proxy":{"image":"nginx","depends_on":{"api":{}}},"api":{"build":{}},"cron":{"build":{}}}})";
  const auto names = [&] {
    return cac::make_application(cac::parse_build_answer(json, command), command).builds->targets;
  };
  CHECK(names() == Texts{"api", "web"});
  command.builds_dependencies = false;
  CHECK(names() == Texts{"web"});
  // docker takes it that one of the named services is not built.
  command.targets = {"proxy", "web"};
  CHECK(names() == Texts{"web"});
}

TEST_CASE("endless lists of caches are refused") {
  Texts entries;
  for (int i = 0; i < 100'000; ++i) entries.push_back("type=gha,scope=" + std::to_string(i));
  CHECK(config_refusal(make_config({{"web", {{"build", build_from(entries)}}}}).dump()) ==
        Containing{"too many"});
}
