#include "service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "file_descriptor.hpp"
#include "registry.hpp"

namespace {

constexpr int64_t kStatusBytesMax = 512;

struct ServiceManager : gdn::Counted {
  gdn::FileDescriptor socket;
  sockaddr_un address{};
  socklen_t address_bytes = 0;

  explicit ServiceManager(const std::string& name)
      : socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (socket.get() < 0) {
      throw gdn::Failure(GDN_SYSTEM_FAILURE, std::string("cannot make a socket: ") + std::strerror(errno));
    }
    const bool named = name.size() > 1 && (name[0] == '/' || name[0] == '@');
    gdn::require(named && name.size() < sizeof address.sun_path,
                 "NOTIFY_SOCKET is neither an absolute path nor an abstract name, or too long");
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    // An abstract name begins with a zero byte and has no terminator; a path keeps its one.
    const bool abstract = name[0] == '@';
    if (abstract) address.sun_path[0] = '\0';
    address_bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
  }

  // The name is looked up each time, so that a manager that was started anew is found.
  void send(const std::string& message) const {
    for (;;) {
      const ssize_t sent = sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                  reinterpret_cast<const sockaddr*>(&address), address_bytes);
      if (sent >= 0) return;
      if (errno == EINTR) continue;
      throw gdn::Failure(GDN_SYSTEM_FAILURE,
                         std::string("the service manager cannot be told: ") + std::strerror(errno));
    }
  }
};

auto& registry() {
  return gdn::Registry<ServiceManager, gdn::HandleKind::kServiceManager>::instance();
}

/// A variable that holds a whole number of at least 1.
std::optional<int64_t> number_of(const char* variable) {
  const char* text = secure_getenv(variable);
  if (text == nullptr || text[0] < '0' || text[0] > '9') return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text, &end, 10);
  if (errno != 0 || *end != '\0' || value < 1) return std::nullopt;
  return value;
}

int64_t watchdog_us_of_environment() {
  if (secure_getenv("WATCHDOG_PID") != nullptr && number_of("WATCHDOG_PID") != getpid()) return 0;
  return number_of("WATCHDOG_USEC").value_or(0);
}

const char* state_text(int32_t state) {
  switch (state) {
    case GDN_SERVICE_STATUS:
      return "";
    case GDN_SERVICE_READY:
      return "READY=1\n";
    case GDN_SERVICE_WATCHDOG:
      return "WATCHDOG=1\n";
    case GDN_SERVICE_STOPPING:
      return "STOPPING=1\n";
    case GDN_SERVICE_STARTING:
      return "EXTEND_TIMEOUT_USEC=60000000\n";
    default:
      throw gdn::InvalidArgument("there is no such state");
  }
}

std::string message_of(int32_t state, const char* status, int64_t status_bytes) {
  gdn::require(status_bytes >= 0 && status_bytes <= kStatusBytesMax, "the status is too long");
  gdn::require(status != nullptr || status_bytes == 0, "the status must be given");
  std::string message = state_text(state);
  if (status_bytes > 0) {
    message += "STATUS=";
    for (int64_t i = 0; i < status_bytes; ++i) {
      // A line of its own would be another message.
      gdn::require(static_cast<unsigned char>(status[i]) >= 0x20 && status[i] != 0x7f,
                   "the status holds a control character");
      message += status[i];
    }
    message += '\n';
  }
  gdn::require(!message.empty(), "there is nothing to tell");
  return message;
}

}  // namespace

int32_t gdn_service_manager_open(uint64_t* handle, int64_t* watchdog_us, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(handle != nullptr && watchdog_us != nullptr, "handle and watchdog_us must be given");
    *handle = 0;
    *watchdog_us = 0;
    const char* name = secure_getenv("NOTIFY_SOCKET");
    if (name == nullptr || name[0] == '\0') return;
    *handle = registry().insert(std::make_shared<ServiceManager>(name));
    *watchdog_us = watchdog_us_of_environment();
  });
}

int32_t gdn_service_manager_notify(uint64_t handle, int32_t state, const char* status, int64_t status_bytes,
                                   gdn_error* error) {
  return gdn::guard(error, [&] {
    const auto manager = registry().get(handle);
    manager->send(message_of(state, status, status_bytes));
  });
}

int32_t gdn_service_manager_free(uint64_t handle, gdn_error* error) {
  return gdn::guard(error, [&] { registry().erase(handle); });
}
