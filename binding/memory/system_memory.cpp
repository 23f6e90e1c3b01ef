#include "memory/system_memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#endif

namespace torchloss {

#if defined(_WIN32)

namespace {

MEMORYSTATUSEX status() {
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof(status);
  GlobalMemoryStatusEx(&status);
  return status;
}

}  // namespace

size_t total_memory() { return status().ullTotalPhys; }

// Memory and page file together: Windows reports the total of both.
size_t total_swap() {
  const MEMORYSTATUSEX now = status();
  return now.ullTotalPageFile - std::min(now.ullTotalPageFile, now.ullTotalPhys);
}

size_t available_memory() { return status().ullAvailPhys; }

size_t page_size() {
  SYSTEM_INFO info{};
  GetSystemInfo(&info);
  return info.dwPageSize;
}

void* map_pages(size_t bytes, size_t) noexcept {
  return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void unmap_pages(void* pages, size_t) noexcept { VirtualFree(pages, 0, MEM_RELEASE); }

#else

size_t page_size() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

#if defined(__APPLE__)

size_t total_memory() {
  uint64_t bytes = 0;
  size_t length = sizeof(bytes);
  sysctlbyname("hw.memsize", &bytes, &length, nullptr, 0);
  return bytes;
}

size_t total_swap() { return total_memory(); }

size_t available_memory() { return total_memory(); }

#else

namespace {

constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

// The number after `name` in a file of names and numbers, or the number in a file without names if `name` is
// empty.
size_t read_number(const std::string& file, const std::string& name, size_t otherwise) {
  std::ifstream stream(file);
  std::string word;
  while (!name.empty() && stream >> word && word != name) {
  }
  size_t number = 0;
  return stream >> number ? number : otherwise;
}

size_t memory_info(const char* name, size_t otherwise) {
  const size_t kibibytes = read_number("/proc/meminfo", name, kUnlimited);
  return kibibytes == kUnlimited ? otherwise : kibibytes * 1024;
}

struct Group {
  std::string folder;
  bool unified = true;  // control groups version 2

  size_t limit() const {
    return read_number(folder + (unified ? "/memory.max" : "/memory.limit_in_bytes"), "", kUnlimited);
  }

  // What is used and cannot be reclaimed by dropping cached files.
  size_t used() const {
    const size_t all = read_number(folder + (unified ? "/memory.current" : "/memory.usage_in_bytes"), "", 0);
    const char* name = unified ? "inactive_file" : "total_inactive_file";
    return all - std::min(all, read_number(folder + "/memory.stat", name, 0));
  }
};

// Of this process's control group and its ancestors, the one with the tightest memory limit.
Group find_group() {
  Group tightest;
  size_t least = kUnlimited;
  std::ifstream stream("/proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && controllers != "memory") continue;
    Group group;
    group.unified = controllers.empty();
    const std::string root = group.unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
      group.folder = root + (path == "/" ? "" : path);
      if (group.limit() < least) {
        least = group.limit();
        tightest = group;
      }
      if (path.find('/') == std::string::npos) break;
    }
  }
  return tightest;
}

// Looked up once: a process that is moved to another group keeps the limits of the one it started in.
const Group& own_group() {
  static const Group* group = new Group(find_group());
  return *group;
}

}  // namespace

size_t total_memory() {
  const size_t machine = memory_info("MemTotal:", kUnlimited);
  return own_group().folder.empty() ? machine : std::min(machine, own_group().limit());
}

size_t total_swap() { return memory_info("SwapTotal:", 0); }

size_t available_memory() {
  const size_t machine = memory_info("MemAvailable:", kUnlimited);
  if (own_group().folder.empty()) return machine;
  const size_t limit = own_group().limit();
  return std::min(machine, limit - std::min(limit, own_group().used()));
}

#endif

#if defined(MADV_HUGEPAGE)

namespace {

constexpr size_t kHugePage = 2 * 1024 * 1024;

size_t round_up(uintptr_t value, size_t step) { return (value + step - 1) / step * step; }

}  // namespace

// A huge page starts at a multiple of its size, which mmap does not guarantee. So a little more is mapped,
// and what lies before and after it is returned.
void* map_pages(size_t bytes, size_t used) noexcept {
  const size_t huge = used / kHugePage * kHugePage;
  const size_t extra = huge > 0 ? kHugePage : 0;
  void* mapped = mmap(nullptr, bytes + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (huge == 0) return mapped;
  auto* const start = static_cast<char*>(mapped);
  auto* const pages =
      start + (round_up(reinterpret_cast<uintptr_t>(start), kHugePage) - reinterpret_cast<uintptr_t>(start));
  const size_t before = pages - start;
  if (before > 0) munmap(start, before);
  if (before < extra) munmap(pages + bytes, extra - before);
  madvise(pages, huge, MADV_HUGEPAGE);
  return pages;
}

#else

void* map_pages(size_t bytes, size_t) noexcept {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

#endif

// If the system has too many mappings to split one, the addresses stay reserved, but not the memory.
void unmap_pages(void* pages, size_t bytes) noexcept {
  if (munmap(pages, bytes) != 0) madvise(pages, bytes, MADV_DONTNEED);
}

#endif

}  // namespace torchloss
