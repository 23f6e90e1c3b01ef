// Loads the given libraries, as another addon would, then torchloss, and prints the outcome as JSON. Usage: load.mjs ENTRY
// DEVICE [LIBRARY...]
import { constants } from 'node:os';

const NODELETE = 0x1000; // of glibc
const [entry, device, ...libraries] = process.argv.slice(2);

for (const library of libraries) {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY | NODELETE);
  } catch (error) {
    if (!error.message.includes('did not self-register')) throw error;
  }
}
const { torch } = await import(entry);
const { libtorch } = await import(new URL('addon/native.js', entry).href);
try {
  const values = torch.tensor([1.5, 2], { device }).mul(2).tolist();
  console.log(JSON.stringify({ values, root: libtorch().root, source: libtorch().source }));
} catch ({ name, code, message }) {
  console.log(JSON.stringify({ name, code, message }));
}
