// Runs the built spfquery as a child.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace query_test {

struct Outcome {
  std::string out;
  std::string err;
  int exit_code = -1;  // 128 + the signal when one ended it

  [[nodiscard]] std::vector<std::string> lines() const;  // of `out`
};

struct ChildOptions {
  std::vector<std::string> environment;  // "NAME=VALUE"; else only PATH, LC_ALL=C and what sanitizers read
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::string out_path;  // instead of reading it
};

class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments, const ChildOptions& options = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send(std::string_view text);
  void close_input();
  // Waits until `out` has that many lines; fails the test when it does not come to that.
  std::vector<std::string> wait_for_lines(std::size_t count);
  // The most resident memory that it had until now.
  [[nodiscard]] long peak_kib() const;
  // Closes its input and waits for its end. Kills it after a minute.
  Outcome finish();

 private:
  bool read_some(int wait_ms);

  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
  std::string unsent_;
  Outcome outcome_;
};

// To its end; `input` is its standard input.
Outcome run_query(const std::vector<std::string>& arguments, const std::string& input = {}, const ChildOptions& options = {});

}  // namespace query_test
