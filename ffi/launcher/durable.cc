#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.hpp"

namespace gdn {
namespace {

// Written into the tree before it gets its name: the boot in which it was unpacked.
const char kBoot[] = "/boot";
// There once all files of the tree are on the disk.
const char kSynced[] = "/synced";

std::string text_of(const std::string &path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return "";
  char text[64];
  const ssize_t size = read(file, text, sizeof text);
  close(file);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

std::string this_boot() { return text_of("/proc/sys/kernel/random/boot_id"); }

}  // namespace

void mark_unpacked(const std::string &tree) {
  const std::string boot = this_boot();
  const int file = open((tree + kBoot).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) throw Fault(kExitIo, "cannot write " + tree + kBoot + ": " + errno_text(errno));
  const bool written = write(file, boot.data(), boot.size()) == static_cast<ssize_t>(boot.size());
  if (close(file) != 0 || !written) throw Fault(kExitIo, "cannot write " + tree + kBoot);
}

bool survived(const std::string &tree) {
  struct stat info;
  // Somebody began to remove it.
  if (lstat((tree + "/lock").c_str(), &info) != 0) return false;
  if (lstat((tree + kSynced).c_str(), &info) == 0) return true;
  const std::string boot = this_boot();
  return !boot.empty() && text_of(tree + kBoot) == boot;
}

void sync_tree(const std::string &tree) {
  const int folder = open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  if (syncfs(folder) == 0) {
    const int file = open((tree + kSynced).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0) close(file);
    fsync(folder);
  }
  close(folder);
}

void sync_in_background(const std::string &tree) {
  const pid_t child = fork();
  if (child < 0) return;
  if (child > 0) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  // Nobody waits for the end of these streams, and nothing removes the tree meanwhile.
  const int nothing = open("/dev/null", O_RDWR);
  for (int stream = 0; stream < 3; stream++) {
    if (nothing < 0) close(stream);
    else dup2(nothing, stream);
  }
  sync_tree(tree);
  _exit(0);
}

}  // namespace gdn
