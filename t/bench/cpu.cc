#include "t/bench/cpu.h"

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <system_error>

#include "common/base/text.h"

namespace bench {

namespace {

struct Process {
  int parent = 0;
  double seconds = 0;
};

Process look_at(int pid) {
  Process process;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos) return process;
  std::istringstream fields(line.substr(end_of_name + 2));
  std::string skipped;
  fields >> skipped >> process.parent;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  double user = 0, system = 0, children_user = 0, children_system = 0;  // in ticks
  fields >> user >> system >> children_user >> children_system;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  process.seconds = (children_user + children_system) / ticks;
  clockid_t clock{};
  timespec own{};
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &own) == 0) {
    process.seconds += static_cast<double>(own.tv_sec) + static_cast<double>(own.tv_nsec) / 1e9;
  } else {
    process.seconds += (user + system) / ticks;
  }
  return process;
}

}  // namespace

double cpu_seconds(int pid) {
  if (pid == 0) return 0;
  std::map<int, Process> processes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (const auto number = base::parse_number(entry.path().filename().string(), 1UL << 30U))
      processes[static_cast<int>(*number)] = look_at(static_cast<int>(*number));
  }
  const auto is_within = [&](int one) {
    for (int depth = 0; one > 1 && depth < 64; ++depth, one = processes[one].parent) {
      if (one == pid) return true;
    }
    return false;
  };
  double sum = 0;
  const auto all = processes;
  for (const auto& [number, process] : all) sum += is_within(number) ? process.seconds : 0;
  return sum;
}

}  // namespace bench
