#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <system_error>

#include "landlock.hpp"
#include "launcher.hpp"

extern char **environ;

namespace gdn {
namespace {

constexpr char kExtract[] = "--extract";

std::string own_path() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0 || static_cast<size_t>(size) >= sizeof path) {
    throw Fault(kExitIo, "cannot find its own file: /proc is not mounted");
  }
  return std::string(path, static_cast<size_t>(size));
}

std::string read_all(int file) {
  std::string out;
  char chunk[65536];
  for (;;) {
    const ssize_t count = read(file, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return out;
    out.append(chunk, static_cast<size_t>(count));
  }
}

std::vector<char *> pointers(std::vector<std::string> &arguments) {
  std::vector<char *> out;
  for (auto &argument : arguments) out.push_back(argument.data());
  out.push_back(nullptr);
  return out;
}

// What steers the runtime from outside is not passed on: only the file itself decides what it runs.
void clean_environment(const Tree &tree) {
  std::vector<std::string> names;
  for (char **entry = environ; *entry != nullptr; entry++) {
    const std::string name(*entry, strcspn(*entry, "="));
    const bool steers = name.rfind("DENO_", 0) == 0 || name.rfind("NODE_", 0) == 0 ||
                        name.rfind("LD_", 0) == 0 || name == "SSLKEYLOGFILE";
    if (steers && name != "DENO_CERT" && name != "DENO_TLS_CA_STORE") names.push_back(name);
  }
  for (const auto &name : names) unsetenv(name.c_str());
  // An unwritable folder makes the runtime keep its cache in memory.
  setenv("DENO_DIR", tree.code_cache.empty() ? "/proc/self/none" : tree.code_cache.c_str(), 1);
  setenv("DENO_NO_UPDATE_CHECK", "1", 1);
}

// The descriptor that an argument `--passphrase-fd N` or `--key-fd N` names; -1 for others.
int named_descriptor(int argc, char **argv, int at) {
  for (const char *option : {"--passphrase-fd", "--key-fd"}) {
    const size_t length = strlen(option);
    if (strncmp(argv[at], option, length) != 0) continue;
    const char *value = argv[at][length] == '=' ? argv[at] + length + 1
                        : argv[at][length] == 0 && at + 1 < argc ? argv[at + 1] : "";
    char *end = nullptr;
    const long number = strtol(value, &end, 10);
    return *value != 0 && *end == 0 && number > STDERR_FILENO && number < 1024 ? static_cast<int>(number) : -1;
  }
  return -1;
}

// A pipe or a plain file that can be read and not written.
bool is_input(int file) {
  struct stat info {};
  const int flags = fcntl(file, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && fstat(file, &info) == 0 &&
         (S_ISFIFO(info.st_mode) || S_ISREG(info.st_mode));
}

void close_between(unsigned first, unsigned last) {
  if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
  // Linux before 5.9.
  std::vector<unsigned> open_now;
  if (DIR *folder = opendir("/proc/self/fd")) {
    while (const dirent *entry = readdir(folder)) open_now.push_back(static_cast<unsigned>(atoi(entry->d_name)));
    closedir(folder);
  }
  for (const unsigned file : open_now) {
    if (file >= first && file <= last) close(static_cast<int>(file));
  }
}

// A file or socket that the caller left open would pass every wall: Landlock judges the opening alone, and native
// code needs no name for what is open. Only an input that the command line names stays.
void close_inherited(int argc, char **argv) {
  std::vector<unsigned> kept;
  for (int at = 1; at < argc; at++) {
    const int file = named_descriptor(argc, argv, at);
    if (file >= 0 && is_input(file)) kept.push_back(static_cast<unsigned>(file));
  }
  std::sort(kept.begin(), kept.end());
  unsigned first = STDERR_FILENO + 1;
  for (const unsigned file : kept) {
    if (file > first) close_between(first, file - 1);
    first = std::max(first, file + 1);
  }
  close_between(first, ~0U);
}

// The runtime panics where it cannot open its own few, and a database opens many at once (measured: 192 suffice for
// every command).
void require_open_files() {
  constexpr rlim_t kLeast = 256, kUsual = 4096;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_cur < kUsual && limit.rlim_cur < limit.rlim_max) {
    rlimit more = limit;
    more.rlim_cur = std::min(kUsual, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &more) == 0) limit = more;
  }
  if (limit.rlim_cur >= kLeast) return;
  throw Fault(kExitTemporary, "only " + std::to_string(limit.rlim_cur) + " files may be open at once, and " +
                                  std::to_string(kLeast) + " are needed: raise the limit (ulimit -n 1024)");
}

// These print and end: they need nothing that a command line could name.
bool needs_no_plan(int argc, char **argv) {
  if (argc < 2) return true;
  const char *const words[] = {"--version", "--help", "-h", "help", "completion"};
  for (const char *word : words) {
    if (strcmp(argv[1], word) == 0) return true;
  }
  return false;
}

// Asks the planner which permissions this command line needs; ends the process with its exit code where it refuses.
std::vector<std::string> plan(const std::string &runtime, const Tree &tree, int argc, char **argv) {
  std::vector<std::string> arguments = read_arguments(tree.path + "/launch/plan", tree.path);
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Fault(kExitTemporary, "no pipe: " + errno_text(errno));
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw Fault(kExitTemporary, "cannot start a process: " + errno_text(errno));
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kExitTemporary);
    dup2(ends[1], STDOUT_FILENO);
    auto list = pointers(arguments);
    execv(runtime.c_str(), list.data());
    _exit(127);
  }
  close(ends[1]);
  const std::string answer = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 127) {
    exit(WEXITSTATUS(status));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || answer.empty()) {
    throw Fault(kExitData, "cannot run " + runtime);
  }
  return split_arguments(answer);
}

// What an installation does: the folder and its name go below PREFIX/lib/gdn.
int extract(const Payload &payload, const std::string &folder) {
  if (mkdir(folder.c_str(), 0755) != 0) {
    throw Fault(kExitCannotCreate, "cannot make " + folder + ": " + errno_text(errno));
  }
  try {
    umask(022);
    if (chmod(folder.c_str(), 0755) != 0) {
      throw Fault(kExitIo, "cannot make " + folder + " readable: " + errno_text(errno));
    }
    unpack(payload, folder);
    const int lock = open((folder + "/lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0 || close(lock) != 0) {
      throw Fault(kExitIo, "cannot write into " + folder + ": " + errno_text(errno));
    }
    sync_tree(folder);
  } catch (...) {
    remove_tree(folder);
    throw;
  }
  puts(payload.tree_name.c_str());
  return 0;
}

int run(int argc, char **argv) {
  require_open_files();
  const std::string executable = own_path();
  const Payload payload = open_payload(executable);
  if (argc > 1 && strcmp(argv[1], kExtract) == 0) {
    if (argc != 3) throw Fault(kExitUsage, "--extract takes one DIR, which must not exist yet");
    return extract(payload, argv[2]);
  }
  const Tree tree = find_or_unpack(payload, executable);
  clean_environment(tree);
  const std::string runtime = tree.path + "/bin/deno";
  const bool is_question = needs_no_plan(argc, argv);
  std::vector<std::string> arguments = is_question
                                           ? read_arguments(tree.path + "/launch/base", tree.path)
                                           : plan(runtime, tree, argc, argv);
  // Before the program's own arguments are added, among which a permission would be the user's.
  if (confine(arguments, tree.path, tree.code_cache) == 0 && !is_question) {
    fputs("this kernel has no Landlock: links in the folders that are named, and native code, may lead out of them\n",
          stderr);
  }
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  auto list = pointers(arguments);
  execv(runtime.c_str(), list.data());
  throw Fault(kExitData, "cannot run " + runtime + ": " + errno_text(errno));
}

}  // namespace

std::vector<std::string> split_arguments(const std::string &bytes) {
  std::vector<std::string> out;
  size_t begin = 0;
  for (size_t end; (end = bytes.find('\0', begin)) != std::string::npos; begin = end + 1) {
    out.push_back(bytes.substr(begin, end - begin));
  }
  return out;
}

std::vector<std::string> read_arguments(const std::string &file, const std::string &root) {
  static const std::string kRoot = "{root}";
  const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    const char *remedy = errno == ENOENT ? "; remove its folder, it is unpacked again" : "";
    throw Fault(kExitData, "cannot read " + file + ": " + errno_text(errno) + remedy);
  }
  std::vector<std::string> arguments = split_arguments(read_all(opened));
  close(opened);
  for (auto &argument : arguments) {
    for (size_t at = 0; (at = argument.find(kRoot, at)) != std::string::npos; at += root.size()) {
      argument.replace(at, kRoot.size(), root);
    }
  }
  return arguments;
}

}  // namespace gdn

int main(int argc, char **argv) {
  if (argc < 1) return gdn::kExitUsage;
  const char *slash = strrchr(argv[0], '/');
  const char *name = slash == nullptr ? argv[0] : slash + 1;
  // Where the caller ignores it nobody could ask how the planner ended.
  signal(SIGCHLD, SIG_DFL);
  // A file beyond `ulimit -f` fails then with a reason, and what was begun is removed; otherwise the
  // process is killed in the middle of the write.
  signal(SIGXFSZ, SIG_IGN);
  gdn::close_inherited(argc, argv);
  try {
    return gdn::run(argc, argv);
  } catch (const gdn::Fault &fault) {
    fprintf(stderr, "%s: %s\n", name, fault.what());
    return fault.exit_code;
  } catch (const std::bad_alloc &) {
    fprintf(stderr, "%s: not enough memory to unpack or start; free some, or raise its limit\n", name);
    return gdn::kExitTemporary;
  } catch (const std::system_error &error) {
    fprintf(stderr, "%s: cannot start a thread to unpack: %s; try again when fewer run\n", name, error.what());
    return gdn::kExitTemporary;
  } catch (const std::exception &error) {
    fprintf(stderr, "%s: %s\n", name, error.what());
    return gdn::kExitData;
  }
}
