#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "launcher.hpp"

namespace gdn {
namespace {

const char kLock[] = "/lock";

std::string variable(const char *name) {
  const char *value = getenv(name);
  return value == nullptr ? "" : value;
}

std::string parent_of(const std::string &path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// Folders and files are made for every user to read, whatever the caller's mask; the program gets that again.
class ReadableByAll {
 public:
  ReadableByAll() : before_(umask(022)) {}
  ReadableByAll(const ReadableByAll &) = delete;
  ReadableByAll &operator=(const ReadableByAll &) = delete;
  ~ReadableByAll() { umask(before_); }

 private:
  mode_t before_;
};

// The folder itself, for its name without links: somebody who may change one of the folders on the way to it
// could exchange a tree after it was looked at. False with the reason.
bool leads_through_trusted(const std::string &folder, std::string *why) {
  for (std::string parent = folder; parent != "/";) {
    parent = parent_of(parent);
    struct stat info;
    if (stat(parent.c_str(), &info) != 0) {
      *why = errno_text(errno);
      return false;
    }
    const bool is_group_of_user = info.st_gid == getegid() || info.st_gid == 0;
    const mode_t foreign = is_group_of_user ? 002 : 022;
    if (info.st_uid != geteuid() && info.st_uid != 0) {
      *why = parent + " belongs to another user, who could exchange what is below";
    } else if ((info.st_mode & foreign) != 0 && (info.st_mode & S_ISVTX) == 0) {
      *why = "others can write " + parent + ", and exchange what is below";
    } else {
      continue;
    }
    return false;
  }
  return true;
}

// The path without links; as it is where it leads nowhere.
std::string resolved(const std::string &path) {
  char *found = realpath(path.c_str(), nullptr);
  if (found == nullptr) return path;
  const std::string real = found;
  free(found);
  return real;
}

// Caches in the order in which they are tried. GDN_CACHE alone where it is set.
std::vector<std::string> cache_folders() {
  const std::string own = variable("GDN_CACHE");
  if (!own.empty()) return {own};
  std::vector<std::string> folders;
  const std::string xdg = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (!xdg.empty() && xdg[0] == '/') folders.push_back(xdg + "/gdn");
  if (!home.empty() && home[0] == '/') folders.push_back(home + "/.cache/gdn");
  folders.push_back("/var/cache/gdn");
  const std::string temporary = variable("TMPDIR");
  const std::string user = "/gdn-" + std::to_string(geteuid());
  folders.push_back((temporary.empty() || temporary[0] != '/' ? "/tmp" : temporary) + user);
  return folders;
}

// A shared lock keeps others from removing the folder. It is inherited by the runtime, so that it lasts
// until the program ends.
bool lock_shared(const std::string &tree) {
  const std::string path = tree + kLock;
  const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW);
  if (file < 0) return false;
  struct stat locked, there;
  // Somebody may have removed the folder between the two calls.
  if (flock(file, LOCK_SH | LOCK_NB) == 0 && fstat(file, &locked) == 0 &&
      stat(path.c_str(), &there) == 0 && locked.st_ino == there.st_ino) {
    return true;
  }
  close(file);
  return false;
}

bool use_existing(const std::string &tree, bool is_in_cache) {
  struct stat info;
  if (lstat(tree.c_str(), &info) != 0) return false;
  std::string why;
  if (!is_trusted_folder(tree, &why) || (is_in_cache && !leads_through_trusted(tree, &why))) {
    fprintf(stderr, "not used: %s: %s\n", tree.c_str(), why.c_str());
    return false;
  }
  return lock_shared(tree);
}

// Half of a tree that a power cut left is set aside, so that it is unpacked again.
void remove_unless_survived(const std::string &tree, const std::string &cache) {
  struct stat info;
  std::string why;
  if (lstat(tree.c_str(), &info) != 0 || !is_trusted_folder(tree, &why) || survived(tree)) return;
  const std::string aside = cache + "/.new-half-" + std::to_string(getpid());
  if (rename(tree.c_str(), aside.c_str()) == 0) remove_tree(aside);
}

// Of a folder that an interrupted removal left without its lock.
bool is_abandoned(const std::string &path) {
  struct stat info;
  return errno == ENOENT && lstat(path.c_str(), &info) == 0 && time(nullptr) - info.st_ctime > 3600;
}

// Folders of earlier versions and of unpackings that were interrupted, unless somebody uses them.
void remove_unused(const std::string &cache, const Payload &payload) {
  DIR *folder = opendir(cache.c_str());
  if (folder == nullptr) return;
  const std::string own = payload.program + "-", temporary = ".new-" + own;
  while (const dirent *entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name == payload.tree_name) continue;
    if (name.rfind(own, 0) != 0 && name.rfind(temporary, 0) != 0) continue;
    const std::string path = cache + "/" + name;
    const int lock = open((path + kLock).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0) {
      if (name.rfind(temporary, 0) == 0 && is_abandoned(path)) remove_tree(path);
      continue;
    }
    // Renamed first: nobody starts from half a folder.
    const std::string aside = cache + "/" + temporary + "gone-" + std::to_string(getpid());
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
      if (name.rfind(temporary, 0) == 0) remove_tree(path);
      else if (rename(path.c_str(), aside.c_str()) == 0) remove_tree(aside);
    }
    close(lock);
  }
  closedir(folder);
}

// Makes a private folder beside the place, unpacks, and renames: others see all of it or nothing.
void unpack_into(const std::string &cache, const Payload &payload) {
  std::string temporary = cache + "/.new-" + payload.program + "-XXXXXX";
  if (mkdtemp(temporary.data()) == nullptr) {
    const int code = errno == ENOSPC || errno == EDQUOT ? kExitIo : kExitCannotCreate;
    throw Fault(code, "cannot unpack into " + cache + ": " + errno_text(errno));
  }
  const ReadableByAll mask;
  try {
    const int lock = open((temporary + kLock).c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (lock < 0) throw Fault(kExitIo, "cannot write into " + temporary + ": " + errno_text(errno));
    // Shared, as that of every user: what has just got its name can be used at once.
    flock(lock, LOCK_SH);
    unpack(payload, temporary);
    chmod(temporary.c_str(), 0755);
    mark_unpacked(temporary);
    const std::string tree = cache + "/" + payload.tree_name;
    const bool renamed = rename(temporary.c_str(), tree.c_str()) == 0;
    const int error = errno;
    close(lock);
    if (renamed) return;
    remove_tree(temporary);
    // Somebody else was faster: theirs is the same.
    if (error == EEXIST || error == ENOTEMPTY) return;
    throw Fault(kExitIo, "cannot rename " + temporary + ": " + errno_text(error));
  } catch (...) {
    remove_tree(temporary);
    throw;
  }
}

// Empty where this user can unpack and run programs there; else the reason. `cache` is made, and loses its links.
std::string reason_against(std::string &cache) {
  if (!make_folders(cache)) return errno_text(errno);
  cache = resolved(cache);
  std::string why;
  if (!is_trusted_folder(cache, &why) || !leads_through_trusted(cache, &why)) return why;
  if (access(cache.c_str(), W_OK | X_OK) != 0) return errno_text(errno);
  struct statvfs info;
  if (statvfs(cache.c_str(), &info) == 0 && (info.f_flag & ST_NOEXEC) != 0) {
    return "programs may not be run from it (mounted noexec)";
  }
  return "";
}

std::string writable_code_cache(const std::vector<std::string> &caches) {
  for (std::string cache : caches) {
    const std::string reason = reason_against(cache), folder = cache + "/compiled";
    std::string why;
    if (reason.empty() && make_folders(folder) && is_trusted_folder(folder, &why)) {
      return folder;
    }
  }
  return "";
}

}  // namespace

bool is_trusted_folder(const std::string &folder, std::string *why) {
  struct stat info;
  if (folder.find(',') != std::string::npos) {
    *why = "the runtime's lists of permissions cannot hold a name with a comma";
  } else if (lstat(folder.c_str(), &info) != 0) {
    *why = errno_text(errno);
  } else if (!S_ISDIR(info.st_mode)) {
    *why = "it is not a folder";
  } else if (info.st_uid != geteuid() && info.st_uid != 0) {
    *why = "it belongs to another user";
  } else if ((info.st_mode & 022) != 0) {
    *why = "others can write it";
  } else {
    return true;
  }
  return false;
}

bool make_folders(const std::string &folder) {
  struct stat info;
  if (stat(folder.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return true;
    errno = ENOTDIR;
    return false;
  }
  if (folder == "/" || !make_folders(parent_of(folder))) return false;
  return mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST;
}

void remove_tree(const std::string &folder) {
  DIR *open_folder = opendir(folder.c_str());
  if (open_folder != nullptr) {
    while (const dirent *entry = readdir(open_folder)) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      const std::string path = folder + "/" + name;
      if (unlink(path.c_str()) != 0 && (errno == EISDIR || errno == EPERM)) remove_tree(path);
    }
    closedir(open_folder);
  }
  rmdir(folder.c_str());
}

Tree find_or_unpack(const Payload &payload, const std::string &executable) {
  const std::vector<std::string> caches = cache_folders();
  std::vector<std::string> places = {parent_of(parent_of(executable)) + "/lib/gdn"};
  places.insert(places.end(), caches.begin(), caches.end());
  for (const auto &named : places) {
    // An installation wrote its tree through itself, and lies beside the executable, which is trusted as much.
    const bool is_cache = &named != &places.front();
    const std::string place = is_cache ? resolved(named) : named;
    const std::string tree = place + "/" + payload.tree_name;
    if (is_cache) remove_unless_survived(tree, place);
    if (use_existing(tree, is_cache)) return {tree, writable_code_cache(caches)};
  }
  // The launcher of a package: its tree was installed beside it, and it carries none.
  if (payload.size == 0) {
    throw Fault(kExitData, "the rest of the program, " + places.front() + "/" + payload.tree_name +
                               ", is missing or can be written by others; install the package again");
  }
  std::string reasons;
  for (std::string cache : caches) {
    const std::string reason = reason_against(cache);
    if (!reason.empty()) {
      reasons += "\n  " + cache + ": " + reason;
      continue;
    }
    const std::string tree = cache + "/" + payload.tree_name;
    struct stat info;
    if (lstat(tree.c_str(), &info) == 0) {
      reasons += "\n  " + tree + ": it is there and cannot be used; remove it";
      continue;
    }
    unpack_into(cache, payload);
    remove_unused(cache, payload);
    sync_in_background(tree);
    if (use_existing(tree, true)) return {tree, writable_code_cache({cache})};
  }
  throw Fault(kExitCannotCreate,
              "there is no place to unpack to; name a folder of your own in GDN_CACHE, or install "
              "the package" + reasons);
}

}  // namespace gdn
