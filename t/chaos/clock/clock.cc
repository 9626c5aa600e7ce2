// Preloaded into the daemon by the chaos test: adds the number of seconds in the file $CHAOS_CLOCK to the time of day. The
// monotonic clock stays as it is. The file is mapped at the start, since the sandbox forbids opening it later.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile std::int64_t* g_offset = nullptr;
int (*g_clock_gettime)(clockid_t, timespec*) = nullptr;

__attribute__((constructor)) void open_clock() {
  g_clock_gettime = reinterpret_cast<int (*)(clockid_t, timespec*)>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const char* const path = std::getenv("CHAOS_CLOCK");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  void* const map = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (map != MAP_FAILED) g_offset = static_cast<const volatile std::int64_t*>(map);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (g_clock_gettime == nullptr) open_clock();
  const int outcome = g_clock_gettime(clock, out);
  if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) && g_offset != nullptr)
    out->tv_sec += *g_offset;
  return outcome;
}

extern "C" time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

extern "C" int gettimeofday(timeval* __restrict out, void* __restrict /*zone*/) noexcept {
  timespec now{};
  const int outcome = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return outcome;
}
