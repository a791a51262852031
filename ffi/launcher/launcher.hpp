// The launcher of the portable executables: unpacks what is appended to its own file once, and hands
// over to the runtime inside, under exactly the permissions that the command line needs.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace gdn {

// Exit codes of sysexits.h, as the programs themselves use them.
constexpr int kExitUsage = 64;
constexpr int kExitData = 70;         // the file itself is damaged
constexpr int kExitCannotCreate = 73; // no place to unpack to
constexpr int kExitIo = 74;           // the disk is full or failed
constexpr int kExitTemporary = 75;

struct Fault : std::runtime_error {
  Fault(int code, const std::string &message) : std::runtime_error(message), exit_code(code) {}
  int exit_code;
};

// "No such file or directory" for errno.
std::string errno_text(int error);

// What is appended to the executable: [launcher][payload][trailer].
struct Payload {
  const uint8_t *bytes = nullptr;
  size_t size = 0;
  uint8_t sha256[32] = {};
  // "airborne-0123456789abcdef…": program and hash, the name of the unpacked folder.
  std::string tree_name;
  std::string program;
};

// The payload of the executable at `path`, mapped into memory; throws Fault.
Payload open_payload(const std::string &path);

// Writes everything below `folder`, which exists and is empty. Throws Fault where the payload is not what
// was built (its hash differs) or cannot be written.
void unpack(const Payload &payload, const std::string &folder);

// The folder of the unpacked payload with a shared lock that lasts as long as the process does: found
// where it was unpacked before or installed, else unpacked now. Throws Fault.
struct Tree {
  std::string path;
  // Where the runtime may keep compiled code; empty where no place can be written.
  std::string code_cache;
};
Tree find_or_unpack(const Payload &payload, const std::string &executable);

// Writing 250 MB through to the disk takes longer than all else of a first start, so that it happens beside
// the program. Until then the tree is good for this boot: what a power cut leaves of it is unpacked again.
void mark_unpacked(const std::string &tree);
void sync_in_background(const std::string &tree);
// All of the tree and a mark that says so.
void sync_tree(const std::string &tree);
// Whether the tree is whole, as far as can be told: written through, or unpacked since this machine started, and
// not being removed.
bool survived(const std::string &tree);

// Whether `folder` belongs to this user or root, nobody else can write it, and permissions can name it. `why` says
// what is wrong.
bool is_trusted_folder(const std::string &folder, std::string *why);

// Makes a folder with its parents, mode 0755; false with errno.
bool make_folders(const std::string &folder);
void remove_tree(const std::string &folder);

// Arguments that end with NUL each; in a file `{root}` stands for the unpacked folder.
std::vector<std::string> split_arguments(const std::string &bytes);
std::vector<std::string> read_arguments(const std::string &file, const std::string &root);

}  // namespace gdn
