// Faults that a test asks for, at seconds after the first frame: "nan@3.5,hang@8,abort@12,jump@20,swell@30".
#pragma once
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

namespace gdn::odometry {

class Faults {
 public:
  explicit Faults(const std::string& text) {
    for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = std::min(text.find(',', begin), text.size());
      const size_t at = text.find('@', begin);
      if (at >= end) throw std::invalid_argument("a fault is written as KIND@SECONDS");
      by_second_.emplace(std::strtod(text.c_str() + at + 1, nullptr), text.substr(begin, at - begin));
    }
  }

  // The one that is due, once in this process; empty: none.
  std::string due(double second) {
    if (by_second_.empty() || by_second_.begin()->first > second) return {};
    const std::string kind = by_second_.begin()->second;
    by_second_.erase(by_second_.begin());
    return kind;
  }

 private:
  std::multimap<double, std::string> by_second_;
};

}  // namespace gdn::odometry
