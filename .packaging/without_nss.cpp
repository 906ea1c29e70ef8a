// The C library's functions that would load the host's NSS modules or other shared objects: in a
// static program those of another C library, which crash. libcrypto and c-ares name these
// functions, and nothing here needs them. Defined here, they fail, and the C library's own are not
// linked at all.
#include <netdb.h>

extern "C" {

int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_FAIL; }
void freeaddrinfo(addrinfo*) noexcept {}
int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) {
  return EAI_FAIL;
}
hostent* gethostbyname(const char*) { return nullptr; }
servent* getservbyname(const char*, const char*) { return nullptr; }
int getservbyport_r(int, const char*, servent*, char*, size_t, servent** result) {
  *result = nullptr;
  return 0;
}

// By the linker's --wrap=dlopen: the C library's own is linked, and would make the linker warn.
void* __wrap_dlopen(const char*, int) { return nullptr; }

}  // extern "C"
