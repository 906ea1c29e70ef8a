// Writes the man page and the completions, or says what they are made from. Built, not installed.
//
//   generate_documents FOLDER     writes FOLDER/man/… and FOLDER/completions/…
//   generate_documents --options  a line for the target and each option, "-" where there is none:
//                                 letter, name, placeholder, values to offer, environment
//                                 variable, line of -h; tabs between them
//   generate_documents --foreign  the options of other programs that the texts speak of

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "completions.hpp"
#include "man_page.hpp"
#include "option_table.hpp"
#include "words.hpp"

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) throw std::runtime_error(path.string() + " could not be written");
}

void write_documents(const std::filesystem::path& folder) {
  write(folder / "man/clear-app-cache.1", cac::man_page());
  write(folder / "completions/clear-app-cache.bash", cac::bash_completion());
  write(folder / "completions/_clear-app-cache", cac::zsh_completion());
  write(folder / "completions/clear-app-cache.fish", cac::fish_completion());
}

void print(const cac::OptionSpec& spec) {
  const auto or_dash = [](std::string_view text) { return text.empty() ? "-" : text; };
  std::cout << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", spec.letter == 0 ? '-' : spec.letter,
                           spec.name, or_dash(spec.placeholder),
                           or_dash(spec.choices.empty() ? spec.samples : spec.choices),
                           or_dash(spec.environment), spec.line);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    if (arguments.size() != 2) throw std::invalid_argument("FOLDER, --options or --foreign");
    const std::string_view argument = arguments[1];
    if (argument == "--options") {
      print(cac::target_argument);
      for (const cac::OptionSpec& spec : cac::option_table) print(spec);
    } else if (argument == "--foreign") {
      std::cout << cac::foreign_options << "\n";
    } else {
      write_documents(argument);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "generate_documents: " << error.what() << "\n";
    return 1;
  }
}
