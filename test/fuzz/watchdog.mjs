// Ends a process whose main thread stands still: a hanging call cannot be told of by the thread that hangs.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

/** Watches this thread from another; the function that it gives says that all is well. */
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
