// Which JetPack this host has. No GPU and no NVIDIA library is needed to tell.
#pragma once
#include <string>

namespace gdn::trt {

struct JetPack {
  std::string version;  // "6.2"; "none" on a host that is no Jetson; empty when it cannot be told
  std::string l4t;      // "36.4.3": Jetson Linux; empty elsewhere
};

/// `root`: "" on a real host; a folder that holds etc/ and var/ in tests.
JetPack read_jetpack(const std::string& root);

}  // namespace gdn::trt
