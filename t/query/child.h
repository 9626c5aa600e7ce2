// Runs the built spfquery as a child.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "t/support/show.h"

namespace query_test {

struct Outcome {
  std::string out;
  std::string err;
  int exit_code = -1;  // 128 + the signal if one ended it

  [[nodiscard]] std::vector<std::string> lines() const;  // of `out`
};

// Returns the path of the built spfquery.
std::string built_program();

struct ChildOptions {
  std::string program = built_program();
  std::vector<std::string> environment;  // "NAME=VALUE", in addition to PATH, LC_ALL=C and the variables of sanitizers
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::string out_path;  // output goes to this file instead of `out`
};

class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments, const ChildOptions& options = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send(std::string_view text);
  void close_input();
  // Sends and receives what is possible now.
  void poll() { static_cast<void>(read_some(0)); }
  void signal(int number) const;
  // Waits until `out` has this number of lines. Fails the test if it does not get them.
  std::vector<std::string> wait_for_lines(std::size_t count);
  // Returns the peak of the resident memory so far.
  [[nodiscard]] long peak_kib() const;
  // Closes the child's input and waits for its end. Kills it after a minute.
  Outcome finish();

 private:
  bool read_some(int wait_ms);

  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
  std::string unsent_;
  Outcome outcome_;
};

// Runs spfquery to its end; `input` is its standard input.
Outcome run_query(const std::vector<std::string>& arguments, const std::string& input = {}, const ChildOptions& options = {});

}  // namespace query_test
