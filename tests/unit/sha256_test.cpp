#include "base/sha256.hpp"

#include <doctest/doctest.h>

#include <string>

using cac::sha256_hex;

TEST_CASE("the hash is that of the standard's examples") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("the hash is right where a block ends, and of bytes past ASCII") {
  const struct {
    std::size_t size;
    const char* hash;
  } rows[] = {
      {55, "aadaed00a3c5fbb8072ae7f1984ba8199fbe5272de427d11eaf31583af37db51"},
      {56, "528ff50ab05e77bbbd224a9ec86165dbb6824a9a9efb544be0a1d57d5b416457"},
      {63, "d12449c8124182545ae91924286cc6af13528bcf62a5ddbd5e00b891fffc1b48"},
      {64, "8667e718294e9e0df1d30600ba3eeb201f764aad2dad72748643e4a285e1d1f7"},
      {65, "855c9a28fff2bbbd71327165554a00c6fdd44d5d58c1f12b8fdff29b5d67f001"},
      {119, "b863f94597d433ef2280e3b4656f13ea265a79bb8047287321c218905b03c99b"},
      {120, "9088fee917e5a748c2f0b4f5458c1cbdabbd696291c69be6e605bae0ef779e8f"},
      {1000, "b4f73dff046400b76728ab32619e3d89e00132653725f660c62ab9fca975b372"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.size);
    CHECK(sha256_hex(std::string(row.size, '\xff')) == row.hash);
  }
}
