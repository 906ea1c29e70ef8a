// Waits until no running build holds a build cache record. Changes nothing.
#pragma once

namespace cac {

class Engine;
class Interruption;
class Progress;

// Polls with growing pauses; when the engine does not tell about its records there is nothing to
// wait for. Throws TimedOut when the builds go on until the deadline.
void wait_for_builds(Engine& engine, Interruption& interruption, Progress& progress);

}  // namespace cac
