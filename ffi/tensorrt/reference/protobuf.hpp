// Reads the wire format of protocol buffers; every length is held against what is left.
#pragma once
#include <string>
#include <vector>

#include "backend.hpp"

namespace gdn::trt {

class ProtobufReader {
 public:
  explicit ProtobufReader(Span bytes) : at_(bytes.data), end_(bytes.data + bytes.bytes) {}

  /// Goes to the next field; false at the end.
  bool next() {
    if (at_ == end_) return false;
    const uint64_t key = varint();
    field_ = key >> 3;
    wire_ = static_cast<int>(key & 7);
    switch (wire_) {
      case 0: integer_ = varint(); break;
      case 1: content_ = take(8); break;
      case 2: content_ = take(varint()); break;
      case 5: content_ = take(4); break;
      default: throw BadData("the model is not a protocol buffer");
    }
    return true;
  }

  uint64_t field() const { return field_; }

  int64_t integer() const {
    if (wire_ != 0) throw BadData("a field of the model is no integer");
    return static_cast<int64_t>(integer_);
  }

  Span content() const {
    if (wire_ != 2) throw BadData("a field of the model has no content");
    return content_;
  }

  std::string text() const {
    const Span span = content();
    return std::string(reinterpret_cast<const char*>(span.data), span.bytes);
  }

  /// One integer, or a packed list of them.
  void append_integers(std::vector<int64_t>& to) const {
    if (wire_ == 0) return to.push_back(integer());
    ProtobufReader packed(content());
    while (packed.at_ != packed.end_) to.push_back(static_cast<int64_t>(packed.varint()));
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const uint8_t byte = *at_++;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    throw BadData("the model ends within a number");
  }

  Span take(uint64_t bytes) {
    if (bytes > static_cast<uint64_t>(end_ - at_)) throw BadData("the model ends within a field");
    const Span span{at_, static_cast<size_t>(bytes)};
    at_ += bytes;
    return span;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t field_ = 0, integer_ = 0;
  int wire_ = 0;
  Span content_;
};

}  // namespace gdn::trt
