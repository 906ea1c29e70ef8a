// The distribution's fmt, compiled into the program: see CMakeLists.txt. As in fmt's own format.cc,
// of 9 (Debian 12, Ubuntu 24.04), 10 (Debian 13) and 11.
#include <fmt/format-inl.h>

template auto fmt::detail::thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto fmt::detail::decimal_point_impl<char>(locale_ref) -> char;
#if FMT_VERSION >= 100000 && FMT_VERSION < 110000
template void fmt::detail::vformat_to(buffer<char>&, string_view, vformat_args<>::type, locale_ref);
#endif
