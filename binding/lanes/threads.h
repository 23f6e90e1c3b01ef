// How many threads an operator may use: LibTorch's own setting, shared out among the lanes.
#pragma once

namespace torchloss::threads {

// The threads that all lanes together may use, and that a call outside of them uses.
int total();
void set_total(int count);

// As `set_total`, where this process has not set it yet: a worker that starts does not undo what the program
// has said.
void settle_total(int count);

// Counts the lanes, so that each takes its part.
void lane_opened();
void lane_closed();

// Gives the calling thread, a lane's, its part: `own` if that is above 0.
void use_part(int own);

// Gives the calling thread, one of JavaScript's, the total.
void use_total();

// Whether the calling thread is one of JavaScript's, so that no JavaScript runs beside it in this
// environment.
bool runs_javascript();

}  // namespace torchloss::threads
