#include "landlock.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "launcher.hpp"

namespace gdn {
namespace {

// linux/landlock.h of Debian 12 ends with version 2; the numbers are the kernel's ABI.
constexpr uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3,
                   kRemoveDir = 1 << 4, kRemoveFile = 1 << 5, kMakeDir = 1 << 7, kMakeReg = 1 << 8,
                   kMakeSock = 1 << 9, kRefer = 1 << 13, kTruncate = 1 << 14, kIoctlDev = 1 << 15;
// Bits of the first version: all but the last three.
constexpr uint64_t kFirstVersion = (1 << 13) - 1;
constexpr uint64_t kForFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;
constexpr uint64_t kRead = kReadFile | kReadDir;
constexpr uint64_t kChangeFiles = kWriteFile | kTruncate | kMakeReg | kRemoveFile;
// No links, no devices, no pipes.
constexpr uint64_t kWrite = kRead | kChangeFiles | kMakeDir | kRemoveDir | kMakeSock | kRefer;
constexpr uint64_t kBindTcp = 1 << 0, kConnectTcp = 1 << 1;
constexpr uint64_t kScopeAbstractSocket = 1 << 0, kScopeSignal = 1 << 1;

struct RulesetAttributes {
  uint64_t access_fs, access_net, scoped;
};

struct __attribute__((packed)) PathRule {
  uint64_t access;
  int32_t parent;
};

struct PortRule {
  uint64_t access, port;
};

enum RuleType { kPathBeneath = 1, kNetPort = 2 };

// Libraries of the system and what the runtime and the C library look at; absent ones are left out.
const char *const kSystemRead[] = {
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/random",
    "/dev/urandom",
    "/proc/self/cgroup",
    "/proc/self/maps",
    "/proc/self/mountinfo",
    "/proc/self/stat",
    "/proc/self/statm",
    "/proc/self/status",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/sys",
};

// What finding a host by its name and checking its certificate need.
const char *const kNetworkRead[] = {
    "/etc/gai.conf",  "/etc/host.conf",     "/etc/hosts",    "/etc/nsswitch.conf",  "/etc/resolv.conf",
    "/etc/services",  "/etc/ssl/certs",     "/run/systemd/resolve",                 "/usr/share/ca-certificates",
};

// A GPU's nodes, which the libraries of ONNX Runtime and TensorRT open, and what they read and keep beside.
const char *const kGpuPatterns[] = {"/dev/nvidia*", "/dev/nvhost*", "/dev/nvmap", "/dev/nvgpu", "/dev/dri"};
const char *const kGpuRead[] = {"/proc/driver/nvidia", "/proc/devices", "/etc/nv_tegra_release", "/usr/local"};

// What OpenSSH reads, where a command line names an aircraft by ssh://; and its random numbers and terminal.
const char *const kSshRead[] = {"/etc/ssh", "/etc/passwd", "/etc/group", "/etc/crypto-policies"};

// What programs of ours that are started read besides: operator's permission set has it for sharp.
const char *const kOwnProgramsRead[] = {"/usr/bin/ldd"};

class Ruleset {
 public:
  Ruleset(int version, bool confines_network) {
    attributes_.access_fs = kFirstVersion | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0) |
                            (version >= 5 ? kIoctlDev : 0);
    attributes_.access_net = version >= 4 && confines_network ? kBindTcp | kConnectTcp : 0;
    attributes_.scoped = version >= 6 ? kScopeAbstractSocket | kScopeSignal : 0;
    // The service manager may listen at an abstract socket.
    const char *manager = getenv("NOTIFY_SOCKET");
    if (manager != nullptr && manager[0] == '@') attributes_.scoped &= ~kScopeAbstractSocket;
    file_ = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes_, sizeof attributes_, 0));
    if (file_ < 0) throw Fault(kExitData, "the kernel refuses a set of rules: " + errno_text(errno));
  }
  Ruleset(const Ruleset &) = delete;
  Ruleset &operator=(const Ruleset &) = delete;
  ~Ruleset() { close(file_); }

  // Links in the path are followed now. False where there is no such file.
  bool allow(const std::string &path, uint64_t access) {
    const int file = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (file < 0) return false;
    struct stat info;
    const bool is_folder = fstat(file, &info) == 0 && S_ISDIR(info.st_mode);
    // A device that may be written is set up by ioctl: a serial line, a GPU.
    const bool is_device = (access & kWriteFile) != 0 && (is_folder ? path.rfind("/dev/", 0) == 0 : S_ISCHR(info.st_mode));
    if (is_device) access |= kIoctlDev;
    const uint64_t fitting = access & attributes_.access_fs & (is_folder ? ~0ULL : kForFiles);
    add(kPathBeneath, PathRule{fitting, file}, path);
    close(file);
    return true;
  }

  void allow_port(uint16_t port) {
    if (attributes_.access_net == 0) return;
    add(kNetPort, PortRule{kBindTcp | kConnectTcp, port}, "port " + std::to_string(port));
  }

  void enforce() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_landlock_restrict_self, file_, 0) != 0) {
      throw Fault(kExitData, "the kernel does not confine this program: " + errno_text(errno));
    }
  }

 private:
  template <typename Rule>
  void add(RuleType type, const Rule &rule, const std::string &what) {
    if (syscall(SYS_landlock_add_rule, file_, type, &rule, 0) != 0) {
      const int error = errno;
      throw Fault(kExitData, "the kernel refuses a rule for " + what + ": " + errno_text(error));
    }
  }

  RulesetAttributes attributes_ = {};
  int file_ = -1;
};

void allow_gpu(Ruleset &rules) {
  glob_t found = {};
  for (const char *pattern : kGpuPatterns) {
    if (glob(pattern, 0, nullptr, &found) != 0) continue;
    for (size_t i = 0; i < found.gl_pathc; i++) rules.allow(found.gl_pathv[i], kRead | kWriteFile);
    globfree(&found);
  }
  for (const char *path : kGpuRead) rules.allow(path, kRead);
}

// Entries of --allow-KIND=a,b; `all` where the flag has no list.
std::vector<std::string> list_of(const std::vector<std::string> &arguments, const std::string &kind, bool *all) {
  const std::string flag = "--allow-" + kind;
  std::vector<std::string> entries;
  for (const auto &argument : arguments) {
    if (argument == flag) *all = true;
    if (argument.rfind(flag + "=", 0) != 0) continue;
    for (size_t begin = flag.size() + 1, end; begin < argument.size(); begin = end + 1) {
      end = std::min(argument.find(',', begin), argument.size());
      entries.push_back(argument.substr(begin, end - begin));
    }
  }
  return entries;
}

// The file or folder, or, where it is to be made, the folder in which it will be.
void allow_nearest(Ruleset &rules, std::string path, uint64_t access) {
  while (!rules.allow(path, access) && path.size() > 1) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return;
    path.resize(slash == 0 ? 1 : slash);
  }
}

// Of a program of ours: its unpacked folder. Empty for others.
std::string tree_of(const std::string &program) {
  char *real = realpath(program.c_str(), nullptr);
  if (real == nullptr) return "";
  const std::string file = real;
  free(real);
  Payload payload;
  try {
    payload = open_payload(file);
  } catch (const Fault &) {
    return "";
  }
  return find_or_unpack(payload, file).path;
}

// Programs that the command line names. They start behind the same walls; ssh reads its own files besides. Those of
// ours are unpacked now: behind the walls they could not be.
void allow_programs(Ruleset &rules, const std::vector<std::string> &programs) {
  for (const auto &program : programs) {
    if (!rules.allow(program, kReadFile | kExecute)) continue;
    const std::string tree = tree_of(program);
    if (!tree.empty()) {
      rules.allow(tree, kRead);
      rules.allow(tree + "/bin/deno", kReadFile | kExecute);
      for (const char *path : kOwnProgramsRead) rules.allow(path, kRead);
      continue;
    }
    if (program != "/usr/bin/ssh" && program != "/usr/bin/sftp") continue;
    for (const char *path : kSshRead) rules.allow(path, kRead);
    const char *home = getenv("HOME");
    if (home != nullptr && home[0] == '/') rules.allow(std::string(home) + "/.ssh", kRead);
  }
}

// A device's node, or where one will be: it is another file each time that it is plugged in.
bool is_device_node(const std::string &path) {
  if (path.rfind("/dev/", 0) != 0 || path.rfind("/dev/shm/", 0) == 0) return false;
  struct stat info;
  return stat(path.c_str(), &info) != 0 || S_ISCHR(info.st_mode);
}

// The port of "host:port" or "[address]:port"; 0 where none is named.
uint16_t port_of(const std::string &address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || address.find(']', colon) != std::string::npos) return 0;
  return static_cast<uint16_t>(strtoul(address.c_str() + colon + 1, nullptr, 10));
}

}  // namespace

int confine(const std::vector<std::string> &arguments, const std::string &tree, const std::string &code_cache) {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
  if (version < 1) return 0;
  bool reads_all = false, writes_all = false, any_address = false;
  const auto read = list_of(arguments, "read", &reads_all);
  const auto written = list_of(arguments, "write", &writes_all);
  std::set<uint16_t> ports;
  bool has_network = false;
  for (const auto &address : list_of(arguments, "net", &any_address)) {
    if (address.rfind("unix:", 0) == 0) continue;
    has_network = true;
    const uint16_t port = port_of(address);
    if (port == 0) any_address = true;
    else ports.insert(port);
  }
  Ruleset rules(static_cast<int>(version), !any_address);
  for (const char *path : kSystemRead) rules.allow(path, kRead);
  rules.allow("/dev/null", kReadFile | kWriteFile);
  allow_gpu(rules);
  rules.allow(tree, kRead);
  rules.allow(tree + "/bin/deno", kReadFile | kExecute);
  // The kernel opens it to start the runtime. It can start nothing that may not be read.
  rules.allow("/lib64/ld-linux-x86-64.so.2", kReadFile | kExecute);
  rules.allow("/lib/ld-linux-aarch64.so.1", kReadFile | kExecute);
  // Files alone: storage of the web platform (localStorage, caches) would make folders there.
  if (!code_cache.empty()) rules.allow(code_cache, kRead | kChangeFiles);
  bool runs_all = false;
  allow_programs(rules, list_of(arguments, "run", &runs_all));
  for (const auto &path : read) rules.allow(path, kRead);
  for (const auto &path : written) {
    // All of them, as files: a rule for one would end with its unplugging.
    if (is_device_node(path)) rules.allow("/dev/", kReadFile | kWriteFile);
    else allow_nearest(rules, path, kWrite);
  }
  // An output is renamed from OUT.tmp to OUT: the kernel knows of rights to rename in folders alone.
  for (const auto &path : written) {
    if (std::find(written.begin(), written.end(), path + ".tmp") == written.end()) continue;
    allow_nearest(rules, path.substr(0, std::max<size_t>(path.rfind('/'), 1)), kWrite);
  }
  if (reads_all) rules.allow("/", kRead);
  if (writes_all) rules.allow("/", kWrite);
  if (has_network || any_address) {
    for (const char *path : kNetworkRead) rules.allow(path, kRead);
    // Certificates of the user's, which the runtime reads by itself.
    const char *certificates = getenv("DENO_CERT");
    if (certificates != nullptr) rules.allow(certificates, kReadFile);
    ports.insert(53);
  }
  for (const uint16_t port : ports) rules.allow_port(port);
  rules.enforce();
  return static_cast<int>(version);
}

}  // namespace gdn
