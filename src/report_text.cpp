#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report.hpp"

namespace cac {

namespace {

enum class Mark { planned, done, kept, warning, failed };

struct Line {
  Mark mark;
  std::string verb;
  std::string object;
  std::string size = {};
  std::string reason = {};

  // A note: a sentence of its own instead of columns.
  bool is_text() const { return size.empty() && reason.empty(); }
};

// In columns; what is longer is cut.
constexpr std::size_t longest_object = 60;

struct MarkLook {
  std::string_view utf8;
  std::string_view ascii;
  Paint paint;
};

MarkLook look_of(Mark mark) {
  switch (mark) {
    case Mark::planned:
      return {"→", ">", Paint::plain};
    case Mark::done:
      return {"✓", "+", Paint::green};
    case Mark::kept:
      return {"·", "-", Paint::dim};
    case Mark::warning:
      return {"!", "!", Paint::yellow};
    case Mark::failed:
      return {"✗", "x", Paint::red};
  }
  return {};
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

std::string counted(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// "34 records, 812 MB"
std::string amount(const Action& action, std::size_t count, Bytes size) {
  if (action.kind == ActionKind::remove_image) return "up to " + text_of(size);
  const auto* const what = action.kind == ActionKind::prune_build_cache ? "record" : "image";
  return counted(count, what) + ", " + text_of(size);
}

Line line_for(const Action& action, Mark mark) {
  const auto* const verb = action.kind == ActionKind::remove_image ? "remove" : "prune";
  return {mark, verb, action.object, amount(action, action.count, action.size),
          joined({action.reason, action.effect})};
}

Line line_for(const Outcome& outcome) {
  const Action& action = outcome.action;
  const bool is_image = action.kind == ActionKind::remove_image;
  switch (outcome.status) {
    case OutcomeStatus::done:
      if (!is_image) {
        return {Mark::done, "pruned", action.object,
                amount(action, outcome.count, outcome.reclaimed),
                joined({action.reason, action.effect})};
      }
      if (!outcome.image_stays) {
        return {Mark::done, "removed", action.object, amount(action, 1, action.size)};
      }
      return {Mark::done, "untagged", action.object, text_of(action.size),
              joined({action.effect, "the image stays"})};
    case OutcomeStatus::absent:
      return {Mark::done, "gone", action.object, "", "it was removed already"};
    case OutcomeStatus::retagged:
      return {Mark::warning, "left", action.object, "",
              "it was given to another image during the run"};
    case OutcomeStatus::failed:
      return {Mark::failed, "failed", action.object, "", outcome.failure->message};
    case OutcomeStatus::cancelled:
      return {Mark::warning, "cancelled", action.object, "",
              "what was deleted before stays deleted"};
  }
  return {};
}

// What is left, one by one where that helps to find who holds it; in JSON it is all one by one.
void add_lines(std::vector<Line>& lines, const Verification& verification) {
  constexpr std::size_t most_records = 10;
  std::size_t records = 0;
  std::map<std::string, std::pair<std::size_t, Bytes>> summed;  // by reason
  for (const Residue& residue : verification.residue) {
    const bool is_record = residue.kind == ResidueKind::build_cache;
    if (is_record && (!residue.held || ++records > most_records)) {
      auto& [count, size] = summed[residue.reason];
      ++count;
      size += residue.size;
      continue;
    }
    lines.push_back({Mark::failed, "left", residue.object, text_of(residue.size), residue.reason});
  }
  for (const auto& [reason, sum] : summed) {
    lines.push_back({Mark::failed, "left", counted(sum.first, "build cache record"),
                     text_of(sum.second), reason});
  }
  for (const CacheRecord& record : verification.kept) {
    lines.push_back({Mark::kept, "kept", name_of(record), text_of(record.size), "a cache mount"});
  }
}

std::vector<Line> lines_of(const Run& run) {
  std::vector<Line> lines;
  for (const Outcome& outcome : run.outcomes) lines.push_back(line_for(outcome));
  if (run.plan) {
    for (std::size_t i = run.outcomes.size(); i < run.plan->actions.size(); ++i) {
      Line line = line_for(run.plan->actions[i], Mark::planned);
      if (run.options.mode != Mode::dry_run) {
        line = {Mark::warning, "not done", line.object, "", "the run ended before"};
      }
      lines.push_back(std::move(line));
    }
  }
  if (run.verification) add_lines(lines, *run.verification);
  for (const std::string& note : notes_of(run)) lines.push_back({Mark::kept, "note", note});
  return lines;
}

// A text below a mark: wrapped and indented.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent, Paint paint,
                    const TerminalStyle& style) {
  const std::size_t width = style.width > indent ? style.width - indent : style.width;
  for (const std::string& line : wrapped(text, width)) {
    out += std::string(indent, ' ') + painted(line, paint, style) + "\n";
  }
}

// The lines as a table: on one line each where all of them fit, else the reason below.
std::string table_of(std::vector<Line> lines, const TerminalStyle& style) {
  std::size_t verb_columns = 0;
  std::size_t object_columns = 0;
  std::size_t size_columns = 0;
  for (Line& line : lines) {
    // A record's description is a whole RUN instruction.
    line.object = line.is_text() ? harmless(line.object, style)
                                 : shortened(harmless(line.object, style), longest_object);
    line.reason = harmless(line.reason, style);
    verb_columns = std::max(verb_columns, columns_of(line.verb));
    size_columns = std::max(size_columns, columns_of(line.size));
    if (!line.is_text()) object_columns = std::max(object_columns, columns_of(line.object));
  }
  std::string out;
  constexpr std::size_t indent = 2;
  const std::size_t text_indent = indent + verb_columns + 2;
  for (const Line& line : lines) {
    const MarkLook look = look_of(line.mark);
    const std::string mark = painted(style.utf8 ? look.utf8 : look.ascii, look.paint, style);
    const std::string verb = padded(line.verb, verb_columns);
    std::string text = line.is_text() ? line.object : padded(line.object, object_columns);
    if (!line.is_text()) {
      text += "  " + (line.reason.empty() ? line.size : padded(line.size, size_columns));
    }
    const std::string whole = line.reason.empty() ? text : text + "  " + line.reason;
    if (style.width == 0 || text_indent + columns_of(whole) <= style.width) {
      out += fmt::format("{} {}  {}", mark, verb, text);
      if (!line.reason.empty()) out += "  " + painted(line.reason, Paint::dim, style);
      out += "\n";
      continue;
    }
    out += fmt::format("{} {}  ", mark, verb);
    std::string rest;
    append_wrapped(rest, line.size.empty() ? line.object : line.object + "  " + line.size,
                   text_indent, Paint::plain, style);
    out += rest.substr(text_indent);
    if (!line.reason.empty()) append_wrapped(out, line.reason, text_indent, Paint::dim, style);
  }
  return out;
}

std::string subject_of(const Run& run) {
  return run.options.target == Target::all
             ? run.options.project
             : fmt::format("{}-{}", run.options.project, text_of(run.options.target));
}

struct VerdictLook {
  Paint paint;
  std::string sentence;
};

VerdictLook look_of(const Run& run) {
  const Verification& verification = *run.verification;
  const std::string subject = subject_of(run);
  const std::size_t left = verification.residue.size();
  switch (verification.verdict) {
    case Verdict::clean:
      return {Paint::green,
              fmt::format("fresh reads found no cache source of {}: the next build starts from "
                          "nothing",
                          subject)};
    case Verdict::residue:
      return {Paint::red,
              fmt::format("{} of {} left: the next build can take steps from {}",
                          counted(left, "cache source"), subject, left == 1 ? "it" : "them")};
    case Verdict::unknown:
      return {Paint::yellow,
              fmt::format("it could not be told whether a cache source of {} is left", subject)};
  }
  return {};
}

// The verdict and what it cost, as a paragraph whose first word is coloured.
std::string verdict_paragraph(const Run& run, const TerminalStyle& style) {
  const std::string word(text_of(run.verification->verdict));
  const VerdictLook look = look_of(run);
  std::string text = fmt::format("{}: {}.", word, look.sentence);
  if (run.options.mode == Mode::clear) {
    text += fmt::format(" {} reclaimed in {}.", text_of(reclaimed_by(run)), text_of(run.took));
  }
  const auto held = [](const Residue& residue) { return residue.held; };
  const auto& residue = run.verification->residue;
  if (std::any_of(residue.begin(), residue.end(), held)) {
    text += " Run this again when the running build has ended.";
  } else if (!residue.empty() && run.options.mode == Mode::clear) {
    text += " Run this again, and look at what builds or tags on this engine meanwhile.";
  }
  std::string out;
  append_wrapped(out, text, 0, Paint::plain, style);
  return painted(word, look.paint, style) + out.substr(word.size());
}

std::string heading(const Run& run) {
  const std::string_view what = [&] {
    switch (run.options.mode) {
      case Mode::clear:
        return "Clearing the caches of";
      case Mode::dry_run:
        return "Would clear the caches of";
      case Mode::verify_only:
        return "Verifying the caches of";
    }
    return "";
  }();
  return fmt::format("{} {} on {} {} (API {}, {})", what, subject_of(run), run.engine->name,
                     run.engine->version, text_of(run.engine->api), run.engine->address);
}

// "clear-app-cache: error: what and why" and what to do about it, below.
void append_message(std::string& out, std::string_view label, Paint paint, std::string_view text,
                    std::string_view advice, const TerminalStyle& style) {
  std::string lines;
  append_wrapped(lines, fmt::format("{}: {}", label, harmless(text, style)), 0, Paint::plain,
                 style);
  out += "clear-app-cache: " + painted(label, paint, style) + lines.substr(label.size());
  if (!advice.empty()) append_wrapped(out, harmless(advice, style), 2, Paint::plain, style);
}

}  // namespace

std::string text_report(const Run& run, const TerminalStyle& style) {
  std::string out;
  if (!run.engine || (!run.plan && !run.verification)) return out;
  append_wrapped(out, harmless(heading(run), style), 0, Paint::bold, style);
  out += table_of(lines_of(run), style);
  if (run.verification) out += verdict_paragraph(run, style);
  return out;
}

std::string messages(const Run& run, const TerminalStyle& style) {
  std::string out;
  for (const std::string& warning : warnings_of(run)) {
    append_message(out, "warning", Paint::yellow, warning, "", style);
  }
  const auto failure = first_failure(run);
  // Failures that did not matter in the end, and those that the report's lines do not explain.
  for (const Outcome& outcome : run.outcomes) {
    if (!outcome.failure || (failure && failure->message == outcome.failure->message)) continue;
    append_message(out, "warning", Paint::yellow, outcome.failure->message,
                   outcome.failure->advice, style);
  }
  if (failure) append_message(out, "error", Paint::red, failure->message, failure->advice, style);
  return out;
}

}  // namespace cac
