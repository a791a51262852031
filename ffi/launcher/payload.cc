#include <fcntl.h>
#include <sha2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include "launcher.hpp"

namespace gdn {
namespace {

// The last bytes of the file, written by tasks/compile/container.ts:
// magic[8] program[24, zero padded] payload_size[u64 little endian] sha256[32].
constexpr char kMagic[] = "GDNBUNDL";
constexpr size_t kProgramBytes = 24;
constexpr size_t kTrailerBytes = 8 + kProgramBytes + 8 + 32;
constexpr size_t kBlock = 512;

const char kDamaged[] =
    "this file is damaged or cut: copy it again, or compare it with SHA256SUMS of the release";

// Reads a tar stream as it comes: files and folders of ustar, in any chunks.
class Unpacker {
 public:
  explicit Unpacker(std::string folder) : folder_(std::move(folder)) {}
  ~Unpacker() {
    if (file_ >= 0) close(file_);
  }

  void take(const uint8_t *bytes, size_t size) {
    while (size > 0) {
      if (left_ > 0) {
        const size_t count = size < left_ ? size : left_;
        write_file(bytes, count);
        advance(&bytes, &size, count);
        left_ -= count;
        if (left_ == 0) close_file();
      } else if (padding_ > 0) {
        const size_t count = size < padding_ ? size : padding_;
        advance(&bytes, &size, count);
        padding_ -= count;
      } else {
        const size_t count = std::min(size, kBlock - header_size_);
        memcpy(header_ + header_size_, bytes, count);
        advance(&bytes, &size, count);
        header_size_ += count;
        if (header_size_ == kBlock) entry();
      }
    }
  }

  bool complete() const { return ended_ && left_ == 0 && header_size_ == 0; }

 private:
  static void advance(const uint8_t **bytes, size_t *size, size_t count) {
    *bytes += count;
    *size -= count;
  }

  void entry() {
    header_size_ = 0;
    if (header_[0] == 0) {
      ended_ = true;
      return;
    }
    ended_ = false;
    const std::string prefix(header_ + 345, strnlen(header_ + 345, 155));
    const std::string name(header_, strnlen(header_, 100));
    const std::string path = prefix.empty() ? name : prefix + "/" + name;
    if (path[0] == '/' || ("/" + path + "/").find("/../") != std::string::npos) {
      throw Fault(kExitData, kDamaged);
    }
    const auto mode = static_cast<mode_t>(strtoul(std::string(header_ + 100, 8).c_str(), nullptr, 8));
    left_ = strtoull(std::string(header_ + 124, 12).c_str(), nullptr, 8);
    padding_ = (kBlock - left_ % kBlock) % kBlock;
    path_ = folder_ + "/" + path;
    if (header_[156] == '5') {
      if (mkdir(path_.c_str(), 0755) != 0) fail();
      return;
    }
    file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0755);
    if (file_ < 0) fail();
    fchmod(file_, mode & 0755);
    if (left_ == 0) close_file();
  }

  void write_file(const uint8_t *bytes, size_t count) {
    while (count > 0) {
      const ssize_t written = write(file_, bytes, count);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail();
      bytes += written;
      count -= static_cast<size_t>(written);
    }
  }

  void close_file() {
    const int file = file_;
    file_ = -1;
    if (close(file) != 0) fail();
  }

  [[noreturn]] void fail() {
    const std::string remedy = errno == ENOSPC || errno == EDQUOT
                                   ? "; free about 300 MB there, or name another folder in GDN_CACHE"
                                   : "";
    throw Fault(kExitIo, "cannot write " + path_ + ": " + errno_text(errno) + remedy);
  }

  std::string folder_, path_;
  char header_[kBlock] = {};
  size_t header_size_ = 0, padding_ = 0;
  uint64_t left_ = 0;
  int file_ = -1;
  bool ended_ = false;
};

bool hash_is_right(const Payload &payload) {
  SHA2_CTX context;
  uint8_t found[32];
  SHA256Init(&context);
  SHA256Update(&context, payload.bytes, payload.size);
  SHA256Final(found, &context);
  return memcmp(found, payload.sha256, 32) == 0;
}

void decompress(const Payload &payload, const std::string &folder) {
  Unpacker unpacker(folder);
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx *)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (context == nullptr) throw std::bad_alloc();
  // A long window makes the payload smaller than zstd's default limit for decoding allows.
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);
  std::vector<uint8_t> out(1 << 20);
  ZSTD_inBuffer in{payload.bytes, payload.size, 0};
  size_t more = 0;
  while (in.pos < in.size || more > 0) {
    ZSTD_outBuffer room{out.data(), out.size(), 0};
    const size_t before = in.pos;
    more = ZSTD_decompressStream(context.get(), &room, &in);
    if (ZSTD_getErrorCode(more) == ZSTD_error_memory_allocation) throw std::bad_alloc();
    if (ZSTD_isError(more)) throw Fault(kExitData, kDamaged);
    if (room.pos == 0 && in.pos == before) break;
    unpacker.take(out.data(), room.pos);
  }
  if (!unpacker.complete()) throw Fault(kExitData, kDamaged);
}

}  // namespace

std::string errno_text(int error) { return strerror(error); }

Payload open_payload(const std::string &path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0) {
    throw Fault(kExitIo, "cannot read its own file " + path + ": " + errno_text(errno));
  }
  const auto size = static_cast<size_t>(info.st_size);
  if (size < kTrailerBytes) throw Fault(kExitData, kDamaged);
  void *mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (mapped == MAP_FAILED) {
    if (errno == ENOMEM) throw std::bad_alloc();
    throw Fault(kExitIo, "cannot read its own file " + path + ": " + errno_text(errno));
  }
  const auto *bytes = static_cast<const uint8_t *>(mapped);
  const uint8_t *trailer = bytes + size - kTrailerBytes;
  uint64_t payload_size = 0;
  for (int i = 7; i >= 0; i--) payload_size = payload_size << 8 | trailer[8 + kProgramBytes + i];
  if (memcmp(trailer, kMagic, 8) != 0 || payload_size > size - kTrailerBytes) {
    throw Fault(kExitData, kDamaged);
  }
  Payload payload;
  payload.size = payload_size;
  payload.bytes = trailer - payload_size;
  memcpy(payload.sha256, trailer + kTrailerBytes - 32, 32);
  const char *program = reinterpret_cast<const char *>(trailer + 8);
  payload.program.assign(program, strnlen(program, kProgramBytes));
  static const char kHex[] = "0123456789abcdef";
  payload.tree_name = payload.program + "-";
  // 128 bits tell builds apart; the whole hash is compared when it is unpacked.
  for (int i = 0; i < 16; i++) {
    payload.tree_name += kHex[payload.sha256[i] >> 4];
    payload.tree_name += kHex[payload.sha256[i] & 15];
  }
  return payload;
}

void unpack(const Payload &payload, const std::string &folder) {
  bool right = false;
  // Beside the unpacking: the folder gets its name only when both are done.
  std::thread hash([&] { right = hash_is_right(payload); });
  try {
    decompress(payload, folder);
  } catch (...) {
    hash.join();
    throw;
  }
  hash.join();
  if (!right) throw Fault(kExitData, kDamaged);
}

}  // namespace gdn
