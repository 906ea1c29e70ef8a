// Texts of the documents taken apart, at compile time, too: words, and the options they name.
// Knows the table of options, but not what is made of it.
#pragma once

#include <cstddef>
#include <string_view>

#include "option_table.hpp"

namespace cac {

// The words of a text that blanks and line breaks separate. Written for compilers that count steps.
class Words {
 public:
  class Iterator {
   public:
    constexpr explicit Iterator(std::string_view rest) : rest_(rest) { find_word(); }
    constexpr std::string_view operator*() const { return rest_.substr(0, size_); }
    constexpr Iterator& operator++() {
      rest_.remove_prefix(size_);
      find_word();
      return *this;
    }
    constexpr bool operator!=(const Iterator& other) const {
      return rest_.size() != other.rest_.size();
    }

   private:
    static constexpr bool is_blank(char c) { return c == ' ' || c == '\n'; }
    constexpr void find_word() {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      size_ = 0;
      while (size_ < rest_.size() && !is_blank(rest_[size_])) ++size_;
    }
    std::string_view rest_;
    std::size_t size_ = 0;  // of the word in front
  };

  constexpr explicit Words(std::string_view text) : text_(text) {}
  constexpr Iterator begin() const { return Iterator(text_); }
  static constexpr Iterator end() { return Iterator({}); }

 private:
  std::string_view text_;
};

// A word without the punctuation around it: "--wait" of "(--wait,".
struct BareWord {
  std::string_view before;
  std::string_view word;
  std::string_view after;
};

constexpr BareWord bare(std::string_view word) {
  const auto first = word.find_first_not_of('(');
  if (first == std::string_view::npos) return {word, {}, {}};
  const auto last = word.find_last_not_of(".,;:)");
  if (last == std::string_view::npos || last < first) return {word, {}, {}};
  return {word.substr(0, first), word.substr(first, last + 1 - first), word.substr(last + 1)};
}

// "mount" of "--mount=type=cache,"; empty when the word is no long option.
constexpr std::string_view option_named_in(std::string_view word) {
  const std::string_view name = bare(word).word;
  if (!name.starts_with("--")) return {};
  return name.substr(2, name.substr(2).find('='));
}

constexpr bool is_option(std::string_view name) {
  for (const OptionSpec& spec : option_table) {
    if (spec.name == name) return true;
  }
  return false;
}

// Options of other programs that the texts speak of: docker's, podman's, and RUN's in a Dockerfile.
inline constexpr std::string_view foreign_options = "all builder mount no-cache";

// Whether each "--name" in the text is an option of ours or of the other programs.
constexpr bool names_only_options(std::string_view text) {
  for (const std::string_view word : Words(text)) {
    if (!word.starts_with("--") && !word.starts_with("(--")) continue;
    const std::string_view name = option_named_in(word);
    bool known = is_option(name);
    for (const std::string_view foreign : Words(foreign_options)) known = known || foreign == name;
    if (!known) return false;
  }
  return true;
}

}  // namespace cac
