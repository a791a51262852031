#include "jetpack.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <utility>

namespace gdn::trt {

namespace {

// Which JetPack carries which Jetson Linux; where this does not say it, the package nvidia-jetpack does.
constexpr std::array<std::pair<const char*, const char*>, 11> kReleases{{
    {"35.1.0", "5.0.2"},
    {"35.2.1", "5.1"},
    {"35.3.1", "5.1.1"},
    {"35.4.1", "5.1.2"},
    {"35.5.0", "5.1.3"},
    {"35.6.0", "5.1.4"},
    {"36.3.0", "6.0"},
    {"36.4.0", "6.1"},
    {"36.4.3", "6.2"},
    {"36.4.4", "6.2.1"},
    {"38.2.0", "7.0"},
}};

std::string dotted(std::initializer_list<int> numbers) {
  std::string text;
  for (const int number : numbers) text += (text.empty() ? "" : ".") + std::to_string(number);
  return text;
}

// "# R36 (release), REVISION: 4.3, GCID: …"
std::string read_l4t(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  int major = 0, minor = 0, patch = 0;
  if (std::sscanf(line.c_str(), "# R%3d (release), REVISION: %3d.%3d,", &major, &minor, &patch) != 3) return "";
  return major < 0 || minor < 0 || patch < 0 ? "" : dotted({major, minor, patch});
}

// "6.2.1+b38" is 6.2.1.
std::string read_version(const std::string& text) {
  int major = 0, minor = 0, patch = 0;
  const int found = std::sscanf(text.c_str(), "%3d.%3d.%3d", &major, &minor, &patch);
  if (found < 2 || major < 0 || minor < 0 || patch < 0) return "";
  return found == 3 ? dotted({major, minor, patch}) : dotted({major, minor});
}

// The version of the installed package nvidia-jetpack.
std::string read_package(const std::string& path) {
  static const std::string kVersion = "Version: ";
  std::ifstream file(path);
  std::string line;
  bool ours = false, installed = false;
  while (std::getline(file, line)) {
    if (line.empty()) ours = installed = false;
    if (line == "Package: nvidia-jetpack") ours = true;
    if (line == "Status: install ok installed") installed = true;
    if (!ours || !installed || line.compare(0, kVersion.size(), kVersion) != 0) continue;
    return read_version(line.substr(kVersion.size()));
  }
  return "";
}

}  // namespace

JetPack read_jetpack(const std::string& root) {
  const std::string release = root + "/etc/nv_tegra_release";
  if (!std::ifstream(release)) return {"none", ""};
  JetPack jetpack{"", read_l4t(release)};
  jetpack.version = read_package(root + "/var/lib/dpkg/status");
  if (!jetpack.version.empty()) return jetpack;
  for (const auto& [l4t, version] : kReleases) {
    if (jetpack.l4t == l4t) jetpack.version = version;
  }
  return jetpack;
}

}  // namespace gdn::trt
