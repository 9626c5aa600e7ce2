// Reading of the files that options name.
//
// A daemon reads them in its main thread, at a start or a reload, so nothing may keep it waiting there: FIFOs, devices, sockets
// and folders are refused, and are opened without waiting. A command line may read a FIFO, since its user chose it and can
// interrupt it. Neither reads without a bound: a device such as /dev/zero never ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/io/descriptor.h"

namespace io {

enum class FileKind : std::uint8_t {
  regular,  // or /dev/null, which is empty
  any,      // FIFOs and devices too
};

// Returns whether reading the file may wait, or never end: it is a FIFO, a device or a socket. For files that libraries read.
bool may_block(const std::string& path);

// Opens a file to read it. Errors: "cannot be read: No such file or directory", "is not a regular file".
base::Result<Descriptor, std::string> open_file(const std::string& path, FileKind kind);

// Returns the bytes of an open file, or the first ones if it has more than `most`. Errors: "cannot be read: Input/output error".
base::Result<std::string, std::string> read_all(const Descriptor& file, std::size_t most);

// The largest file that is read whole, in bytes: a zone file, and any other.
inline constexpr std::size_t kMostOfZone = std::size_t{256} << 20U;
inline constexpr std::size_t kMostOfFile = std::size_t{16} << 20U;

// Returns the bytes of a file, or an error such as "PATH: cannot be read: No such file or directory" or "PATH: is larger than
// 16 MB".
base::Result<std::string, std::string> read_file(const std::string& path, FileKind kind, std::size_t most = kMostOfFile);

}  // namespace io
