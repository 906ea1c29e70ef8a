// The keys of --json, as the man page documents them. Keys and words are only ever added.
// tests/documents compares them with what `report_json` writes.
#pragma once

#include <string_view>

namespace cac {

struct JsonKey {
  std::string_view path;  // as jq writes it, without the first dot: "actions[].status"
  std::string_view type;
  std::string_view words;  // separated by blanks: all that a string can be; empty: anything
  std::string_view meaning;
};

inline constexpr JsonKey json_keys[] = {
    {"schema", "integer", "", "The number of this schema: 1."},
    {"version", "string", "", "The version of clear-app-cache."},
    {"mode", "string or null", "clear verify-only prune-only",
     "Null after a usage error, as are the next three."},
    {"dry_run", "boolean or null", "", "Whether --dry-run was given."},
    {"project", "string or null", "", "The prefix of the images."},
    {"target", "string or null", "backend frontend all", "Null with --prune-only."},
    {"engine", "object or null", "", "The Docker engine that answered; null when none did."},
    {"engine.name", "string", "", "What it calls itself."},
    {"engine.version", "string", "", "Its version."},
    {"engine.api", "string", "", "The version of the Docker API that was spoken with it."},
    {"engine.address", "string", "", "Where it answered: unix://PATH or tcp://HOST:PORT."},
    {"actions", "array", "", "What was done or, with --dry-run, would be, in this order."},
    {"actions[].action", "string",
     "remove-artefact remove-image prune-nameless-images prune-build-cache", ""},
    {"actions[].object", "string", "",
     "The path of an artefact, the name of an image, or what is pruned, in words."},
    {"actions[].image_id", "string or null", "", "What the image's name stood for."},
    {"actions[].keep_as", "string or null", "", "The name that --keep-as gives to the image."},
    {"actions[].status", "string", "done absent retagged failed cancelled planned not-reached",
     "Absent: it was already gone. Retagged: the name was given to another image during the run, "
     "and left alone. Cancelled: a signal or the timeout ended the run meanwhile. Not-reached: the "
     "run ended "
     "before."},
    {"actions[].planned_count", "integer", "", "How many images or records it is about."},
    {"actions[].planned_bytes", "integer", "",
     "Their size. Removing an image may free less: others may share its layers."},
    {"actions[].reason", "string", "", "Why it is done."},
    {"actions[].effect", "string", "", "What stays all the same, and why; may be empty."},
    {"actions[].count", "integer", "",
     "How many images, records or artefacts were deleted. This key and the next three are missing "
     "from an "
     "action that is planned or not reached."},
    {"actions[].reclaimed_bytes", "integer", "",
     "What the engine says a prune freed; 0 for a removed image."},
    {"actions[].image_stays", "boolean", "",
     "The name is gone, but the image stays: another name or a container holds it."},
    {"actions[].error", "object or null", "", "With the keys of error, below."},
    {"residue", "array", "", "The cache sources that are left."},
    {"residue[].kind", "string", "artefact image build-cache", ""},
    {"residue[].object", "string", "",
     "The path, the image's name, or the description of the build cache record."},
    {"residue[].id", "string or null", "", "Of the image or the record."},
    {"residue[].type", "string or null", "", "Of the record, such as regular."},
    {"residue[].bytes", "integer", "", "Its size."},
    {"residue[].held", "boolean", "", "Whether a running build holds it."},
    {"residue[].reason", "string", "", "Why it is left."},
    {"cache", "object or null", "",
     "The build cache before and after --prune-only; null otherwise."},
    {"cache.records_before", "integer or null", "",
     "The number of its records; null when the engine did not tell."},
    {"cache.bytes_before", "integer or null", "", "Their size."},
    {"cache.records_after", "integer or null", "",
     "Null when it was not read back, as with --dry-run."},
    {"cache.bytes_after", "integer or null", "", "Null in the same cases."},
    {"kept", "array", "", "The records that --keep-cache-mounts spared."},
    {"kept[].kind", "string", "build-cache", ""},
    {"kept[].object", "string", "", "The record's description."},
    {"kept[].id", "string", "", "Its ID."},
    {"kept[].type", "string", "", "Its type."},
    {"kept[].bytes", "integer", "", "Its size."},
    {"warnings", "array of strings", "", "What may be wrong, and what went wrong but for error."},
    {"notes", "array of strings", "", "What is good to know."},
    {"verdict", "string or null", "clean residue unknown",
     "Null with --prune-only, and when --dry-run made its plan: they prove nothing."},
    {"reclaimed_bytes", "integer", "", "The sum of what the engine says its prunes freed."},
    {"duration_ms", "integer", "", "How long the run took, in milliseconds."},
    {"exit_status", "integer", "", "As above."},
    {"error", "object or null", "",
     "What ended the run or kept it from a verdict, else the first failure of an action; null when "
     "the "
     "verdict is clean."},
    {"error.kind", "string",
     "usage unreachable denied not-docker version refused malformed lost backup-lost "
     "filesystem timeout "
     "interrupted internal",
     ""},
    {"error.message", "string", "", "What failed, on which object, and why."},
    {"error.advice", "string", "", "What to do about it; may be empty."},
    {"error.http_status", "integer or null", "", "The engine's answer, if there was one."},
};

}  // namespace cac
