#include "plan_format.hpp"

#include <cmath>
#include <cstring>
#include <utility>

namespace gdn::trt {

namespace {

constexpr char kMagic[] = "GDNREF1\n";
constexpr size_t kMagicBytes = 8, kHashBytes = 8;

uint64_t fnv1a(const uint8_t* data, size_t bytes) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ data[i]) * 0x100000001b3U;
  return hash;
}

struct Writer {
  Bytes bytes;

  template <typename Number>
  void number(Number value) {
    const auto* from = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
  }
  void text(const std::string& value) {
    number<uint32_t>(static_cast<uint32_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
  void shape(const Shape& value) {
    number<uint32_t>(static_cast<uint32_t>(value.size()));
    for (const int64_t axis : value) number<int64_t>(axis);
  }
  void ranges(const Ranges& value) {
    number<uint32_t>(static_cast<uint32_t>(value.size()));
    for (const auto& [name, range] : value) {
      text(name);
      number<float>(range);
    }
  }
};

struct Reader {
  const uint8_t* at;
  const uint8_t* end;

  explicit Reader(Span bytes) : at(bytes.data), end(bytes.data + bytes.bytes) {}

  size_t left() const { return static_cast<size_t>(end - at); }
  const uint8_t* take(size_t bytes) {
    if (bytes > left()) throw BadData("the engine is cut short");
    const uint8_t* taken = at;
    at += bytes;
    return taken;
  }
  template <typename Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  uint32_t count(uint32_t most) {
    const auto value = number<uint32_t>();
    if (value > most) throw BadData("the engine counts more than there can be");
    return value;
  }
  std::string text() {
    const uint32_t length = count(255);
    return std::string(reinterpret_cast<const char*>(take(length)), length);
  }
  Shape shape() {
    Shape value(count(GDN_TRT_RANK_MAX));
    for (int64_t& axis : value) axis = number<int64_t>();
    return value;
  }
  Profile profile() {
    Profile value{text(), shape(), shape(), shape()};
    bool sensible = value.min.size() == value.max.size();
    for (size_t i = 0; sensible && i < value.min.size(); ++i) {
      sensible = value.min[i] >= 0 && value.min[i] <= value.max[i];
    }
    if (!sensible) throw BadData("a profile of the engine is not sensible");
    return value;
  }
  Ranges ranges() {
    Ranges value;
    const uint32_t number_of_ranges = count(4096);
    for (uint32_t i = 0; i < number_of_ranges; ++i) {
      std::string name = text();
      const auto range = number<float>();
      if (!std::isfinite(range) || range < 0) throw BadData("a range of the calibration is not sensible");
      value[std::move(name)] = range;
    }
    return value;
  }
};

}  // namespace

Bytes write_plan(const ReferencePlan& plan) {
  Writer content;
  content.number<int32_t>(plan.precision);
  content.number<uint32_t>(static_cast<uint32_t>(plan.profiles.size()));
  for (const Profile& profile : plan.profiles) {
    content.text(profile.input);
    content.shape(profile.min);
    content.shape(profile.optimal);
    content.shape(profile.max);
  }
  content.ranges(plan.ranges);
  content.bytes.insert(content.bytes.end(), plan.onnx.begin(), plan.onnx.end());
  Writer whole;
  whole.bytes.assign(kMagic, kMagic + kMagicBytes);
  whole.number<uint64_t>(fnv1a(content.bytes.data(), content.bytes.size()));
  whole.bytes.insert(whole.bytes.end(), content.bytes.begin(), content.bytes.end());
  return whole.bytes;
}

ReferencePlan read_plan(Span bytes) {
  if (bytes.bytes < kMagicBytes + kHashBytes || std::memcmp(bytes.data, kMagic, kMagicBytes) != 0) {
    throw BadData("the bytes are no engine of the reference backend");
  }
  Reader reader({bytes.data + kMagicBytes, bytes.bytes - kMagicBytes});
  const auto hash = reader.number<uint64_t>();
  if (hash != fnv1a(reader.at, reader.left())) throw BadData("the engine is damaged");
  ReferencePlan plan;
  plan.precision = reader.number<int32_t>();
  if (plan.precision < GDN_TRT_FP32 || plan.precision > GDN_TRT_INT8) {
    throw BadData("the engine has a precision that does not exist");
  }
  const uint32_t profiles = reader.count(64);
  for (uint32_t i = 0; i < profiles; ++i) plan.profiles.push_back(reader.profile());
  plan.ranges = reader.ranges();
  plan.onnx.assign(reader.at, reader.end);
  return plan;
}

Bytes write_ranges(const Ranges& ranges) {
  Writer writer;
  writer.ranges(ranges);
  return writer.bytes;
}

Ranges read_ranges(Span bytes) {
  Reader reader(bytes);
  Ranges ranges = reader.ranges();
  if (reader.left() != 0) throw BadData("the calibration cache has more bytes than it says");
  return ranges;
}

}  // namespace gdn::trt
