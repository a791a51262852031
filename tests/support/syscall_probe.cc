// Tries what a filter of system calls must refuse, before and after it, and what must go on.
//
// usage: syscall_probe LIBRARY ALLOWED
//
// prints one line a try: "NAME before|after ERRNO"
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

const char* phase = "before";

// Every argument is one that the kernel itself refuses, or that changes nothing.
template <typename Try>
void attempt(const char* name, Try&& action) {
  errno = 0;
  const long result = action();
  std::printf("%s %s %d\n", name, phase, result < 0 ? errno : 0);
}

template <typename... Arguments>
void call(const char* name, long number, Arguments... arguments) {
  attempt(name, [&] { return syscall(number, arguments...); });
}

long reaped(pid_t child) {
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
  return child;
}

void forbidden() {
  char* const none[] = {nullptr};
  attempt("execve", [&] { return execve("/nowhere", none, none); });
  call("execveat", SYS_execveat, -1, "", none, none, 0);
  attempt("fork", [] { return reaped(fork()); });
  attempt("clone", [] { return reaped(static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))); });
#ifdef SYS_fork
  attempt("raw_fork", [] { return reaped(static_cast<pid_t>(syscall(SYS_fork))); });
#endif
  call("clone3", SYS_clone3, nullptr, 0);
  call("ptrace", SYS_ptrace, PTRACE_ATTACH, -1, 0, 0);
  call("process_vm_readv", SYS_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0);
  call("kill_parent", SYS_kill, getppid(), 0);
  call("kill_group", SYS_kill, 0, 0);
  call("pidfd_open", SYS_pidfd_open, -1, 0);
  call("mount", SYS_mount, nullptr, nullptr, nullptr, 0, nullptr);
  call("unshare", SYS_unshare, 0);
  call("setns", SYS_setns, -1, 0);
  call("init_module", SYS_init_module, nullptr, 0, nullptr);
  call("finit_module", SYS_finit_module, -1, nullptr, 0);
  call("bpf", SYS_bpf, -1, nullptr, 0);
  call("perf_event_open", SYS_perf_event_open, nullptr, 0, 0, -1, 0);
  call("reboot", SYS_reboot, 0, 0, 0, nullptr);
  call("kexec_load", SYS_kexec_load, 0, -1, nullptr, 0);
  call("open_by_handle_at", SYS_open_by_handle_at, -1, nullptr, 0);
  call("io_uring_setup", SYS_io_uring_setup, 0, nullptr);
  call("keyctl", SYS_keyctl, KEYCTL_GET_KEYRING_ID, -1, 0);
  call("setuid", SYS_setuid, getuid());
  call("personality", SYS_personality, 0xffffffff);
  call("inject", SYS_ioctl, -1, TIOCSTI, nullptr);
  call("listen", SYS_listen, -1, 1);
  call("accept", SYS_accept, -1, nullptr, nullptr);
#ifdef __x86_64__
  // The same calls by the 32-bit table of the processor, and by the x32 numbers.
  attempt("int80_getpid", [] {
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
    if (result < 0) errno = static_cast<int>(-result);
    return result;
  });
  call("x32_getpid", 0x40000000L + SYS_getpid);
#endif
  call("future_call", 500);
}

void sockets() {
  const auto open_socket = [](int family, int type) {
    const int made = socket(family, type, 0);
    if (made >= 0) close(made);
    return made;
  };
  attempt("socket_unix", [&] { return open_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC); });
  attempt("socket_tcp", [&] { return open_socket(AF_INET, SOCK_STREAM); });
  attempt("socket_udp6", [&] { return open_socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK); });
  attempt("socket_netlink", [&] { return open_socket(AF_NETLINK, SOCK_DGRAM); });
  attempt("socket_raw", [&] { return open_socket(AF_UNIX, SOCK_RAW); });
  call("connect", SYS_connect, -1, nullptr, 0);
  call("bind", SYS_bind, -1, nullptr, 0);
}

void goes_on() {
  attempt("thread", [] {
    std::atomic<int> ran{0};
    std::thread([&] { ran = 1; }).join();
    return ran == 1 ? 0 : -1;
  });
  attempt("own_signal", [] { return kill(getpid(), 0); });
  attempt("socketpair", [] {
    int pair[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  });
  attempt("executable_memory", [] {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
  });
  attempt("open", [] { return open("/proc/self/status", O_RDONLY); });
}

}  // namespace

int main(int, char** arguments) {
  void* const library = dlopen(arguments[1], RTLD_NOW);
  using Install = int32_t (*)(int32_t, void*);
  const auto install = reinterpret_cast<Install>(dlsym(library, "gdn_syscall_filter_install"));
  if (install == nullptr) return 2;

  // A thread that is there before the filter, and tries after it.
  std::atomic<bool> filtered{false};
  std::atomic<int> of_thread{-1};
  std::thread early([&] {
    while (!filtered) sched_yield();
    of_thread = socket(AF_NETLINK, SOCK_DGRAM, 0) < 0 ? errno : 0;
  });
  for (int pass = 0; pass < 2; ++pass) {
    forbidden();
    sockets();
    goes_on();
    if (pass == 1) break;
    char error[256] = {};
    const int32_t status = install(std::atoi(arguments[2]), error);
    std::printf("install after %d\n", status);
    std::printf("install_again after %d\n", install(std::atoi(arguments[2]), error));
    phase = "after";
  }
  filtered = true;
  early.join();
  std::printf("early_thread after %d\n", of_thread.load());
}
