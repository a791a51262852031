#include "v4l2.h"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture.hpp"
#include "file_descriptor.hpp"
#include "grey.hpp"

namespace gdn::camera {
namespace {

constexpr int kVideoMajor = 81;
constexpr uint32_t kBuffers = 4;
constexpr int kSideMax = 20'000;
/// In order of preference where none is asked for: what need not be decoded comes first.
constexpr uint32_t kFormats[] = {fourcc_of("GREY"), fourcc_of("NV12"), fourcc_of("YUYV"),
                                 fourcc_of("UYVY"), fourcc_of("MJPG"), fourcc_of("JPEG")};

struct Request {
  int width_px, height_px, milli_fps;
  uint32_t fourcc;
};

struct Format {
  uint32_t fourcc;
  int width_px, height_px, row_bytes;
  /// 0 where the driver does not say.
  int64_t milli_fps;
};

std::string text_of(uint32_t fourcc) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(fourcc >> shift & 0x7f);
  return text;
}

std::string text_of(const Format& format) {
  return text_of(format.fourcc) + " " + std::to_string(format.width_px) + "x" + std::to_string(format.height_px) +
         (format.milli_fps == 0 ? "" : " at " + std::to_string(format.milli_fps / 1000) + "/s");
}

bool is_jpeg(uint32_t fourcc) { return fourcc == fourcc_of("MJPG") || fourcc == fourcc_of("JPEG"); }

/// /dev/video0 to /dev/video999.
bool is_camera_path(std::string_view path) {
  constexpr std::string_view kFolder = "/dev/video";
  if (path.size() <= kFolder.size() || path.size() > kFolder.size() + 3) return false;
  if (path.substr(0, kFolder.size()) != kFolder) return false;
  return std::all_of(path.begin() + kFolder.size(), path.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int open_node(const std::string& path) {
  if (!is_camera_path(path)) throw Failure(GDN_NOT_PERMITTED, "only /dev/videoN may be opened");
  const int file = open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
  if (file >= 0) return file;
  const int number = errno;
  if (number == ELOOP) throw Failure(GDN_NOT_PERMITTED, path + " is a link");
  const bool absent = number == ENOENT || number == ENODEV || number == ENXIO;
  throw Failure(absent ? GDN_NOT_FOUND : GDN_SYSTEM_FAILURE, path + ": " + std::strerror(number));
}

/// A buffer of the driver's in our memory.
class Mapping {
 public:
  Mapping(void* data, size_t bytes) : data_(data), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept : data_(std::exchange(other.data_, MAP_FAILED)), bytes_(other.bytes_) {}
  ~Mapping() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }
  const uint8_t* data() const { return static_cast<const uint8_t*>(data_); }
  int64_t bytes() const { return static_cast<int64_t>(bytes_); }

 private:
  void* data_;
  size_t bytes_;
};

class V4l2Capture : public Capture {
 public:
  V4l2Capture(std::string path, const Request& request) : path_(std::move(path)), file_(open_node(path_)) {
    require_camera();
    choose(request);
    map_buffers();
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    call(VIDIOC_STREAMON, &type, "cannot start");
  }

  ~V4l2Capture() override {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    control(VIDIOC_STREAMOFF, &type);
  }

  gdn_camera_picture read(int timeout_ms, uint8_t* out, int64_t capacity) override {
    const int64_t until_ns = now_ns() + timeout_ms * 1'000'000LL;
    gdn_camera_picture picture{};
    for (;;) {
      v4l2_buffer newest{};
      if (take_newest(newest)) {
        const Lent lent{*this, newest};
        copy(newest, out, capacity, picture);
        return picture;
      }
      const int64_t left_ns = until_ns - now_ns();
      if (left_ns <= 0) return picture;
      wait(static_cast<int>(left_ns / 1'000'000) + 1);
    }
  }

 private:
  /// A buffer that the driver gets back.
  struct Lent {
    V4l2Capture& capture;
    v4l2_buffer& buffer;
    ~Lent() { capture.control(VIDIOC_QBUF, &buffer); }
  };

  int control(unsigned long request, void* argument) {
    int result;
    do result = ioctl(file_.get(), request, argument);
    while (result < 0 && errno == EINTR);
    return result;
  }

  [[noreturn]] void fail(const char* what, int number) {
    const bool gone = number == ENODEV || number == ENXIO;
    throw Failure(gone ? GDN_NOT_FOUND : GDN_SYSTEM_FAILURE, path_ + " " + what + ": " + std::strerror(number));
  }

  void call(unsigned long request, void* argument, const char* what) {
    if (control(request, argument) < 0) fail(what, errno);
  }

  void require_camera() {
    struct stat info {};
    if (fstat(file_.get(), &info) != 0) fail("cannot be looked at", errno);
    if (!S_ISCHR(info.st_mode) || major(info.st_rdev) != kVideoMajor)
      throw Failure(GDN_NOT_PERMITTED, path_ + " is no node of a camera");
    v4l2_capability is{};
    call(VIDIOC_QUERYCAP, &is, "does not say what it is");
    const uint32_t has = is.capabilities & V4L2_CAP_DEVICE_CAPS ? is.device_caps : is.capabilities;
    if (has & V4L2_CAP_VIDEO_CAPTURE && has & V4L2_CAP_STREAMING) return;
    const bool planes = has & V4L2_CAP_VIDEO_CAPTURE_MPLANE;
    throw BadData(path_ + (planes ? " gives pictures in several planes only, which GStreamer (v4l2src) reads"
                                  : " gives no pictures; a camera may have several nodes: try the others"));
  }

  /// What the driver makes of this wish.
  Format set(uint32_t fourcc, const Request& request) {
    v4l2_format wish{};
    wish.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    auto& pix = wish.fmt.pix;
    pix.width = static_cast<uint32_t>(request.width_px);
    pix.height = static_cast<uint32_t>(request.height_px);
    pix.pixelformat = fourcc;
    pix.field = V4L2_FIELD_NONE;
    call(VIDIOC_S_FMT, &wish, "takes no format");
    if (pix.width > kSideMax || pix.height > kSideMax || pix.bytesperline > 16 * kSideMax)
      throw BadData(path_ + " says that its pictures are larger than any camera's");
    Format format{pix.pixelformat, static_cast<int>(pix.width), static_cast<int>(pix.height),
                  static_cast<int>(pix.bytesperline), 0};
    const Luma* luma = luma_of(format.fourcc);
    if (luma != nullptr) format.row_bytes = std::max(format.row_bytes, format.width_px * luma->step);
    v4l2_streamparm rate{};
    rate.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    rate.parm.capture.timeperframe = {1000, static_cast<uint32_t>(request.milli_fps)};
    const auto& period = rate.parm.capture.timeperframe;
    // Many a driver has no rate to set: then it gives what it gives.
    if (control(VIDIOC_S_PARM, &rate) == 0 && period.numerator > 0)
      format.milli_fps = static_cast<int64_t>(period.denominator) * 1000 / period.numerator;
    return format;
  }

  void choose(const Request& request) {
    std::string offers;
    const Format* best = nullptr;
    std::vector<Format> fitting;
    for (const uint32_t fourcc : kFormats) {
      if (request.fourcc != 0 && request.fourcc != fourcc) continue;
      const Format format = set(fourcc, request);
      const bool fits = format.fourcc == fourcc && format.width_px == request.width_px &&
                        format.height_px == request.height_px;
      if (fits) fitting.push_back(format);
      else if (offers.find(text_of(format)) == std::string::npos) offers += (offers.empty() ? "" : ", ") + text_of(format);
      // A rate that is not told is taken for the one asked for.
      const bool fast = format.milli_fps == 0 || format.milli_fps >= request.milli_fps * 9LL / 10;
      if (fits && fast) break;
    }
    for (const Format& format : fitting) {
      const bool faster = best != nullptr && format.milli_fps > best->milli_fps;
      const bool fast = format.milli_fps == 0 || format.milli_fps >= request.milli_fps * 9LL / 10;
      if (best == nullptr || faster || fast) best = &format;
    }
    if (best == nullptr) {
      throw BadData(path_ + " has no " + std::to_string(request.width_px) + "x" + std::to_string(request.height_px) +
                    (request.fourcc == 0 ? "" : " " + text_of(request.fourcc)) + "; it answers " + offers);
    }
    format_ = set(best->fourcc, request);
  }

  void map_buffers() {
    v4l2_requestbuffers wish{};
    wish.count = kBuffers;
    wish.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    wish.memory = V4L2_MEMORY_MMAP;
    call(VIDIOC_REQBUFS, &wish, "gives no buffers");
    if (wish.count < 2) throw Failure(GDN_SYSTEM_FAILURE, path_ + " gives too few buffers");
    for (uint32_t index = 0; index < wish.count; index++) {
      v4l2_buffer buffer = numbered(index);
      call(VIDIOC_QUERYBUF, &buffer, "does not say where a buffer is");
      void* data = mmap(nullptr, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), buffer.m.offset);
      if (data == MAP_FAILED) fail("cannot be mapped", errno);
      buffers_.emplace_back(data, buffer.length);
      call(VIDIOC_QBUF, &buffer, "takes no buffer");
    }
  }

  static v4l2_buffer numbered(uint32_t index) {
    v4l2_buffer buffer{};
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer.memory = V4L2_MEMORY_MMAP;
    buffer.index = index;
    return buffer;
  }

  void wait(int timeout_ms) {
    pollfd waiting{file_.get(), POLLIN, 0};
    if (poll(&waiting, 1, timeout_ms) < 0 && errno != EINTR) fail("cannot be waited for", errno);
    // What is gone, or has no buffer of ours, is always "ready".
    if (waiting.revents & (POLLERR | POLLHUP | POLLNVAL)) {
      throw Failure(GDN_NOT_FOUND, path_ + " was unplugged, or has stopped");
    }
  }

  /// Everything that is ready is taken, and all but the newest goes back to the driver.
  bool take_newest(v4l2_buffer& newest) {
    bool found = false;
    for (;;) {
      v4l2_buffer buffer = numbered(0);
      if (control(VIDIOC_DQBUF, &buffer) < 0) {
        if (errno == EAGAIN) return found;
        const int number = errno;
        if (found) control(VIDIOC_QBUF, &newest);
        fail("gives no picture", number);
      }
      if (buffer.index >= buffers_.size()) throw Failure(GDN_SYSTEM_FAILURE, path_ + " gives a buffer that it has not");
      // A picture that the driver knows to be damaged is a gap in its numbers.
      if (buffer.flags & V4L2_BUF_FLAG_ERROR || buffer.bytesused == 0) {
        control(VIDIOC_QBUF, &buffer);
        continue;
      }
      if (found) control(VIDIOC_QBUF, &newest);
      newest = buffer;
      found = true;
    }
  }

  void copy(const v4l2_buffer& buffer, uint8_t* out, int64_t capacity, gdn_camera_picture& picture) {
    const Mapping& mapping = buffers_[buffer.index];
    const uint8_t* data = mapping.data();
    const int64_t used = std::min<int64_t>(buffer.bytesused, mapping.bytes());
    picture.sequence = buffer.sequence;
    stamp(buffer, picture);
    if (is_jpeg(format_.fourcc)) {
      picture.kind = GDN_PICTURE_JPEG;
      picture.bytes = used;
      if (used <= capacity) std::memcpy(out, data, static_cast<size_t>(used));
    } else {
      copy_grey(data, used, out, capacity, picture);
    }
    picture.complete_ns = now_ns();
  }

  void copy_grey(const uint8_t* data, int64_t used, uint8_t* out, int64_t capacity, gdn_camera_picture& picture) {
    const auto [fourcc, width, height, row_bytes, _] = format_;
    const Luma* luma = luma_of(fourcc);
    if (luma == nullptr) throw BadData(path_ + " has changed its format");
    const int64_t needed = luma_bytes(*luma, width, height, row_bytes);
    if (used < needed) {
      throw BadData(path_ + " gives " + std::to_string(used) + " bytes of " + text_of(format_) + ", which has " +
                    std::to_string(needed));
    }
    picture.kind = GDN_PICTURE_GREY;
    picture.width_px = width;
    picture.height_px = height;
    picture.bytes = static_cast<int64_t>(width) * height;
    if (picture.bytes <= capacity) to_grey(*luma, data, width, height, row_bytes, out);
  }

  /// Stamps of another clock say nothing here.
  static void stamp(const v4l2_buffer& buffer, gdn_camera_picture& picture) {
    if ((buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) return;
    const bool begins = (buffer.flags & V4L2_BUF_FLAG_TSTAMP_SRC_MASK) == V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
    picture.stamp = begins ? GDN_STAMP_EXPOSURE : GDN_STAMP_END;
    picture.stamp_ns = buffer.timestamp.tv_sec * 1'000'000'000LL + buffer.timestamp.tv_usec * 1000LL;
  }

  const std::string path_;
  const FileDescriptor file_;
  Format format_{};
  std::vector<Mapping> buffers_;
};

}  // namespace
}  // namespace gdn::camera

int32_t gdn_v4l2_open(const char* path, int64_t path_bytes, int32_t width_px, int32_t height_px,
                      int32_t milli_fps, uint32_t fourcc, uint64_t* handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(path != nullptr && path_bytes > 0 && path_bytes < 64, "the path is empty or too long");
    gdn::require(width_px > 0 && width_px <= gdn::camera::kSideMax && height_px > 0 &&
                     height_px <= gdn::camera::kSideMax && milli_fps > 0,
                 "size and rate must be positive");
    gdn::require(handle != nullptr, "handle must be given");
    const gdn::camera::Request request{width_px, height_px, milli_fps, fourcc};
    *handle = gdn::camera::keep(
        std::make_shared<gdn::camera::V4l2Capture>(std::string(path, static_cast<size_t>(path_bytes)), request));
  });
}
