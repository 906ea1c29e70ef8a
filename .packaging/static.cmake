# One static program: a small libcurl of its own, and everything else from the distribution's static
# libraries. Nothing of it asks the C library for users or host names, which would load the host's
# NSS modules and crash in those of another C library: names are resolved by c-ares.
enable_language(C)
include(FetchContent)

set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3.0 REQUIRED)
find_library(CARES_LIBRARY libcares.a REQUIRED)

# The release that Debian 13 has, with the hash of the file that its authors signed. Another source,
# such as a distribution's with its patches: -DFETCHCONTENT_SOURCE_DIR_CURL=DIR
FetchContent_Declare(curl
  URL https://curl.se/download/curl-8.14.1.tar.gz
      http://deb.debian.org/debian/pool/main/c/curl/curl_8.14.1.orig.tar.gz
  URL_HASH SHA256=6766ada7101d292b42b8b15681120acd68effa4a9660935853cf6d61f0d984d4
  SOURCE_SUBDIR only-fetched)  # which does not exist
FetchContent_MakeAvailable(curl)

# A function's variables end with it.
function(add_curl)
  set(BUILD_SHARED_LIBS OFF)
  set(BUILD_TESTING OFF)
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
  set(CURL_USE_OPENSSL ON)
  set(CURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG ON)
  set(ENABLE_ARES ON)
  set(HTTP_ONLY ON)
  foreach(option
      BUILD_CURL_EXE BUILD_EXAMPLES BUILD_LIBCURL_DOCS BUILD_MISC_DOCS CURL_BROTLI CURL_ENABLE_EXPORT_TARGET
      CURL_USE_GSSAPI CURL_USE_LIBPSL CURL_USE_LIBSSH2 CURL_ZLIB CURL_ZSTD ENABLE_CURL_MANUAL ENABLE_MANUAL
      PICKY_COMPILER USE_LIBIDN2 USE_NGHTTP2)
    set(${option} OFF)
  endforeach()
  foreach(part
      ALTSVC AWS BASIC_AUTH BEARER_AUTH BINDLOCAL COOKIES DIGEST_AUTH DOH FORM_API GETOPTIONS HEADERS_API HSTS
      HTTP_AUTH IPFS KERBEROS_AUTH MIME NEGOTIATE_AUTH NETRC NTLM PARSEDATE PROGRESS_METER PROXY SHA512_256
      SHUFFLE_DNS SRP WEBSOCKETS)
    set(CURL_DISABLE_${part} ON)
  endforeach()
  add_subdirectory(${curl_SOURCE_DIR} ${curl_BINARY_DIR} EXCLUDE_FROM_ALL)
endfunction()
add_curl()
