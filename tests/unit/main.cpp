#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>

int main(int argc, char** argv) {
  // What is measured in columns here is UTF-8.
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) {
    std::fputs("unit_tests: this system has no locale C.UTF-8\n", stderr);
    return 1;
  }
  return doctest::Context(argc, argv).run();
}
