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
    {"schema", "integer", "", "Number of this schema: 1."},
    {"version", "string", "", "Version of clear-app-cache."},
    {"mode", "string or null", "clear verify-only prune-only", "Null after a usage error."},
    {"dry_run", "boolean or null", "", "Whether --dry-run was given. Null after a usage error."},
    {"project", "string or null", "", "Prefix of the images. Null after a usage error."},
    {"target", "string or null", "backend frontend all",
     "Null with --prune-only and after a usage error."},
    {"engine", "object or null", "", "The Docker engine. Null if none answered."},
    {"engine.name", "string", "", "Name that the engine reports."},
    {"engine.version", "string", "", "Version of the engine."},
    {"engine.api", "string", "", "Docker API version that was used."},
    {"engine.address", "string", "", "Address of the engine: unix://PATH or tcp://HOST:PORT."},
    {"actions", "array", "", "What was done or, with --dry-run, would be done, in this order."},
    {"actions[].action", "string",
     "remove-artefact remove-image prune-nameless-images prune-build-cache", ""},
    {"actions[].object", "string", "",
     "Path of a build artifact, name of an image, or a description of what is pruned."},
    {"actions[].image_id", "string or null", "", "ID of the image that the name referred to."},
    {"actions[].keep_as", "string or null", "", "Name that --keep-as gives to the image."},
    {"actions[].status", "string", "done absent retagged failed cancelled planned not-reached",
     "Absent: already removed. Retagged: another image was given the name during the run, and was "
     "left alone. Cancelled: a signal or the timeout ended the run during this action. "
     "Not-reached: the run ended before this action."},
    {"actions[].planned_count", "integer", "", "Number of images or records in the plan."},
    {"actions[].planned_bytes", "integer", "",
     "Size of the planned images or records. Removing an image may free less, because images share "
     "layers."},
    {"actions[].reason", "string", "", "Why the action is taken."},
    {"actions[].effect", "string", "", "What stays despite the action, and why; may be empty."},
    {"actions[].count", "integer", "",
     "Number of images, records or build artifacts deleted. This key and the next three are "
     "missing if the action is planned or not reached."},
    {"actions[].reclaimed_bytes", "integer", "",
     "Size that the engine reports for a prune; 0 for a removed image."},
    {"actions[].image_stays", "boolean", "",
     "True if the name is gone but the image stays, because another name or a container holds it."},
    {"actions[].error", "object or null", "", "Has the keys of error, below."},
    {"residue", "array", "", "The cache sources that are left."},
    {"residue[].kind", "string", "artefact image build-cache", ""},
    {"residue[].object", "string", "",
     "Path of a build artifact, name of an image, or description of a build cache record."},
    {"residue[].id", "string or null", "", "ID of the image or record."},
    {"residue[].type", "string or null", "", "Record type, such as regular."},
    {"residue[].bytes", "integer", "", "Size of the image or record."},
    {"residue[].held", "boolean", "", "Whether a running build holds it."},
    {"residue[].reason", "string", "", "Why it is left."},
    {"cache", "object or null", "",
     "The build cache before and after --prune-only. Null in other modes."},
    {"cache.records_before", "integer or null", "",
     "Number of records before. Null if the engine did not say."},
    {"cache.bytes_before", "integer or null", "",
     "Size of these records. Null if the engine did not say."},
    {"cache.records_after", "integer or null", "",
     "Number of records afterwards. Null if they were not read, as with --dry-run."},
    {"cache.bytes_after", "integer or null", "",
     "Size of these records. Null if they were not read, as with --dry-run."},
    {"kept", "array", "", "The records that --keep-cache-mounts kept."},
    {"kept[].kind", "string", "build-cache", ""},
    {"kept[].object", "string", "", "Description of the record."},
    {"kept[].id", "string", "", "ID of the record."},
    {"kept[].type", "string", "", "Record type, such as exec.cachemount."},
    {"kept[].bytes", "integer", "", "Size of the record."},
    {"warnings", "array of strings", "", "Potential problems, and failures other than error."},
    {"notes", "array of strings", "", "Additional information."},
    {"verdict", "string or null", "clean residue unknown",
     "Null with --prune-only, and with --dry-run if the plan could be made: they verify nothing."},
    {"reclaimed_bytes", "integer", "", "Sum of the sizes that the engine reports for the prunes."},
    {"duration_ms", "integer", "", "Duration of the run in milliseconds."},
    {"exit_status", "integer", "", "The exit status, as above."},
    {"error", "object or null", "",
     "The failure that ended the run or prevented a verdict, otherwise the first failure of an "
     "action. Null if the verdict is clean."},
    {"error.kind", "string",
     "usage unreachable denied not-docker version refused malformed lost backup-lost "
     "filesystem timeout "
     "interrupted internal",
     ""},
    {"error.message", "string", "", "What failed, on which object, and why."},
    {"error.advice", "string", "", "What to do about it; may be empty."},
    {"error.http_status", "integer or null", "",
     "HTTP status of the engine's response, if there was one."},
};

}  // namespace cac
