// Waits until no running build holds a build cache record. Changes nothing.
#pragma once

namespace cac {

class Engine;
class Interruption;
class Progress;

// Polls with growing pauses. Returns at once if the engine does not say which records there are.
// Throws TimedOut if the builds go on until the deadline.
void wait_for_builds(Engine& engine, Interruption& interruption, Progress& progress);

}  // namespace cac
