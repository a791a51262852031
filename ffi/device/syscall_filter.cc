#include "syscall_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "guard.hpp"

namespace {

// Numbers of a system call on both architectures, so that the program of either can be made, and tested,
// on both. Absent: the architecture does not have it.
struct Call {
  const char* name;
  int x86_64, aarch64;
};
constexpr int kAbsent = -1;

constexpr Call kNever[] = {
    // Other programs and processes.
    {"execve", 59, 221},
    {"execveat", 322, 281},
    {"fork", 57, kAbsent},
    {"vfork", 58, kAbsent},
    {"tkill", 200, 130},
    {"ptrace", 101, 117},
    {"process_vm_readv", 310, 270},
    {"process_vm_writev", 311, 271},
    {"kcmp", 312, 272},
    {"pidfd_open", 434, 434},
    {"pidfd_getfd", 438, 438},
    {"pidfd_send_signal", 424, 424},
    {"process_madvise", 440, 440},
    {"process_mrelease", 448, 448},
    {"migrate_pages", 256, 238},
    {"move_pages", 279, 239},
    // The kernel.
    {"init_module", 175, 105},
    {"finit_module", 313, 273},
    {"delete_module", 176, 106},
    {"kexec_load", 246, 104},
    {"kexec_file_load", 320, 294},
    {"bpf", 321, 280},
    {"perf_event_open", 298, 241},
    {"userfaultfd", 323, 282},
    {"reboot", 169, 142},
    {"syslog", 103, 116},
    {"personality", 135, 92},
    {"modify_ldt", 154, kAbsent},
    {"iopl", 172, kAbsent},
    {"ioperm", 173, kAbsent},
    {"uselib", 134, kAbsent},
    {"lookup_dcookie", 212, 18},
    {"acct", 163, 89},
    {"swapon", 167, 224},
    {"swapoff", 168, 225},
    // Clocks and names of the machine.
    {"settimeofday", 164, 170},
    {"clock_settime", 227, 112},
    {"clock_adjtime", 305, 266},
    {"adjtimex", 159, 171},
    {"sethostname", 170, 161},
    {"setdomainname", 171, 162},
    // File systems and namespaces.
    {"mount", 165, 40},
    {"umount2", 166, 39},
    {"pivot_root", 155, 41},
    {"chroot", 161, 51},
    {"move_mount", 429, 429},
    {"open_tree", 428, 428},
    {"fsopen", 430, 430},
    {"fsconfig", 431, 431},
    {"fsmount", 432, 432},
    {"fspick", 433, 433},
    {"mount_setattr", 442, 442},
    {"unshare", 272, 97},
    {"setns", 308, 268},
    {"quotactl", 179, 60},
    {"quotactl_fd", 443, 443},
    {"fanotify_init", 300, 262},
    {"open_by_handle_at", 304, 265},
    {"name_to_handle_at", 303, 264},
    {"mknod", 133, kAbsent},
    {"mknodat", 259, 33},
    {"vhangup", 153, 58},
    // Other users.
    {"setuid", 105, 146},
    {"setgid", 106, 144},
    {"setreuid", 113, 145},
    {"setregid", 114, 143},
    {"setresuid", 117, 147},
    {"setresgid", 119, 149},
    {"setfsuid", 122, 151},
    {"setfsgid", 123, 152},
    {"setgroups", 116, 159},
    {"capset", 126, 91},
    // Keys, queues and memory shared with others.
    {"add_key", 248, 217},
    {"request_key", 249, 218},
    {"keyctl", 250, 219},
    {"mq_open", 240, 180},
    {"shmget", 29, 194},
    {"shmat", 30, 196},
    {"semget", 64, 190},
    {"msgget", 68, 186},
    // A second way to make system calls.
    {"io_uring_setup", 425, 425},
    {"io_uring_enter", 426, 426},
    {"io_uring_register", 427, 427},
};

constexpr Call kClone{"clone", 56, 220}, kClone3{"clone3", 435, 435};
constexpr Call kSocket{"socket", 41, 198}, kSocketPair{"socketpair", 53, 199};
constexpr Call kConnect{"connect", 42, 203}, kBind{"bind", 49, 200}, kListen{"listen", 50, 201};
constexpr Call kAccept{"accept", 43, 202}, kAccept4{"accept4", 288, 242};
constexpr Call kIoctl{"ioctl", 16, 29}, kPrlimit{"prlimit64", 302, 261};
// Signals: their first argument is a process.
constexpr Call kSignals[] = {
    {"kill", 62, 129},
    {"tgkill", 234, 131},
    {"rt_sigqueueinfo", 129, 138},
    {"rt_tgsigqueueinfo", 297, 240},
};

// The newest call that was looked at; what a newer kernel adds is unknown, and a program that tries it
// falls back. Numbers of both architectures are the same there.
constexpr uint32_t kNewest = 450;
// Numbers of the x32 ABI carry this bit, under the architecture of x86-64.
constexpr uint32_t kX32 = 0x40000000;

constexpr uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                    CLONE_NEWPID | CLONE_NEWNET;
// The lower byte of a socket's type; the rest are flags.
constexpr uint32_t kSocketType = 0xf;

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

// Offset of the lower 32 bits of an argument: both architectures are little-endian.
constexpr uint32_t argument(int index) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + 8 * static_cast<size_t>(index));
}

/// Makes the program call by call. Each block begins with the call's number in the accumulator; whoever
/// loads another value in a block ends it with a return on every way.
class Program {
 public:
  explicit Program(bool aarch64) : aarch64_(aarch64) {
    load(offsetof(seccomp_data, arch));
    const uint32_t expected = aarch64 ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64;
    add(BPF_JMP | BPF_JEQ | BPF_K, expected, 1, 0);
    answer(kRefuse);
    load(offsetof(seccomp_data, nr));
    if (!aarch64) {
      add(BPF_JMP | BPF_JSET | BPF_K, kX32, 0, 1);
      answer(kRefuse);
    }
    add(BPF_JMP | BPF_JGT | BPF_K, kNewest, 0, 1);
    answer(kUnknown);
  }

  void always(const Call& call, uint32_t reply) {
    if (!begin(call, 1)) return;
    answer(reply);
  }

  /// Allowed where the argument, of which `mask` counts, is one of `values`.
  void where(const Call& call, int index, uint32_t mask, const std::vector<uint32_t>& values) {
    if (!begin(call, 3 + 2 * values.size())) return;
    load(argument(index));
    add(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    for (const uint32_t value : values) {
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
      answer(kAllow);
    }
    answer(kRefuse);
  }

  /// Refused where the argument is one of `values`.
  void except(const Call& call, int index, const std::vector<uint32_t>& values) {
    if (!begin(call, 2 + 2 * values.size())) return;
    load(argument(index));
    for (const uint32_t value : values) {
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
      answer(kRefuse);
    }
    answer(kAllow);
  }

  /// New sockets of these families that are TCP, UDP or their like of Unix; no raw ones.
  void sockets(const std::vector<uint32_t>& families) {
    if (!begin(kSocket, 7 + 2 * families.size())) return;
    load(argument(1));
    add(BPF_ALU | BPF_AND | BPF_K, kSocketType, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM, 2, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, SOCK_DGRAM, 1, 0);
    answer(kRefuse);
    load(argument(0));
    for (const uint32_t family : families) {
      add(BPF_JMP | BPF_JEQ | BPF_K, family, 0, 1);
      answer(kAllow);
    }
    answer(kRefuse);
  }

  std::vector<sock_filter> finish() {
    answer(kAllow);
    return std::move(code_);
  }

 private:
  /// The next `length` instructions are for this call alone; false where the architecture lacks it.
  bool begin(const Call& call, size_t length) {
    const int number = aarch64_ ? call.aarch64 : call.x86_64;
    if (number == kAbsent) return false;
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, static_cast<uint8_t>(length));
    return true;
  }

  void load(size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset), 0, 0); }
  void answer(uint32_t reply) { add(BPF_RET | BPF_K, reply, 0, 0); }
  void add(int code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    code_.push_back({static_cast<uint16_t>(code), if_true, if_false, value});
  }

  bool aarch64_;
  std::vector<sock_filter> code_;
};

std::vector<sock_filter> make_program(bool aarch64, int32_t allowed, int32_t process_id) {
  const bool unix_sockets = (allowed & GDN_FILTER_UNIX_SOCKETS) != 0;
  const bool inet_sockets = (allowed & GDN_FILTER_INET_SOCKETS) != 0;
  const auto own = static_cast<uint32_t>(process_id);
  Program program(aarch64);
  for (const Call& call : kNever) program.always(call, kRefuse);
  // Threads, not processes. clone3 keeps its flags in memory, where a filter cannot look: glibc falls
  // back to clone when there is none.
  program.where(kClone, 0, CLONE_THREAD | kNewNamespaces, {CLONE_THREAD});
  program.always(kClone3, kUnknown);
  std::vector<uint32_t> families;
  if (unix_sockets) families.push_back(AF_UNIX);
  if (inet_sockets) families.insert(families.end(), {AF_INET, AF_INET6});
  program.sockets(families);
  // The runtime wakes its own threads by pairs.
  program.where(kSocketPair, 0, ~0u, {AF_UNIX});
  if (families.empty()) program.always(kConnect, kRefuse);
  if (!inet_sockets) program.always(kBind, kRefuse);
  if ((allowed & GDN_FILTER_SERVERS) == 0) {
    for (const Call& call : {kListen, kAccept, kAccept4}) program.always(call, kRefuse);
  }
  // Keys into the terminal that the program was started from, and another line discipline.
  program.except(kIoctl, 1, {TIOCSTI, TIOCLINUX, TIOCSETD});
  for (const Call& call : kSignals) program.where(call, 0, ~0u, {own});
  program.where(kPrlimit, 0, ~0u, {0, own});
  return program.finish();
}

constexpr int32_t kAllowedKnown = GDN_FILTER_UNIX_SOCKETS | GDN_FILTER_INET_SOCKETS | GDN_FILTER_SERVERS;

std::atomic<bool> installed{false};

void install(int32_t allowed) {
#if defined(__x86_64__)
  constexpr bool kAarch64 = false;
#elif defined(__aarch64__)
  constexpr bool kAarch64 = true;
#else
#error "the filter knows the system calls of x86-64 and of aarch64"
#endif
  auto code = make_program(kAarch64, allowed, getpid());
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    throw gdn::Failure(GDN_SYSTEM_FAILURE, std::string("no_new_privs: ") + std::strerror(errno));
  }
  // Of every thread at once, or of none. SPEC_ALLOW: kernels before 5.16 would slow the whole process
  // down against speculative reads by foreign code that runs in it; none does.
  const unsigned long flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  const long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (failed < 0) throw gdn::Failure(GDN_SYSTEM_FAILURE, std::string("seccomp: ") + std::strerror(errno));
  if (failed > 0) {
    throw gdn::Failure(GDN_SYSTEM_FAILURE,
                       "seccomp: thread " + std::to_string(failed) + " has a filter of its own");
  }
}

}  // namespace

int32_t gdn_syscall_filter_install(int32_t allowed, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require((allowed & ~kAllowedKnown) == 0, "an unknown kind of call is to be allowed");
    gdn::require(!installed.exchange(true), "the filter is installed already");
    try {
      install(allowed);
    } catch (...) {
      installed = false;
      throw;
    }
  });
}

int32_t gdn_syscall_filter_program(int32_t architecture, int32_t allowed, int32_t process_id, uint8_t* out,
                                   int64_t capacity, int64_t* length, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(architecture == GDN_ARCHITECTURE_X86_64 || architecture == GDN_ARCHITECTURE_AARCH64,
                 "there is no filter for this architecture");
    gdn::require((allowed & ~kAllowedKnown) == 0, "an unknown kind of call is to be allowed");
    const auto code = make_program(architecture == GDN_ARCHITECTURE_AARCH64, allowed, process_id);
    const auto bytes = static_cast<int64_t>(code.size() * sizeof(sock_filter));
    gdn::require(out != nullptr && length != nullptr && capacity >= bytes, "the buffer is too small");
    std::memcpy(out, code.data(), static_cast<size_t>(bytes));
    *length = bytes;
  });
}
