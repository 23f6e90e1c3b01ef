// How many threads an operator may use: LibTorch's own setting, divided among the lanes.
#pragma once

namespace torchloss::threads {

// The number of threads for all lanes together, and for a call outside of them.
int total();
void set_total(int count);

// Like `set_total`, unless this process has already set it: a new worker must not undo what the program has
// set.
void settle_total(int count);

// Counts the lanes, each of which takes its share.
void lane_opened();
void lane_closed();

// Gives the calling lane's thread its share: `own` if that is above 0.
void use_part(int own);

// Gives the calling JavaScript thread the total.
void use_total();

// Whether the calling thread is one of JavaScript's, so no JavaScript can run beside it in this environment.
bool runs_javascript();

}  // namespace torchloss::threads
