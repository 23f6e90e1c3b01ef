// The rooms of lib, from the ground up. Their order is written only here: `npm run check` checks every import against it, and a
// test compares it with the map in CONTRIBUTING.md.

/** Each room and what is in it. A room imports from the rooms above it in this list, never from those below. */
export const LAYERS = [
  ['base', 'errors, warnings, plain objects, the types of tensors'],
  ['files', 'files read step by step and replaced whole; zip archives'],
  ['terminal', 'text and progress for people'],
  ['libtorch', 'finds, fetches and checks LibTorch; compiles the addon for it'],
  ['addon', 'loads the addon; handles, scopes, lanes, memory'],
  ['tensor', '`Tensor`, its operators, autograd; how data become tensors and come back'],
  ['distributions', 'probability distributions: samples, densities, entropies'],
  ['nn', 'modules: `Module`, parameters, layers, first values, utilities'],
  ['optim', 'optimizers and learning rate schedulers'],
  ['loss', 'what all losses share: rows, options, calls, types'],
  ['losses', 'the losses, one file each'],
  ['serialization', 'checkpoints: `torch.save` and `torch.load`'],
  ['c10d', '`torch.distributed`: process groups, collectives, DistributedDataParallel'],
  ['loader', 'datasets, samplers, `DataLoader`'],
  ['jit', 'TorchScript: tracing, files, training steps in one native call'],
  ['torch', "PyTorch's names"],
  ['mindspore', "MindSpore's names"],
  ['data', 'files as tensors: .npy, .npz, .safetensors, Parquet, Arrow, CSV, raw'],
  ['safetensors', 'whole state dicts in safetensors files'],
  ['evaluate', 'losses of whole data sets'],
  ['distributed', 'shards on many machines: job arrays, places for results, a queue'],
  ['train', 'training: steps, runs, metrics, checkpoints'],
  ['migration', 'rewrites calls from one namespace to another'],
  ['parity/wire', 'what crosses between Node and Python: bytes, dtypes, frames'],
  ['parity/cases', 'which calls are compared'],
  ['parity/sides', 'who makes them: torchloss and Python'],
  ['parity/judge', 'what two results show'],
  ['parity/replay', 'calls recorded earlier'],
  ['parity', 'comparisons as a whole, and matchers for tests'],
  ['report', 'HTML pages'],
  ['commands', 'the commands of the program'],
];

/** Rooms that commands enter only through their doors: `index.ts`, and `internal.ts` for what is not public. */
export const DOORS = ['data', 'evaluate', 'distributed', 'train', 'migration', 'parity', 'report'];

/** The room of a file of lib, or `undefined` for `index.ts`, `cli.ts` and files in no room. */
export function roomOf(file) {
  const folder = file
    .replace(/^lib\//, '')
    .split('/')
    .slice(0, -1)
    .join('/');
  const rooms = LAYERS.map(([room]) => room).filter((room) => folder === room || folder.startsWith(`${room}/`));
  return rooms.toSorted((a, b) => b.length - a.length)[0];
}
