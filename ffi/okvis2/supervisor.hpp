// Starts, watches and restarts the process that computes.
#pragma once
#include <sys/types.h>

#include <deque>
#include <string>
#include <vector>

#include "worker.hpp"

namespace gdn::odometry {

int64_t monotonic_ns();

// A frame that waits for its IMU samples, or for its answer.
struct Pending {
  gdn_odometry_frame frame;
  int slot;
  int64_t sent_ns;  // 0: not yet
};

class Supervisor {
 public:
  // `out`: messages to the caller, whole.
  explicit Supervisor(std::string& out) : out_(out) {}
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor();

  // What came from the caller. False where it does not speak the protocol.
  bool take(const gdn_odometry_header& header, const uint8_t* payload);
  // Reads what the worker said; call when `socket()` is readable, and at least every `wait_ms()`.
  void turn();
  int socket() const { return socket_; }
  int wait_ms() const;

 private:
  bool begin(const uint8_t* payload);
  void take_imu(const gdn_odometry_imu& sample);
  void take_frame(const gdn_odometry_frame& frame, const uint8_t* pixels);
  void spawn();
  void pass_frames();
  bool send_to_worker(const Packet& packet);
  void read_worker();
  void answer(const gdn_odometry_state& state);
  void end_worker(int32_t kind, int32_t detail, const char* reason);
  void tell(int32_t kind, int32_t detail, int64_t time_ns, const char* reason, int32_t retry_ms = 0);
  int free_slot() const;

  std::string& out_;
  gdn_odometry_start start_{};
  bool started_ = false;
  SharedFrames frames_;
  std::deque<Pending> pending_;
  int64_t imu_ns_ = 0, first_imu_ns_ = 0, frame_ns_ = 0;
  pid_t pid_ = 0;
  int socket_ = -1;
  bool ready_ = false;
  int64_t spawned_ns_ = 0, retry_ns_ = 0, alive_ns_ = 0;
  int32_t restarts_ = 0, back_off_ms_ = 0;
};

void append_message(std::string& out, uint32_t kind, const void* payload, size_t bytes);

}  // namespace gdn::odometry
