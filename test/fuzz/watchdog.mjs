// Ends a process whose main thread hangs: that thread cannot report it.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

/** Watches this thread from another one; the returned function reports that this thread is alive. */
export function watch(seconds) {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { beats, seconds } });
  worker.unref();
  return () => Atomics.add(beats, 0, 1);
}

if (!isMainThread && workerData?.beats !== undefined) {
  const { beats, seconds } = workerData;
  let seen = -1;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    if (now === seen) process.kill(process.pid, 'SIGKILL');
    seen = now;
  }, 1000 * seconds);
}
