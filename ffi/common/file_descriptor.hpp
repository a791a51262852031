// A file descriptor that closes itself.
#pragma once
#include <unistd.h>

namespace gdn {

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  /// Negative where opening has failed.
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace gdn
