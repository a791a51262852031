// What is used of GStreamer 1.x, found when it is first asked for: neither its headers nor its libraries are
// needed to build or to start. Its project keeps this ABI through all of 1.x; the two structures whose
// layout matters are held against their documented one in the tests, by pictures with known content and times.
#pragma once
#include <cstddef>
#include <cstdint>

namespace gdn::camera::gst {

using ClockTime = uint64_t;
constexpr ClockTime kNoTime = UINT64_MAX;
constexpr ClockTime kMillisecond = 1'000'000;

enum State : int32_t { kNull = 1, kReady = 2, kPaused = 3, kPlaying = 4 };
enum StateChange : int32_t { kFailure = 0, kSuccess = 1, kAsync = 2, kNoPreroll = 3 };
constexpr int32_t kFormatTime = 3;
constexpr int32_t kMessageEos = 1 << 0, kMessageError = 1 << 1;
constexpr int32_t kMapRead = 1;

// Opaque here.
struct Object;
struct Sample;
struct Caps;
struct Structure;
struct Segment;
struct Message;

struct MiniObject {
  size_t type;
  int32_t references, lock_state;
  uint32_t flags;
  void *copy, *dispose, *free;
  uint32_t private_number;
  void* private_pointer;
};
struct Buffer {
  MiniObject mini_object;
  void* pool;
  ClockTime pts, dts, duration;
};
static_assert(offsetof(Buffer, pts) == 72, "GStreamer 1.x on 64 bits");
struct MapInfo {
  void* memory;
  int32_t flags;
  uint8_t* data;
  size_t size, maxsize;
  void *user_data[4], *reserved[4];
};
struct Error {
  uint32_t domain;
  int32_t code;
  char* message;
};

#define GDN_GSTREAMER_FUNCTIONS(F)                                                        \
  F(int32_t, gst_init_check, (int*, char***, Error**))                                    \
  F(void, gst_registry_fork_set_enabled, (int32_t))                                       \
  F(Object*, gst_parse_launch, (const char*, Error**))                                    \
  F(Object*, gst_bin_get_by_name, (Object*, const char*))                                 \
  F(int32_t, gst_element_set_state, (Object*, int32_t))                                   \
  F(int32_t, gst_element_get_state, (Object*, int32_t*, int32_t*, ClockTime))             \
  F(Object*, gst_element_get_bus, (Object*))                                              \
  F(Object*, gst_element_get_clock, (Object*))                                            \
  F(ClockTime, gst_element_get_base_time, (Object*))                                      \
  F(ClockTime, gst_clock_get_time, (Object*))                                             \
  F(Message*, gst_bus_timed_pop_filtered, (Object*, ClockTime, int32_t))                  \
  F(void, gst_message_parse_error, (Message*, Error**, char**))                           \
  F(void, gst_mini_object_unref, (void*))                                                 \
  F(void, gst_object_unref, (void*))                                                      \
  F(Buffer*, gst_sample_get_buffer, (Sample*))                                            \
  F(Caps*, gst_sample_get_caps, (Sample*))                                                \
  F(Segment*, gst_sample_get_segment, (Sample*))                                          \
  F(uint64_t, gst_segment_to_running_time, (const Segment*, int32_t, uint64_t))           \
  F(Structure*, gst_caps_get_structure, (const Caps*, uint32_t))                          \
  F(const char*, gst_structure_get_name, (const Structure*))                              \
  F(int32_t, gst_structure_get_int, (const Structure*, const char*, int32_t*))            \
  F(int32_t, gst_buffer_map, (Buffer*, MapInfo*, int32_t))                                \
  F(void, gst_buffer_unmap, (Buffer*, MapInfo*))                                          \
  F(Sample*, gst_app_sink_try_pull_sample, (Object*, ClockTime))                          \
  F(int32_t, gst_app_sink_is_eos, (Object*))                                              \
  F(void, g_object_set, (void*, const char*, ...))                                        \
  F(void, g_error_free, (Error*))                                                         \
  F(void, g_free, (void*))

struct Api {
#define GDN_MEMBER(result, name, parameters) result(*name) parameters;
  GDN_GSTREAMER_FUNCTIONS(GDN_MEMBER)
#undef GDN_MEMBER
};

/// Opens the libraries at the first call. Throws Failure(GDN_NOT_FOUND) where they are not installed.
const Api& load();
/// load(), and GStreamer is ready.
const Api& ready();

}  // namespace gdn::camera::gst
