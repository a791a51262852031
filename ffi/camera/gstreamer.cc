#include "gstreamer.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "capture.hpp"
#include "gstreamer_api.hpp"

namespace gdn::camera {
namespace {

constexpr const char kSource[] = "gdn_source", kSink[] = "gdn_frames";
constexpr int kSideMax = 20'000;
/// Files are tried for their end, live sources for an error, without waiting.
constexpr gst::ClockTime kNow = 0;

/// The newest picture alone waits. `sync` follows when it is known whether the source is live.
std::string with_sink(const std::string& description) {
  return description + " ! appsink name=" + kSink +
         " max-buffers=1 drop=true enable-last-sample=false sync=false"
         " caps=\"video/x-raw,format=(string)GRAY8;image/jpeg\"";
}

std::string description_of(int32_t kind, const std::string& text) {
  const std::string named = std::string(" name=") + kSource + " ! decodebin ! videoconvert";
  if (kind == GDN_GSTREAMER_RTSP) return with_sink("rtspsrc latency=0 protocols=tcp" + named);
  if (kind == GDN_GSTREAMER_FILE) return with_sink("filesrc" + named);
  return with_sink(text);
}

/// Takes the error.
std::string text_of(const gst::Api& api, gst::Error* error) {
  if (error == nullptr) return "no reason given";
  const std::string text = error->message;
  api.g_error_free(error);
  return text;
}

/// A reference to a GObject.
class Reference {
 public:
  Reference(const gst::Api& api, gst::Object* object) : api_(api), object_(object) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() {
    if (object_ != nullptr) api_.gst_object_unref(object_);
  }
  gst::Object* get() const { return object_; }

 private:
  const gst::Api& api_;
  gst::Object* object_;
};

class GstreamerCapture : public Capture {
 public:
  GstreamerCapture(int32_t kind, const std::string& text, int timeout_ms)
      : api_(gst::ready()), pipeline_(api_, parse(kind, text)), sink_(api_, find(kSink)),
        bus_(api_, api_.gst_element_get_bus(pipeline_.get())) {
    try {
      if (sink_.get() == nullptr) throw BadData("the description is not that of a pipeline");
      if (kind != GDN_GSTREAMER_PIPELINE) point_source(kind, text, timeout_ms);
      start(timeout_ms);
    } catch (...) {
      api_.gst_element_set_state(pipeline_.get(), gst::kNull);
      throw;
    }
  }

  ~GstreamerCapture() override { api_.gst_element_set_state(pipeline_.get(), gst::kNull); }

  gdn_camera_picture read(int timeout_ms, uint8_t* out, int64_t capacity) override {
    gdn_camera_picture picture{};
    gst::Sample* sample = api_.gst_app_sink_try_pull_sample(sink_.get(), timeout_ms * gst::kMillisecond);
    if (sample == nullptr) {
      throw_error(kNow);
      if (api_.gst_app_sink_is_eos(sink_.get())) picture.kind = GDN_PICTURE_END;
      return picture;
    }
    const Owned owned{api_, sample};
    picture.sequence = count_++;
    stamp(sample, picture);
    copy(sample, out, capacity, picture);
    picture.complete_ns = now_ns();
    return picture;
  }

 private:
  struct Owned {
    const gst::Api& api;
    void* object;
    ~Owned() { api.gst_mini_object_unref(object); }
  };

  struct Mapped {
    const gst::Api& api;
    gst::Buffer* buffer;
    gst::MapInfo& info;
    ~Mapped() { api.gst_buffer_unmap(buffer, &info); }
  };

  gst::Object* parse(int32_t kind, const std::string& text) {
    gst::Error* error = nullptr;
    gst::Object* pipeline = api_.gst_parse_launch(description_of(kind, text).c_str(), &error);
    // With an error it may have made a part of it.
    if (error == nullptr && pipeline != nullptr) return pipeline;
    if (pipeline != nullptr) api_.gst_object_unref(pipeline);
    throw BadData("GStreamer: " + text_of(api_, error));
  }

  gst::Object* find(const char* name) { return api_.gst_bin_get_by_name(pipeline_.get(), name); }

  /// As a property, not in the description: no character of it is special.
  void point_source(int32_t kind, const std::string& text, int timeout_ms) {
    const Reference source(api_, find(kSource));
    api_.g_object_set(source.get(), "location", text.c_str(), nullptr);
    if (kind == GDN_GSTREAMER_RTSP)
      api_.g_object_set(source.get(), "tcp-timeout", static_cast<uint64_t>(timeout_ms) * 1000, nullptr);
  }

  void start(int timeout_ms) {
    gst::Object* pipeline = pipeline_.get();
    int32_t change = api_.gst_element_set_state(pipeline, gst::kPaused);
    if (change == gst::kAsync)
      change = api_.gst_element_get_state(pipeline, nullptr, nullptr, timeout_ms * gst::kMillisecond);
    if (change == gst::kFailure) fail("does not start");
    if (change == gst::kAsync) {
      throw_error(kNow);
      throw Failure(GDN_LIBRARY_FAILURE, "GStreamer: no picture within " + std::to_string(timeout_ms) + " ms");
    }
    // What is not live comes as fast as it is taken, unless it is made to wait for its time.
    if (change != gst::kNoPreroll) api_.g_object_set(sink_.get(), "sync", 1, nullptr);
    if (api_.gst_element_set_state(pipeline, gst::kPlaying) == gst::kFailure) fail("does not play");
  }

  [[noreturn]] void fail(const char* what) {
    throw_error(gst::kMillisecond);
    throw Failure(GDN_LIBRARY_FAILURE, std::string("GStreamer: the pipeline ") + what);
  }

  /// Throws where an element has said that it failed.
  void throw_error(gst::ClockTime wait) {
    gst::Message* message = api_.gst_bus_timed_pop_filtered(bus_.get(), wait, gst::kMessageError);
    if (message == nullptr) return;
    const Owned owned{api_, message};
    gst::Error* error = nullptr;
    char* details = nullptr;
    api_.gst_message_parse_error(message, &error, &details);
    // The last line of its details says what has happened, those before where in its source.
    std::string text = text_of(api_, error);
    if (details != nullptr) {
      const char* line = std::strrchr(details, '\n');
      if (line != nullptr) text += std::string(" (") + (line + 1) + ")";
      api_.g_free(details);
    }
    throw Failure(GDN_LIBRARY_FAILURE, "GStreamer: " + text);
  }

  /// When the picture was taken by the pipeline's clock, or is due, on the monotonic one.
  void stamp(gst::Sample* sample, gdn_camera_picture& picture) {
    const gst::Buffer* buffer = api_.gst_sample_get_buffer(sample);
    gst::Segment* segment = api_.gst_sample_get_segment(sample);
    const Reference clock(api_, api_.gst_element_get_clock(pipeline_.get()));
    if (buffer == nullptr || segment == nullptr || clock.get() == nullptr || buffer->pts == gst::kNoTime) return;
    const uint64_t running = api_.gst_segment_to_running_time(segment, gst::kFormatTime, buffer->pts);
    if (running == gst::kNoTime) return;
    const auto taken = static_cast<int64_t>(api_.gst_element_get_base_time(pipeline_.get()) + running);
    const int64_t age = static_cast<int64_t>(api_.gst_clock_get_time(clock.get())) - taken;
    picture.stamp = GDN_STAMP_EXPOSURE;
    picture.stamp_ns = now_ns() - age;
  }

  void copy(gst::Sample* sample, uint8_t* out, int64_t capacity, gdn_camera_picture& picture) {
    gst::Buffer* buffer = api_.gst_sample_get_buffer(sample);
    const gst::Caps* caps = api_.gst_sample_get_caps(sample);
    gst::MapInfo info{};
    if (buffer == nullptr || caps == nullptr || !api_.gst_buffer_map(buffer, &info, gst::kMapRead))
      throw Failure(GDN_LIBRARY_FAILURE, "GStreamer: a picture without content");
    const Mapped mapped{api_, buffer, info};
    const gst::Structure* structure = api_.gst_caps_get_structure(caps, 0);
    if (std::strcmp(api_.gst_structure_get_name(structure), "image/jpeg") == 0) {
      picture.kind = GDN_PICTURE_JPEG;
      picture.bytes = static_cast<int64_t>(info.size);
      if (picture.bytes <= capacity) std::memcpy(out, info.data, info.size);
      return;
    }
    int32_t width = 0, height = 0;
    api_.gst_structure_get_int(structure, "width", &width);
    api_.gst_structure_get_int(structure, "height", &height);
    // Rows of GRAY8 begin at multiples of four bytes.
    const int64_t row_bytes = (static_cast<int64_t>(width) + 3) & ~3LL;
    if (width <= 0 || height <= 0 || width > kSideMax || height > kSideMax ||
        static_cast<int64_t>(info.size) < row_bytes * (height - 1) + width)
      throw Failure(GDN_LIBRARY_FAILURE, "GStreamer: a picture of another size than it says");
    picture.kind = GDN_PICTURE_GREY;
    picture.width_px = width;
    picture.height_px = height;
    picture.bytes = static_cast<int64_t>(width) * height;
    if (picture.bytes > capacity) return;
    for (int row = 0; row < height; row++)
      std::memcpy(out + static_cast<int64_t>(row) * width, info.data + row * row_bytes, static_cast<size_t>(width));
  }

  const gst::Api& api_;
  const Reference pipeline_, sink_, bus_;
  int64_t count_ = 0;
};

}  // namespace
}  // namespace gdn::camera

int32_t gdn_gstreamer_load(gdn_error* error) {
  return gdn::guard(error, [] { gdn::camera::gst::load(); });
}

int32_t gdn_gstreamer_open(int32_t kind, const char* text, int64_t text_bytes, int32_t timeout_ms,
                           uint64_t* handle, gdn_error* error) {
  return gdn::guard(error, [&] {
    gdn::require(kind >= GDN_GSTREAMER_PIPELINE && kind <= GDN_GSTREAMER_FILE, "there is no such kind");
    gdn::require(text != nullptr && text_bytes > 0 && text_bytes < 16384, "the text is empty or too long");
    gdn::require(timeout_ms > 0 && handle != nullptr, "timeout and handle must be given");
    const std::string given(text, static_cast<size_t>(text_bytes));
    gdn::require(given.find('\0') == std::string::npos, "the text holds a zero byte");
    *handle = gdn::camera::keep(std::make_shared<gdn::camera::GstreamerCapture>(kind, given, timeout_ms));
  });
}
