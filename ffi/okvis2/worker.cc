#include "worker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "../device/syscall_filter.h"

namespace gdn::odometry {
namespace {

// Exit codes; what computes may end the process with others.
constexpr int kClosed = 0, kRefused = 65, kNotConfined = 71;
// OKVIS2 forgets no frame: about 1 MiB more each second. Beyond this it dies and begins anew, before the memory of the
// flight is gone.
constexpr rlim_t kMemoryBytes = 1 << 30;

void send_packet(int socket, const Packet& packet) {
  // Blocks where the supervisor is busy; where it is gone, so is this process's purpose.
  while (send(socket, &packet, sizeof packet, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) _exit(kClosed);
  }
}

void send_state(void* context, const gdn_odometry_state* state) {
  Packet packet{};
  packet.told = Told::kState;
  packet.state = *state;
  send_packet(*static_cast<int*>(context), packet);
}

[[noreturn]] void fail(int socket, const gdn_error& error) {
  Packet packet{};
  packet.told = Told::kFailed;
  packet.error = error;
  send_packet(socket, packet);
  _exit(kRefused);
}

// It needs no program, no other process and no connection; nor may what it prints reach the caller.
void confine() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const rlimit memory{kMemoryBytes, kMemoryBytes};
  setrlimit(RLIMIT_DATA, &memory);
  signal(SIGPIPE, SIG_IGN);
  // The flight loop goes first.
  setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 5);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) _exit(kNotConfined);
  dup2(null, STDIN_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  gdn_error error{};
  if (gdn_syscall_filter_install(0, &error) != GDN_OK) _exit(kNotConfined);
}

}  // namespace

void run_worker(int socket, const gdn_odometry_start& start, const SharedFrames& frames) {
  confine();
  gdn_error error{};
  void* odometry = nullptr;
  if (gdn_odometry_create(&start, send_state, &socket, &odometry, &error) != GDN_OK) fail(socket, error);
  Packet packet{};
  packet.told = Told::kReady;
  send_packet(socket, packet);
  for (;;) {
    const ssize_t count = recv(socket, &packet, sizeof packet, 0);
    if (count < 0 && errno == EINTR) continue;
    // Its destructors are not run: those of OKVIS2 abort after some faults.
    if (count != sizeof packet) _exit(kClosed);
    const int32_t status = packet.told == Told::kImu
                               ? gdn_odometry_add_imu(odometry, &packet.imu, &error)
                               : gdn_odometry_add_frame(odometry, &packet.frame, frames.slot(packet.slot), &error);
    if (status != GDN_OK) fail(socket, error);
  }
}

}  // namespace gdn::odometry
