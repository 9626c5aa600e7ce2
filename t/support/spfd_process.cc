#include "t/support/spfd_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "common/base/text.h"
#include "common/io/socket.h"
#include "t/support/sandbox.h"

namespace support {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

// Starts a program whose output goes to files. Builds arguments and environment before the fork.
pid_t spawn(const std::string& path, const std::vector<std::string>& arguments, const std::string& output,
            const std::string& errors, std::optional<rlim_t> descriptors, const std::map<std::string, std::string>& environment,
            std::optional<int> log_to = {}) {
  std::vector<std::string> words = {path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> settings;
  settings.reserve(environment.size());
  for (const auto& [name, value] : environment) settings.push_back(std::string(name).append("=").append(value));
  std::vector<char*> environ_with;
  for (char** setting = environ; *setting != nullptr; ++setting) environ_with.push_back(*setting);
  for (std::string& setting : settings) environ_with.push_back(setting.data());
  environ_with.push_back(nullptr);

  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  const int err = errors == output ? out : ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  ::dup2(log_to.value_or(out), STDOUT_FILENO);
  ::dup2(log_to.value_or(err), STDERR_FILENO);
  for (int fd = 3; fd < 256; ++fd) ::close(fd);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (descriptors) {
    const rlimit limit{*descriptors, *descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ::execve(argv[0], argv.data(), environ_with.data());
  std::perror(argv[0]);
  ::_exit(127);
}

int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Returns whether the sandbox can be required here; if not, reports it once.
bool is_sandboxed() {
  static const bool can = [] {
    if (why_no_sandbox().empty()) return true;
    std::ignore = std::fprintf(stderr, "spfd runs without its sandbox: %s\n", why_no_sandbox().c_str());
    return false;
  }();
  return can;
}

// Returns the exit code, or nothing if the program still runs after `patience`.
std::optional<int> wait_for(pid_t child, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) return exit_code(status);
    if (std::chrono::steady_clock::now() > end) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

void wait_until(std::string_view what, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited in vain for: " + std::string(what));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// ---- files and programs --------------------------------------------------------------------------------------------------

TempFolder::TempFolder() : path_("/tmp/spfd-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) fail("mkdtemp");
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string& name, std::string_view text) const {
  std::string path = *this / name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string slurp(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string program(const std::string& name) {
  const char* build = std::getenv("BUILD");
  return std::string(build != nullptr ? build : "build") + "/bin/" + name;
}

Finished run(const std::string& path, const std::vector<std::string>& arguments) {
  const TempFolder folder;
  const pid_t child = spawn(path, arguments, folder / "out", folder / "err", {}, {});
  const auto code = wait_for(child, kPatience);
  if (!code) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    throw std::runtime_error(path + " did not end");
  }
  return {*code, slurp(folder / "out"), slurp(folder / "err")};
}

io::Descriptor listen_at(const std::string& path) {
  const io::SocketAddress address = io::unix_address(path);
  io::Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), address.get(), address.size) != 0 || ::listen(fd.get(), 1000) != 0) fail("listen at " + path);
  return fd;
}

// ---- Client --------------------------------------------------------------------------------------------------------------

Client::Client(const std::string& address) {
  const std::string rest = address.substr(5);
  io::SocketAddress to;
  if (address.starts_with("unix:")) {
    if (rest.size() > io::kMaxSocketPath) throw std::runtime_error("path too long: " + rest);
    to = io::unix_address(rest);
  } else {
    const auto server = io::parse_name_server(rest);
    if (!server) throw std::runtime_error(server.error());
    to = io::inet_address(server->address, server->port, server->scope);
  }
  socket_ = io::Descriptor(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_.is_open()) fail("socket");
  if (::connect(socket_.get(), to.get(), to.size) != 0) fail("connect to " + address);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void Client::end_of_input() { ::shutdown(fd(), SHUT_WR); }

bool Client::is_readable(std::chrono::milliseconds wait) const {
  pollfd look{fd(), POLLIN, 0};
  return ::poll(&look, 1, static_cast<int>(wait.count())) > 0;
}

bool Client::fill() {
  if (!is_readable(kPatience)) throw std::runtime_error("the server is silent");
  std::array<char, 65536> bytes{};
  const ssize_t size = ::recv(fd(), bytes.data(), bytes.size(), 0);
  if (size > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::string Client::read_answer() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\n\n")) == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {});
  }
  std::string answer = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 2);
  return answer;
}

std::string Client::read_until(char last) {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find(last)) == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {});
  }
  std::string answer = buffer_.substr(0, end + 1);
  buffer_.erase(0, end + 1);
  return answer;
}

std::string Client::read_to_end() {
  while (fill()) {}
  return std::exchange(buffer_, {});
}

Answer parse_answer(std::string_view text) {
  Answer answer;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) answer.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return answer;
}

// ---- SpfdProcess ---------------------------------------------------------------------------------------------------------

SpfdProcess::SpfdProcess(Settings settings) {
  address_ = settings.on_tcp ? "inet:127.0.0.1:0" : "unix:" + socket_path();
  std::vector<std::string> arguments = {"--listen", address_, "--hostname", "mx.example.org"};
  const auto lacks = [&](std::string_view option) {
    return std::none_of(settings.arguments.begin(), settings.arguments.end(),
                        [&](const std::string& argument) { return argument.starts_with(option); });
  };
  // Most tests have no name server that listens, and a question is repeated until the check's time is over.
  if (lacks("--config") && lacks("--timeout") && lacks("--nameserver")) arguments.insert(arguments.end(), {"--timeout", "2s"});
  if (lacks("--config")) arguments.insert(arguments.end(), {"--config", "/dev/null"});
  if (lacks("--sandbox") && is_sandboxed()) arguments.insert(arguments.end(), {"--sandbox", "require"});
  if (lacks("--nameserver") && !settings.own_name_servers) arguments.insert(arguments.end(), {"--nameserver", "127.0.0.1:1"});
  if (!settings.zone.empty()) arguments.insert(arguments.end(), {"--zone", folder_.write("zone", settings.zone)});
  arguments.insert(arguments.end(), settings.arguments.begin(), settings.arguments.end());
  const std::string log_path = folder_ / "log";
  pid_ = spawn(program("spfd"), arguments, log_path, log_path, settings.descriptors, settings.environment, settings.log_to);
  const auto is_ready = [&] {
    if (!settings.log_to) return log().find(" ready: ") != std::string::npos;
    try {
      return Client(address_).fd() >= 0;
    } catch (const std::system_error&) {
      return false;
    }
  };
  try {
    wait_until("spfd to be ready", [&] { return is_ready() || !is_running(); });
  } catch (...) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw;
  }
  if (!is_running()) throw std::runtime_error("spfd ended with " + std::to_string(wait()) + ": " + log());
  if (settings.on_tcp) {
    const std::string text = log();
    const std::size_t begin = text.find("inet:127.0.0.1:", text.find(" ready: "));
    address_ = text.substr(begin, text.find_first_of(",;", begin) - begin);
  }
}

SpfdProcess::~SpfdProcess() {
  if (pid_ >= 0) {
    ::kill(pid_, SIGTERM);
    const auto code = wait_for(pid_, kPatience);
    if (!code) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (code != 0) give_up("spfd did not stop as it should");
  }
  const std::string text = log();
  for (const char* sign : {"the sandbox has refused", "ThreadSanitizer", "AddressSanitizer", "LeakSanitizer", "runtime error:"}) {
    if (text.find(sign) != std::string::npos) give_up(sign);
  }
}

// Ends the test program: a destructor cannot throw, and the failure must be seen.
void SpfdProcess::give_up(const char* why) const {
  std::ignore = std::fprintf(stderr, "%s; its log:\n%s\n", why, log().c_str());
  std::abort();
}

bool SpfdProcess::is_running() const {
  siginfo_t ended{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0;
}

std::string SpfdProcess::log() const { return slurp(folder_ / "log"); }

void SpfdProcess::wait_for_log(std::string_view text) const {
  try {
    wait_until(text, [&] { return log().find(text) != std::string::npos; });
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string(error.what()) + "; the log:\n" + log());
  }
}

std::string SpfdProcess::ask(std::string_view question) const {
  Client client(address_);
  client.send(question);
  client.end_of_input();
  return client.read_to_end();
}

void SpfdProcess::signal(int number) const { ::kill(pid_, number); }

int SpfdProcess::wait() {
  const auto code = wait_for(pid_, kPatience);
  if (!code) throw std::runtime_error("spfd did not end; its log:\n" + log());
  pid_ = -1;
  return *code;
}

int SpfdProcess::stop() {
  signal(SIGTERM);
  return wait();
}

std::size_t SpfdProcess::resident() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/statm");
  std::size_t pages = 0;
  status >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace support
