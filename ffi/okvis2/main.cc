// The odometry child: a supervisor that talks with the caller and does nothing that can fail, and a forked process
// that computes, which it may kill at any moment. A caller that may start no program any more (airborne in flight)
// need not: the restart happens here.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "supervisor.hpp"

namespace {

using namespace gdn::odometry;

constexpr int kOk = 0, kUsage = 64, kProtocol = 65;
constexpr size_t kChunk = 1 << 18;
constexpr size_t kPayloadMax =
    sizeof(gdn_odometry_frame) + static_cast<size_t>(GDN_ODOMETRY_SIDE_MAX) * GDN_ODOMETRY_SIDE_MAX;

void greet(std::string& out) {
  gdn_odometry_hello hello{};
  hello.protocol = GDN_ODOMETRY_PROTOCOL;
  hello.backend = gdn_odometry_backend();
  hello.start_bytes = sizeof(gdn_odometry_start);
  hello.imu_bytes = sizeof(gdn_odometry_imu);
  hello.frame_bytes = sizeof(gdn_odometry_frame);
  hello.state_bytes = sizeof(gdn_odometry_state);
  hello.event_bytes = sizeof(gdn_odometry_event);
  std::snprintf(hello.version, sizeof hello.version, "%s", gdn_odometry_version());
  append_message(out, GDN_ODOMETRY_HELLO, &hello, sizeof hello);
}

// Takes the whole messages off the front of `in`. False where they are none of this protocol.
bool take_messages(Supervisor& supervisor, std::vector<uint8_t>& in) {
  size_t at = 0;
  while (in.size() - at >= sizeof(gdn_odometry_header)) {
    gdn_odometry_header header;
    std::memcpy(&header, in.data() + at, sizeof header);
    if (header.magic != GDN_ODOMETRY_MAGIC || header.reserved != 0 || header.bytes > kPayloadMax) return false;
    if (in.size() - at < sizeof header + header.bytes) break;
    if (!supervisor.take(header, in.data() + at + sizeof header)) return false;
    at += sizeof header + header.bytes;
  }
  in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(at));
  return true;
}

// False where nobody reads any more.
bool write_out(std::string& out) {
  while (!out.empty()) {
    const ssize_t count = write(STDOUT_FILENO, out.data(), out.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    out.erase(0, static_cast<size_t>(count));
  }
  return true;
}

int serve() {
  std::string out;
  greet(out);
  Supervisor supervisor(out);
  std::vector<uint8_t> in;
  for (;;) {
    pollfd files[] = {{STDIN_FILENO, POLLIN, 0}, {STDOUT_FILENO, static_cast<short>(out.empty() ? 0 : POLLOUT), 0},
                      {supervisor.socket(), POLLIN, 0}};
    if (poll(files, 3, supervisor.wait_ms()) < 0 && errno != EINTR) return kProtocol;
    if (files[0].revents != 0) {
      const size_t held = in.size();
      in.resize(held + kChunk);
      const ssize_t count = read(STDIN_FILENO, in.data() + held, kChunk);
      in.resize(held + static_cast<size_t>(count > 0 ? count : 0));
      if (count == 0) return kOk;
      if (count < 0 && errno != EAGAIN && errno != EINTR) return kOk;
      if (!take_messages(supervisor, in)) {
        write_out(out);
        return kProtocol;
      }
    }
    supervisor.turn();
    if ((files[1].revents & (POLLERR | POLLHUP)) != 0 || !write_out(out)) return kOk;
  }
}

}  // namespace

int main(int argc, char**) {
  if (argc != 1) {
    std::fprintf(stderr, "it takes no arguments: airborne starts it, and talks with it over standard input and output\n");
    return kUsage;
  }
  signal(SIGPIPE, SIG_IGN);
  // A terminal's interrupt is for the caller, which closes standard input.
  signal(SIGINT, SIG_IGN);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  for (const int file : {STDIN_FILENO, STDOUT_FILENO}) fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK);
  fcntl(STDIN_FILENO, F_SETPIPE_SZ, 1 << 20);
  return serve();
}
