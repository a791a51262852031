#include "supervisor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "checks.hpp"

namespace gdn::odometry {
namespace {

constexpr int64_t kMs = 1000000;
constexpr int32_t kBackOffFirstMs = 100, kBackOffMaxMs = 5000;
// A worker that has lived so long has earned a quick restart.
constexpr int64_t kSettledNs = 10000 * kMs;
constexpr int64_t kAliveNs = 100 * kMs;
// Messages wait where the caller does not read; beyond this the oldest are worth nothing to it.
constexpr size_t kOutMax = 1 << 20;

}  // namespace

int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void append_message(std::string& out, uint32_t kind, const void* payload, size_t bytes) {
  if (out.size() > kOutMax) return;
  const gdn_odometry_header header{GDN_ODOMETRY_MAGIC, kind, static_cast<uint32_t>(bytes), 0};
  out.append(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(static_cast<const char*>(payload), bytes);
}

Supervisor::~Supervisor() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Supervisor::take(const gdn_odometry_header& header, const uint8_t* payload) {
  if (header.kind == GDN_ODOMETRY_START) return !started_ && header.bytes == sizeof start_ && begin(payload);
  if (!started_) return false;
  if (header.kind == GDN_ODOMETRY_IMU) {
    if (header.bytes == 0 || header.bytes % sizeof(gdn_odometry_imu) != 0) return false;
    for (size_t at = 0; at < header.bytes; at += sizeof(gdn_odometry_imu)) {
      gdn_odometry_imu sample;
      std::memcpy(&sample, payload + at, sizeof sample);
      take_imu(sample);
    }
    pass_frames();
    return true;
  }
  if (header.kind == GDN_ODOMETRY_FRAME) {
    gdn_odometry_frame frame;
    if (header.bytes != sizeof frame + frames_.bytes) return false;
    std::memcpy(&frame, payload, sizeof frame);
    take_frame(frame, payload + sizeof frame);
    pass_frames();
    return true;
  }
  if (header.kind != GDN_ODOMETRY_RESET || header.bytes != 0) return false;
  if (pid_ > 0) end_worker(GDN_ODOMETRY_DIED, SIGKILL, "it is to begin anew");
  return true;
}

bool Supervisor::begin(const uint8_t* payload) {
  std::memcpy(&start_, payload, sizeof start_);
  if (const char* fault = fault_of(start_)) {
    tell(GDN_ODOMETRY_REFUSED, 0, 0, fault);
    return false;
  }
  frames_.bytes = static_cast<size_t>(start_.width) * static_cast<size_t>(start_.height);
  void* memory = mmap(nullptr, frames_.bytes * kSlots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  frames_.pixels = static_cast<uint8_t*>(memory);
  started_ = true;
  spawn();
  return true;
}

void Supervisor::take_imu(const gdn_odometry_imu& sample) {
  if (const char* fault = fault_of(sample, imu_ns_)) return tell(GDN_ODOMETRY_REFUSED, 0, sample.time_ns, fault);
  imu_ns_ = sample.time_ns;
  if (!ready_) return;
  if (first_imu_ns_ == 0) first_imu_ns_ = sample.time_ns;
  Packet packet{};
  packet.told = Told::kImu;
  packet.imu = sample;
  send_to_worker(packet);
}

void Supervisor::take_frame(const gdn_odometry_frame& frame, const uint8_t* pixels) {
  if (const char* fault = fault_of(frame, start_, frame_ns_, ready_ ? first_imu_ns_ : 1)) {
    return tell(GDN_ODOMETRY_REFUSED, 0, frame.time_ns, fault);
  }
  frame_ns_ = frame.time_ns;
  const int slot = free_slot();
  if (!ready_ || slot < 0) {
    return tell(GDN_ODOMETRY_DROPPED, 0, frame.time_ns, ready_ ? "it is busy" : "it is not ready");
  }
  std::memcpy(frames_.slot(slot), pixels, frames_.bytes);
  pending_.push_back({frame, slot, 0});
}

int Supervisor::free_slot() const {
  for (int slot = 0; slot < kSlots; slot++) {
    if (std::none_of(pending_.begin(), pending_.end(), [slot](const Pending& p) { return p.slot == slot; })) return slot;
  }
  return -1;
}

// In order, each when the IMU is far enough past it.
void Supervisor::pass_frames() {
  for (Pending& waiting : pending_) {
    if (waiting.sent_ns != 0) continue;
    if (imu_ns_ < waiting.frame.time_ns + GDN_ODOMETRY_IMU_MARGIN_NS) return;
    Packet packet{};
    packet.told = Told::kFrame;
    packet.slot = waiting.slot;
    packet.frame = waiting.frame;
    waiting.sent_ns = monotonic_ns();
    if (!send_to_worker(packet)) return;
  }
}

bool Supervisor::send_to_worker(const Packet& packet) {
  if (socket_ < 0) return false;
  if (send(socket_, &packet, sizeof packet, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof packet) return true;
  // A closed socket is read as such in the next turn. A full one holds seconds of samples.
  if (errno == EAGAIN || errno == ENOBUFS) end_worker(GDN_ODOMETRY_HUNG, 0, "it takes no input any more");
  return false;
}

void Supervisor::spawn() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) _exit(71);
  const int room = 1 << 20;
  setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  pid_ = fork();
  if (pid_ < 0) _exit(71);
  if (pid_ == 0) {
    close(pair[0]);
    run_worker(pair[1], start_, frames_);
  }
  close(pair[1]);
  socket_ = pair[0];
  ready_ = false;
  spawned_ns_ = monotonic_ns();
  retry_ns_ = 0;
}

void Supervisor::turn() {
  const int64_t now = monotonic_ns();
  if (now - alive_ns_ >= kAliveNs) {
    alive_ns_ = now;
    tell(GDN_ODOMETRY_ALIVE, pid_, 0, "");
  }
  if (socket_ >= 0) read_worker();
  if (socket_ >= 0 && !ready_ && now - spawned_ns_ > start_.start_ms * kMs) {
    end_worker(GDN_ODOMETRY_HUNG, 0, "it does not start");
  }
  if (socket_ >= 0 && !pending_.empty() && pending_.front().sent_ns != 0 &&
      now - pending_.front().sent_ns > start_.hang_ms * kMs) {
    end_worker(GDN_ODOMETRY_HUNG, 0, "a frame has no answer");
  }
  if (retry_ns_ != 0 && now >= retry_ns_) spawn();
}

void Supervisor::read_worker() {
  Packet packet{};
  while (socket_ >= 0) {
    const ssize_t count = recv(socket_, &packet, sizeof packet, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count != sizeof packet) return end_worker(GDN_ODOMETRY_DIED, 0, "it ended");
    if (packet.told == Told::kReady) {
      ready_ = true;
      tell(GDN_ODOMETRY_READY, pid_, 0, gdn_odometry_version());
    } else if (packet.told == Told::kState) {
      answer(packet.state);
    } else if (packet.told == Told::kFailed) {
      packet.error.message[sizeof packet.error.message - 1] = 0;
      return end_worker(GDN_ODOMETRY_DIED, 0, packet.error.message);
    }
  }
}

void Supervisor::answer(const gdn_odometry_state& state) {
  const auto asked = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& p) {
    return p.frame.time_ns == state.time_ns && p.sent_ns != 0;
  });
  if (asked == pending_.end()) return end_worker(GDN_ODOMETRY_BROKEN, 0, "an answer to no frame");
  if (!usable(state)) return end_worker(GDN_ODOMETRY_BROKEN, 0, "an answer is not finite");
  // An older frame without an answer of its own was given up by what computes.
  for (auto it = pending_.begin(); it != asked; ++it) tell(GDN_ODOMETRY_DROPPED, 0, it->frame.time_ns, "it gave it up");
  pending_.erase(pending_.begin(), asked + 1);
  append_message(out_, GDN_ODOMETRY_STATE, &state, sizeof state);
}

void Supervisor::end_worker(int32_t kind, int32_t detail, const char* reason) {
  char text[sizeof(gdn_odometry_event::reason)];
  std::snprintf(text, sizeof text, "%s", reason);
  close(socket_);
  socket_ = -1;
  // One that has ended by itself is not reaped yet: its own status is what waitpid tells then.
  kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  if (kind == GDN_ODOMETRY_DIED && detail == 0) detail = WIFSIGNALED(status) ? WTERMSIG(status) : 256 + WEXITSTATUS(status);
  const int64_t now = monotonic_ns();
  back_off_ms_ = now - spawned_ns_ > kSettledNs || back_off_ms_ == 0 ? kBackOffFirstMs
                                                                    : std::min(2 * back_off_ms_, kBackOffMaxMs);
  retry_ns_ = now + back_off_ms_ * kMs;
  pid_ = 0;
  ready_ = false;
  first_imu_ns_ = 0;
  pending_.clear();
  restarts_++;
  tell(kind, detail, 0, text, back_off_ms_);
}

void Supervisor::tell(int32_t kind, int32_t detail, int64_t time_ns, const char* reason, int32_t retry_ms) {
  gdn_odometry_event event{};
  event.kind = kind;
  event.detail = detail;
  event.time_ns = time_ns;
  event.restarts = restarts_;
  event.retry_ms = retry_ms;
  std::snprintf(event.reason, sizeof event.reason, "%s", reason);
  append_message(out_, GDN_ODOMETRY_EVENT, &event, sizeof event);
}

int Supervisor::wait_ms() const { return 20; }

}  // namespace gdn::odometry
