// Stands in for the Python child of `torchloss parity`: node peer.mjs MODE NOTE_FILE PROGRAM serve FRAMEWORK ...
// It speaks the protocol and calls torchloss itself, or misbehaves as MODE says. NOTE_FILE gets its process id.
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FrameReader, encodeFrame, PROTOCOL } from '../../dist/parity/wire/protocol.js';

const [mode, noteFile, , , framework] = process.argv.slice(2);
if (noteFile) writeFileSync(noteFile, String(process.pid));

/** The greeting of a PyTorch that runs on the LibTorch in use. */
async function sameLibTorch() {
  const { libtorch } = await import('../../dist/addon/native.js');
  const { libraryFile } = await import('../../dist/libtorch/locate.js');
  const { version, libDir } = libtorch();
  return { version, library: join(libDir, libraryFile('torch_cpu')) };
}

const hello = {
  type: 'hello',
  protocol: mode === 'old protocol' ? PROTOCOL - 1 : PROTOCOL,
  version: framework === 'mindspore' ? '2.10.0' : '1.0.0',
  python: '3.11.0',
  executable: 'stand-in',
  threads: 1,
  ...(mode === 'same LibTorch' && framework === 'pytorch' ? await sameLibTorch() : {}),
};
let answered = 0;
/** Whether a call has cost the process its device, after which all fail. */
let lost = false;
const LOST = { type: 'RuntimeError', message: 'CUDA error: device-side assert triggered' };

function send(head, tensors = []) {
  for (const part of encodeFrame({ head, tensors })) writeSync(1, part);
}

/** The result of a case here; torchloss is loaded for the first one. */
async function answer({ head, tensors }) {
  const { runCase } = await import('../../dist/parity/sides/own.js');
  const { encode } = await import('../../dist/parity/wire/bits.js');
  const raise = (value) => {
    if (Array.isArray(value)) return value.map(raise);
    if (typeof value !== 'object' || value === null || !('tensor' in value)) return value;
    return { ...tensors[value.tensor], requires_grad: value.requires_grad };
  };
  const args = head.case.args.map(({ name, value }) => ({ name, value: raise(value) }));
  const kwargs = Object.fromEntries(Object.entries(head.case.kwargs).map(([name, value]) => [name, raise(value)]));
  const { output, gradients, error, gradError } = runCase({ ...head.case, args, kwargs });
  if (error) return [{ type: 'result', error }, []];
  const raw = ({ dtype, shape, data }) => ({ dtype, shape, data: encode(Array.from(data, Number), dtype) });
  const found = [raw(output)];
  const numbers = {};
  for (const [name, gradient] of gradients) numbers[name] = gradient === null ? null : found.push(raw(gradient)) - 1;
  if (mode === 'one wrong element' && output.dtype === 'float32' && output.data.length > 0) found[0].data[0] += 1;
  return [{ type: 'result', gradients: numbers, grad_error: gradError }, found];
}

if (mode === 'no start') await new Promise((resolve) => setTimeout(resolve, 600_000));
if (mode === 'garbage') {
  console.log('Loading the framework ... done');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}
if (mode === 'silent exit') process.exit(3);
if (mode === 'stack trace') {
  console.error('Traceback (most recent call last):\n  No module named torch');
  process.exit(1);
}
send(mode === 'no framework' ? { ...hello, error: "ModuleNotFoundError: No module named 'torch'" } : hello);

const reader = new FrameReader();
let queue = Promise.resolve();
process.stdin.on('data', (chunk) => {
  for (const frame of reader.push(chunk)) {
    queue = queue.then(async () => {
      if (mode === 'hang' && answered === 3) await new Promise((resolve) => setTimeout(resolve, 600_000));
      if (mode === 'garbage later' && answered === 3) {
        writeSync(1, 'Segmentation fault');
        return;
      }
      if (mode === 'killed' && answered === 3) process.kill(process.pid, 'SIGKILL');
      if (mode === 'exit later' && answered === 3) process.exit(7);
      if (mode === 'crash' && frame.head.case.id === 'huber_loss/float32/0/usual') process.kill(process.pid, 'SIGFPE');
      lost ||= mode === 'lost device' && frame.head.case.id === 'huber_loss/float32/0/usual';
      const [head, tensors] = lost ? [{ type: 'result', error: LOST }, []] : await answer(frame);
      answered++;
      send(head, tensors);
    });
  }
});
// A hanging child does not notice that its input has ended.
process.stdin.on('end', () => mode === 'hang' || process.exit(0));
if (mode === 'hang') setInterval(() => {}, 1000);
