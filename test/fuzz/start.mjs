// Starts the fuzzer in its own process, so that an end in the middle of a call can be reported.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The fuzzers: for every entry, for tensors that go through one call after the other, for every operator's shapes, and for every
 * parameter.
 */
const PROGRAMS = {
  entries: './run.mjs',
  state: './state.mjs',
  shapes: './shapes.mjs',
  parameters: './parameters.mjs',
};

/** Memory returns to the system when it is freed, so that reading it afterwards ends the process. */
export const NO_CACHE = { TORCHLOSS_ALLOCATOR: 'system', MALLOC_MMAP_THRESHOLD_: '65536' };

/**
 * Fuzzes the package and returns the output of the process; `passed` if every call ended as it must.
 *
 * @param folder - the URL of the compiled modules
 * @param options - `program` (which fuzzer), `calls`, `seed`, `only` (a pattern of entries' names), and what Node is
 *   started with: `command`, `flags`, `env`
 * @returns {Promise<{ passed: boolean, report: string }>}
 */
export function fuzz(
  folder,
  { program = 'entries', calls = 0, seed = 0, only = '', command = [process.execPath], flags = [], env = {} },
) {
  const file = fileURLToPath(new URL(PROGRAMS[program], import.meta.url));
  const notes = mkdtempSync(join(tmpdir(), 'torchloss-fuzz-'));
  const last = join(notes, 'last');
  // In its own folder, for files that calls with made-up paths write.
  const child = spawn(command[0], [...command.slice(1), '--expose-gc', ...flags, file, folder], {
    cwd: notes,
    env: {
      ...process.env,
      ...env,
      TORCHLOSS_FUZZ_CALLS: String(calls),
      TORCHLOSS_FUZZ_SEED: String(seed),
      TORCHLOSS_FUZZ_ONLY: only,
      TORCHLOSS_FUZZ_LAST: last,
    },
  });
  let report = '';
  child.stdout.on('data', (text) => (report += text));
  child.stderr.on('data', (text) => (report += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== null)
        report += `\nended by ${signal} (SIGKILL after a hang) with seed ${seed} in\n${readLast(last)}`;
      rmSync(notes, { recursive: true });
      resolve({ passed: code === 0, report: report.trim() });
    });
  });
}

function readLast(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'no call at all';
  }
}
