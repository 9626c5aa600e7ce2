// Runs the built spfsrs to its end.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "t/support/show.h"

namespace srs_test {

struct Outcome {
  std::string out;
  std::string err;
  int exit_code = -1;  // 128 + the signal if one ended it
};

// A folder for a test, which is deleted with its object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(std::string_view name) const { return path_ / name; }
  // Creates a file and returns its path.
  [[nodiscard]] std::string file(std::string_view name, std::string_view text, int mode = 0600) const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path);

// `out_path`: a file for the standard output, which is then not read.
Outcome run_srs(const std::vector<std::string>& arguments, std::string_view input = {}, const std::string& out_path = {});

}  // namespace srs_test
