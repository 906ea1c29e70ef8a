# One static program: a small libcurl of its own, and everything else from the distribution's static
# libraries. Names are resolved by c-ares: the C library would load the host's NSS modules, and crash in
# those of another C library. See without_nss.cpp.
enable_language(C)
include(FetchContent)
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW)  # the times of the files that were fetched
endif()

set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3.0 REQUIRED)
find_library(CARES_LIBRARY libcares.a REQUIRED)

# Names of files in the program are the same wherever it is built.
# Of the options that fit, the last one counts.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${PROJECT_BINARY_DIR}/=)

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
      BUILD_CURL_EXE BUILD_EXAMPLES BUILD_LIBCURL_DOCS BUILD_MISC_DOCS CURL_ENABLE_EXPORT_TARGET
      CURL_USE_GSSAPI CURL_USE_LIBPSL CURL_USE_LIBSSH2 ENABLE_CURL_MANUAL ENABLE_MANUAL PICKY_COMPILER USE_LIBIDN2 USE_NGHTTP2)
    set(${option} OFF)
  endforeach()
  foreach(option CURL_BROTLI CURL_ZLIB CURL_ZSTD)  # for which curl overwrites a variable
    set(${option} OFF CACHE STRING "" FORCE)
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

# Half a megabyte less, where the C library of the static program understands it.
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,-z,pack-relative-relocs LINKER_PACKS_RELOCATIONS)
check_cxx_source_compiles("
  #include <features.h>
  #if !__GLIBC_PREREQ(2, 36)
  #error
  #endif
  int main() {}" LIBC_UNPACKS_RELOCATIONS)

add_library(static_program INTERFACE)
target_sources(static_program INTERFACE ${CMAKE_CURRENT_LIST_DIR}/without_nss.cpp)
target_link_options(static_program INTERFACE
  -static-pie -s -Wl,--gc-sections,--wrap=dlopen
  $<$<AND:$<BOOL:${LINKER_PACKS_RELOCATIONS}>,$<BOOL:${LIBC_UNPACKS_RELOCATIONS}>>:-Wl,-z,pack-relative-relocs>)
