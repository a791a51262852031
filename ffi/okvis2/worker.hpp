// The process that computes, and what its supervisor and it tell each other.
#pragma once
#include <cstddef>
#include <cstdint>

#include "odometry.h"

namespace gdn::odometry {

constexpr int kSlots = 4;

// Frames lie in memory that both share: a message holds the slot's number.
struct SharedFrames {
  uint8_t* pixels = nullptr;
  size_t bytes = 0;  // of one frame
  uint8_t* slot(int number) const { return pixels + bytes * static_cast<size_t>(number); }
};

enum class Told : uint32_t { kImu, kFrame, kReady, kState, kFailed };

// One packet of the socket between them.
struct Packet {
  Told told;
  int32_t slot;
  union {
    gdn_odometry_imu imu;
    gdn_odometry_frame frame;
    gdn_odometry_state state;
    gdn_error error;
  };
};

// Runs what computes until the socket closes; never returns.
[[noreturn]] void run_worker(int socket, const gdn_odometry_start& start, const SharedFrames& frames);

}  // namespace gdn::odometry
