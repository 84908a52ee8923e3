#include "tools/app/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "connectors/net/loop.hpp"

namespace proteus::app {
namespace {

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

}  // namespace

double unix_seconds_now() {
  return std::chrono::duration<double>(net::Loop::wall_now().time_since_epoch()).count();
}

ProcessFigures process_figures(double started_unix_seconds) {
  ProcessFigures figures;
  figures.started_unix_seconds = started_unix_seconds;
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (std::ifstream in("/proc/self/statm"); in >> pages >> resident)
    figures.resident_bytes =
        static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  std::error_code failed;
  const std::filesystem::directory_iterator folder("/proc/self/fd", failed);
  // One of them is the iterator's own.
  if (!failed)
    figures.open_descriptors = static_cast<double>(std::distance(begin(folder), end(folder)) - 1);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    figures.descriptors_max = static_cast<double>(limit.rlim_cur);
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    figures.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  return figures;
}

}  // namespace proteus::app
