// A double of a V4L2 camera at /dev/video7, to be preloaded: no machine of the tests has a camera, and a
// container cannot load vivid or v4l2loopback. It answers the calls of the C library that ffi/camera makes;
// what it does comes from the environment:
//
//   V4L2_FORMATS  "YUYV:5,MJPG:30": formats with the pictures a second that each gives at most
//   V4L2_SIZE     "64x48": the one size that it has
//   V4L2_PADDING  bytes behind each row
//   V4L2_JPEG     file whose bytes its JPEG pictures are, with the picture's number in the last byte
//   V4L2_STAMP    start, end, unknown, future, backwards
//   V4L2_UNPLUG   "8:3": after 8 pictures it is gone, and again there at the third try to open it
//   V4L2_DAMAGED  every so many pictures one is marked as damaged
//   V4L2_SHORT    bytes that each picture lacks
//   V4L2_KIND     output, planes: a node that gives no such pictures; file: no node of a camera
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr char kPath[] = "/dev/video7";
constexpr int64_t kPeriodNs = 10'000'000;
constexpr uint32_t kBuffers = 4;

struct Camera {
  int file = -1;
  uint32_t fourcc = 0, width = 0, height = 0, row = 0;
  bool streams = false;
  int64_t next_ns = 0;
  uint32_t sequence = 0;
  std::vector<uint32_t> queue;
} camera;
int pictures_ever = 0, tries_since_unplugged = 0;
bool unplugged = false;

std::string setting(const char* name, const char* otherwise = "") {
  const char* text = getenv(name);
  return text == nullptr ? otherwise : text;
}
int number(const char* name) { return std::atoi(setting(name, "0").c_str()); }

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

uint32_t fourcc_of(const std::string& text) { return v4l2_fourcc(text[0], text[1], text[2], text[3]); }
bool is_jpeg() { return camera.fourcc == fourcc_of("MJPG"); }
/// Of a buffer; they begin at whole pages.
uint32_t length() { return (camera.row * camera.height * 2 + 4095) & ~4095u; }

/// 0 where it has no such format.
uint32_t rate_of(uint32_t fourcc) {
  const std::string formats = setting("V4L2_FORMATS");
  for (size_t at = 0; at + 4 < formats.size(); at = formats.find(',', at) + 1) {
    if (fourcc_of(formats.substr(at, 4)) == fourcc) return static_cast<uint32_t>(std::atoi(formats.c_str() + at + 5));
    if (formats.find(',', at) == std::string::npos) break;
  }
  return 0;
}

std::vector<uint8_t> picture(uint32_t sequence) {
  if (is_jpeg()) {
    std::ifstream file(setting("V4L2_JPEG"), std::ios::binary);
    std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
    bytes.push_back(static_cast<uint8_t>(sequence));
    return bytes;
  }
  const bool packed = camera.fourcc == fourcc_of("YUYV") || camera.fourcc == fourcc_of("UYVY");
  const uint32_t step = packed ? 2 : 1, offset = camera.fourcc == fourcc_of("UYVY") ? 1 : 0;
  std::vector<uint8_t> bytes(camera.row * camera.height, 0xee);
  for (uint32_t y = 0; y < camera.height; y++) {
    for (uint32_t x = 0; x < camera.width; x++)
      bytes[y * camera.row + x * step + offset] = static_cast<uint8_t>(x + 2 * y + 7 * sequence);
  }
  if (camera.fourcc == fourcc_of("NV12")) bytes.insert(bytes.end(), bytes.size() / 2, 0x80);
  return bytes;
}

void plug() {
  const std::string unplug = setting("V4L2_UNPLUG");
  if (unplug.empty() || pictures_ever < std::atoi(unplug.c_str()) || tries_since_unplugged > 0) return;
  unplugged = true;
}

int fill(v4l2_buffer* buffer) {
  plug();
  if (unplugged) return ENODEV;
  if (camera.queue.empty() || now_ns() < camera.next_ns) return EAGAIN;
  const uint32_t sequence = camera.sequence++;
  pictures_ever++;
  camera.next_ns += kPeriodNs;
  buffer->index = camera.queue.front();
  camera.queue.erase(camera.queue.begin());
  auto bytes = picture(sequence);
  bytes.resize(bytes.size() - std::min<size_t>(bytes.size(), static_cast<size_t>(number("V4L2_SHORT"))));
  if (pwrite(camera.file, bytes.data(), bytes.size(), buffer->index * length()) < 0) return EIO;
  buffer->bytesused = static_cast<uint32_t>(bytes.size());
  buffer->length = length();
  buffer->sequence = sequence;
  buffer->flags = 0;
  const int damaged = number("V4L2_DAMAGED");
  if (damaged > 0 && sequence % static_cast<uint32_t>(damaged) == 1) buffer->flags |= V4L2_BUF_FLAG_ERROR;
  const std::string stamp = setting("V4L2_STAMP", "start");
  if (stamp != "unknown") buffer->flags |= V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  if (stamp == "start") buffer->flags |= V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
  int64_t taken_ns = now_ns() - 4'000'000;
  if (stamp == "future") taken_ns += 3'000'000'000;
  if (stamp == "backwards" && sequence % 2 == 1) taken_ns -= 60'000'000'000;
  buffer->timestamp = {taken_ns / 1'000'000'000, taken_ns % 1'000'000'000 / 1000};
  return 0;
}

int answer(unsigned long request, void* argument) {
  if (unplugged) return ENODEV;
  switch (request) {
    case VIDIOC_QUERYCAP: {
      const std::string kind = setting("V4L2_KIND");
      auto* is = static_cast<v4l2_capability*>(argument);
      is->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      is->device_caps = V4L2_CAP_STREAMING | (kind == "output"   ? V4L2_CAP_META_CAPTURE
                                              : kind == "planes" ? V4L2_CAP_VIDEO_CAPTURE_MPLANE
                                                                 : V4L2_CAP_VIDEO_CAPTURE);
      return 0;
    }
    case VIDIOC_S_FMT: {
      if (camera.streams) return EBUSY;
      auto& pix = static_cast<v4l2_format*>(argument)->fmt.pix;
      // A driver changes what it does not have.
      if (rate_of(pix.pixelformat) == 0) pix.pixelformat = fourcc_of(setting("V4L2_FORMATS").substr(0, 4));
      const std::string size = setting("V4L2_SIZE");
      pix.width = static_cast<uint32_t>(std::atoi(size.c_str()));
      pix.height = static_cast<uint32_t>(std::atoi(size.c_str() + size.find('x') + 1));
      const bool packed = pix.pixelformat == fourcc_of("YUYV") || pix.pixelformat == fourcc_of("UYVY");
      pix.bytesperline = pix.width * (packed ? 2 : 1) + static_cast<uint32_t>(number("V4L2_PADDING"));
      camera.fourcc = pix.pixelformat;
      camera.width = pix.width;
      camera.height = pix.height;
      camera.row = pix.bytesperline;
      // A JPEG has no rows.
      if (is_jpeg()) pix.bytesperline = 0;
      return 0;
    }
    case VIDIOC_S_PARM: {
      auto& period = static_cast<v4l2_streamparm*>(argument)->parm.capture.timeperframe;
      period = {1, std::min(rate_of(camera.fourcc), period.denominator / period.numerator)};
      return 0;
    }
    case VIDIOC_REQBUFS:
      static_cast<v4l2_requestbuffers*>(argument)->count = kBuffers;
      return ftruncate(camera.file, kBuffers * length()) == 0 ? 0 : errno;
    case VIDIOC_QUERYBUF: {
      auto* buffer = static_cast<v4l2_buffer*>(argument);
      buffer->length = length();
      buffer->m.offset = buffer->index * length();
      return 0;
    }
    case VIDIOC_QBUF:
      camera.queue.push_back(static_cast<v4l2_buffer*>(argument)->index);
      return 0;
    case VIDIOC_DQBUF:
      return fill(static_cast<v4l2_buffer*>(argument));
    case VIDIOC_STREAMON:
      camera.streams = true;
      camera.next_ns = now_ns() + kPeriodNs;
      return 0;
    case VIDIOC_STREAMOFF:
      camera.streams = false;
      return 0;
    default:
      return ENOTTY;
  }
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (std::strcmp(path, kPath) != 0) return next<int(const char*, int, ...)>("open")(path, flags, mode);
  if (unplugged) {
    const std::string unplug = setting("V4L2_UNPLUG");
    if (++tries_since_unplugged < std::atoi(unplug.c_str() + unplug.find(':') + 1)) {
      errno = ENOENT;
      return -1;
    }
    unplugged = false;
  }
  // The buffers lie in the file itself, at the offsets that it tells.
  camera = Camera{};
  camera.file = memfd_create("v4l2_double", MFD_CLOEXEC);
  return camera.file;
}

extern "C" int fstat(int file, struct stat* info) {
  const int result = next<int(int, struct stat*)>("fstat")(file, info);
  if (file == camera.file && file >= 0 && setting("V4L2_KIND") != "file") {
    info->st_mode = S_IFCHR | 0660;
    info->st_rdev = makedev(81, 7);
  }
  return result;
}

extern "C" int ioctl(int file, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (file != camera.file || file < 0) return next<int(int, unsigned long, ...)>("ioctl")(file, request, argument);
  const int number = answer(request, argument);
  if (number == 0) return 0;
  errno = number;
  return -1;
}

extern "C" int poll(pollfd* files, nfds_t count, int timeout_ms) {
  if (count != 1 || files->fd != camera.file || files->fd < 0)
    return next<int(pollfd*, nfds_t, int)>("poll")(files, count, timeout_ms);
  plug();
  files->revents = 0;
  if (unplugged) {
    files->revents = POLLERR;
    return 1;
  }
  const int64_t until_ns = std::min<int64_t>(camera.next_ns, now_ns() + timeout_ms * 1'000'000LL);
  const int64_t wait_ns = std::max<int64_t>(0, until_ns - now_ns());
  const timespec wait{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
  nanosleep(&wait, nullptr);
  if (now_ns() < camera.next_ns) return 0;
  files->revents = POLLIN;
  return 1;
}

extern "C" int close(int file) {
  if (file == camera.file) camera.file = -1;
  return next<int(int)>("close")(file);
}
