// Work divided among LibTorch's own threads.
#pragma once

#include <cstdint>
#include <functional>

namespace torchloss {

// The number of threads that the calling thread's operators may use, at most one per task.
int64_t workers_for(int64_t tasks);

// Calls `task(index, worker)` for each index below `tasks`, on `workers` threads at a time. These are the
// threads that LibTorch's operators use; an operator inside a task runs on the task's thread alone. The first
// exception ends the work and is rethrown here. Warnings are raised here, each once.
void share_out(int64_t tasks, int64_t workers, const std::function<void(int64_t, int64_t)>& task);

}  // namespace torchloss
