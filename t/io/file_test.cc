#include "common/io/file.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "common/io/zone_file.h"
#include "t/support/show.h"
#include "t/support/spfd_process.h"

namespace {

using io::FileKind;

std::string read(const std::string& path, FileKind kind = FileKind::regular) {
  const auto text = io::read_file(path, kind);
  return text ? *text : text.error();
}

std::string make_fifo(const support::TempFolder& folder) {
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  return folder / "fifo";
}

}  // namespace

TEST_CASE("files: the bytes of a regular file, whatever they are") {
  const support::TempFolder folder;
  const std::string bytes = std::string("a\0b\r\n", 5) + std::string(100'000, '\xff');
  std::ofstream(folder / "file", std::ios::binary) << bytes;
  CHECK(read(folder / "file") == bytes);
  CHECK(read(folder / "file", FileKind::any) == bytes);
  std::ofstream(folder / "empty").close();
  CHECK(read(folder / "empty").empty());
  CHECK(read("/dev/null").empty());
}

TEST_CASE("files: a FIFO, a device, a socket and a folder are refused at once") {
  const support::TempFolder folder;
  const std::string fifo = make_fifo(folder);
  CHECK(read(fifo) == fifo + ": is not a regular file");
  CHECK(::symlink(fifo.c_str(), (folder / "link").c_str()) == 0);
  CHECK(read(folder / "link") == (folder / "link") + ": is not a regular file");
  CHECK(read("/dev/zero") == "/dev/zero: is not a regular file");
  CHECK(read("/dev/tty") == "/dev/tty: is not a regular file");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = folder / "socket";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const io::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(read(path) == path + ": is not a regular file");
  CHECK(read(folder.path()) == folder.path() + ": cannot be read: Is a directory");
  CHECK(read(folder / "none") == (folder / "none") + ": cannot be read: No such file or directory");
  dns::Zone zone;
  CHECK(io::add_zone_files(zone, {fifo}, FileKind::regular).error() == fifo + ": is not a regular file");
}

TEST_CASE("files: none is read without a bound") {
  const support::TempFolder folder;
  CHECK(read("/dev/zero", FileKind::any) == "/dev/zero: is larger than 16 MB");
  std::ofstream(folder / "large").close();
  std::filesystem::resize_file(folder / "large", io::kMostOfFile);
  CHECK(read(folder / "large").size() == io::kMostOfFile);
  std::filesystem::resize_file(folder / "large", io::kMostOfFile + 1);
  CHECK(read(folder / "large") == (folder / "large") + ": is larger than 16 MB");
  dns::Zone zone;
  CHECK(io::add_zone_files(zone, {"/dev/zero"}, FileKind::any).error() == "/dev/zero: is larger than 256 MB");
}

TEST_CASE("files: a command line may read a FIFO to its end") {
  const support::TempFolder folder;
  const std::string fifo = make_fifo(folder);
  std::thread writer([&] { std::ofstream(fifo) << "example.com TXT \"v=spf1 -all\"\n"; });
  dns::Zone zone;
  CHECK(io::add_zone_files(zone, {fifo}, FileKind::any).ok());
  writer.join();
}
