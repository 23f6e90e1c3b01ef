// Work shared out among LibTorch's own threads.
#pragma once

#include <cstdint>
#include <functional>

namespace torchloss {

// How many threads the calling thread's operators may use, at most one for each of `tasks`.
int64_t workers_for(int64_t tasks);

// Calls `task(index, worker)` for each index below `tasks`, on `workers` threads at a time. They are the
// threads that LibTorch's operators run on; an operator inside a task runs on the task's thread alone. The
// first exception ends the work and is thrown here; warnings are given here, each once.
void share_out(int64_t tasks, int64_t workers, const std::function<void(int64_t, int64_t)>& task);

}  // namespace torchloss
