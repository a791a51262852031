#include "serial_line.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "file_descriptor.hpp"
#include "registry.hpp"

namespace {

constexpr int32_t kBaudRateMin = 50, kBaudRateMax = 4'000'000;
constexpr int32_t kTimeoutMsMax = 1000;
// A controller's burst of messages comes in pieces of a few bytes; each piece by itself would cost a call.
constexpr int kGatherMs = 1;
constexpr int64_t kEnough = 1024;

[[noreturn]] void fail_by_errno(const std::string& what, int number) {
  const bool absent = number == ENOENT || number == ENOTDIR || number == ENODEV || number == ENXIO ||
                      number == EIO;
  throw gdn::Failure(absent ? GDN_NOT_FOUND : GDN_SYSTEM_FAILURE, what + ": " + std::strerror(number));
}

/// "/dev/pts/4", "/dev/rfcomm0", or "/dev/tty", letters and a number: serial lines, not the terminal of the
/// process (/dev/tty) and not a virtual console (/dev/tty1).
bool is_serial(std::string_view path) {
  for (const std::string_view folder : {"/dev/pts/", "/dev/rfcomm", "/dev/tty"}) {
    if (path.substr(0, folder.size()) != folder) continue;
    size_t at = folder.size();
    if (folder == "/dev/tty") {
      const size_t first = at;
      while (at < path.size() && ((path[at] >= 'a' && path[at] <= 'z') || (path[at] >= 'A' && path[at] <= 'Z'))) ++at;
      if (at == first) return false;
    }
    const size_t digits = path.size() - at;
    return digits >= 1 && digits <= 7 && path.find_first_not_of("0123456789", at) == std::string_view::npos;
  }
  return false;
}

/// Without the links in it.
std::string resolved(const std::string& path) {
  char real[PATH_MAX];
  if (realpath(path.c_str(), real) == nullptr) fail_by_errno(path, errno);
  return real;
}

void set_raw(int file, const std::string& path, int32_t baud_rate) {
  termios2 settings{};
  if (ioctl(file, TCGETS2, &settings) != 0) {
    if (errno == ENOTTY) throw gdn::Failure(GDN_NOT_PERMITTED, path + " is no serial line");
    fail_by_errno(path, errno);
  }
  settings.c_iflag = IGNBRK;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
  settings.c_ispeed = settings.c_ospeed = static_cast<speed_t>(baud_rate);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (ioctl(file, TCSETS2, &settings) != 0) fail_by_errno(path + " cannot be set up", errno);
  // The driver takes what it can and says nothing.
  if (ioctl(file, TCGETS2, &settings) != 0) fail_by_errno(path, errno);
  const double ratio = static_cast<double>(settings.c_ospeed) / baud_rate;
  if (ratio < 0.97 || ratio > 1.03) {
    throw gdn::Failure(GDN_SYSTEM_FAILURE, path + " cannot have " + std::to_string(baud_rate) + " baud, only " +
                                               std::to_string(settings.c_ospeed));
  }
}

struct SerialLine : gdn::Counted {
  gdn::FileDescriptor file;
  const bool is_pseudo_terminal;

  /// A line at the end of a cable.
  SerialLine(const std::string& path, int32_t baud_rate)
      : file(open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)), is_pseudo_terminal(false) {
    if (file.get() < 0) {
      if (errno == EBUSY) throw gdn::Failure(GDN_SYSTEM_FAILURE, path + " is open in another program");
      fail_by_errno(path, errno);
    }
    struct stat state {};
    if (fstat(file.get(), &state) != 0) fail_by_errno(path, errno);
    if (!S_ISCHR(state.st_mode)) throw gdn::Failure(GDN_NOT_PERMITTED, path + " is no serial line");
    // TIOCEXCL does not bind root; the lock binds whoever asks for it.
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      throw gdn::Failure(GDN_SYSTEM_FAILURE, path + " is open in another program");
    }
    set_raw(file.get(), path, baud_rate);
    // The mark stays on a pseudo-terminal that outlives its opener.
    if (path.rfind("/dev/pts/", 0) != 0 && ioctl(file.get(), TIOCEXCL) != 0) fail_by_errno(path, errno);
  }

  /// The nearer end of a new pseudo-terminal.
  SerialLine() : file(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)), is_pseudo_terminal(true) {
    if (file.get() < 0) fail_by_errno("cannot make a pseudo-terminal", errno);
    if (grantpt(file.get()) != 0 || unlockpt(file.get()) != 0) fail_by_errno("cannot make a pseudo-terminal", errno);
    // Nobody has it open: once it was opened and closed, poll says so. Raw from the start, so that nothing that
    // is written before its opener has set it up comes back as an echo.
    const gdn::FileDescriptor other(open(other_end().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (other.get() < 0) fail_by_errno(other_end(), errno);
    set_raw(other.get(), other_end(), 115200);
  }

  std::string other_end() const {
    char name[64];
    if (const int number = ptsname_r(file.get(), name, sizeof name); number != 0) fail_by_errno("ptsname", number);
    return name;
  }

  [[noreturn]] void fail_as_gone() const {
    throw gdn::Failure(GDN_NOT_FOUND,
                       is_pseudo_terminal ? "nobody has opened its other end" : "the line was unplugged");
  }

  /// Whether there is something to read within the time.
  bool wait(int timeout_ms) const {
    pollfd waiting{file.get(), POLLIN, 0};
    const int found = poll(&waiting, 1, timeout_ms);
    if (found < 0 && errno != EINTR) fail_by_errno("poll", errno);
    if (found <= 0) return false;
    if ((waiting.revents & POLLIN) != 0) return true;
    fail_as_gone();
  }

  int64_t read(int timeout_ms, uint8_t* out, int64_t capacity) const {
    if (!wait(timeout_ms)) return 0;
    int64_t length = 0;
    bool gathered = false;
    while (length < capacity) {
      const ssize_t got = ::read(file.get(), out + length, static_cast<size_t>(capacity - length));
      if (got > 0) {
        length += got;
      } else if (got < 0 && errno == EINTR) {
        continue;
      } else if (got < 0 && errno == EAGAIN) {
        if (gathered || length == 0 || length >= kEnough) break;
        poll(nullptr, 0, kGatherMs);
        gathered = true;
      } else {
        // What came before the end is given first; the next call says that it has ended.
        if (length == 0) fail_as_gone();
        break;
      }
    }
    return length;
  }

  int64_t write(const uint8_t* bytes, int64_t count) const {
    pollfd state{file.get(), POLLOUT, 0};
    if (poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) fail_as_gone();
    for (;;) {
      const ssize_t taken = ::write(file.get(), bytes, static_cast<size_t>(count));
      if (taken >= 0) return taken;
      if (errno == EAGAIN) return 0;
      if (errno == EIO || errno == ENXIO || errno == ENODEV) fail_as_gone();
      if (errno != EINTR) fail_by_errno("write", errno);
    }
  }
};

auto& registry() { return gdn::Registry<SerialLine, gdn::HandleKind::kSerialLine>::instance(); }

}  // namespace

int32_t gdn_serial_line_open(const char* path, int64_t path_bytes, int32_t baud_rate, uint64_t* handle,
                             gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(path != nullptr && path_bytes > 0 && path_bytes < 256, "the path is empty or too long");
    gdn::require(std::memchr(path, 0, static_cast<size_t>(path_bytes)) == nullptr, "the path holds a zero byte");
    gdn::require(baud_rate >= kBaudRateMin && baud_rate <= kBaudRateMax, "the baud rate is out of range");
    gdn::require(handle != nullptr, "handle must be given");
    const std::string name(path, static_cast<size_t>(path_bytes));
    if (name.rfind("/dev/", 0) != 0) throw gdn::Failure(GDN_NOT_PERMITTED, "a serial line lies below /dev");
    const std::string real = resolved(name);
    if (!is_serial(real)) throw gdn::Failure(GDN_NOT_PERMITTED, real + " is not a serial line that may be opened");
    *handle = registry().insert(std::make_shared<SerialLine>(real, baud_rate));
  });
}

int32_t gdn_pseudo_terminal_open(uint64_t* handle, char* path, int64_t capacity, int64_t* length, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(handle != nullptr && path != nullptr && length != nullptr, "handle, path and length must be given");
    const auto line = std::make_shared<SerialLine>();
    const std::string name = line->other_end();
    gdn::require(capacity >= static_cast<int64_t>(name.size()), "the buffer is too small");
    std::memcpy(path, name.data(), name.size());
    *length = static_cast<int64_t>(name.size());
    *handle = registry().insert(line);
  });
}

int32_t gdn_serial_line_read(uint64_t handle, int32_t timeout_ms, uint8_t* out, int64_t capacity, int64_t* length,
                             gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(timeout_ms >= 0 && timeout_ms <= kTimeoutMsMax, "the time is out of range");
    gdn::require(out != nullptr && capacity > 0 && length != nullptr, "out and length must be given");
    const auto line = registry().get(handle);
    *length = line->read(timeout_ms, out, capacity);
  });
}

int32_t gdn_serial_line_write(uint64_t handle, const uint8_t* bytes, int64_t count, int64_t* taken, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(bytes != nullptr && count > 0 && taken != nullptr, "bytes and taken must be given");
    const auto line = registry().get(handle);
    *taken = line->write(bytes, count);
  });
}

int32_t gdn_serial_line_free(uint64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] { registry().erase(handle); });
}
