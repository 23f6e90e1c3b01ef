/** Writes shared libraries for Linux byte by byte, since tests have no compiler. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

const HEADER = 64;
const PROGRAM_HEADER = 56;
const DYNAMIC = { NEEDED: 1, HASH: 4, STRTAB: 5, SYMTAB: 6, STRSZ: 10, SYMENT: 11 };

/**
 * A shared library without functions that requires other libraries. It can really be loaded.
 *
 * @param needed - the names of the libraries it requires
 * @param arch - the architecture it is for
 * @param text - bytes that it contains
 */
export function sharedLibrary(needed: readonly string[] = [], arch: string = process.arch, text = ''): Buffer {
  const names = ['', ...needed, text].map((name) => Buffer.from(`${name}\0`));
  const strings = Buffer.concat(names);
  const offsets = needed.map((_, index) => Buffer.concat(names.slice(0, index + 1)).length);
  const hash = HEADER + 2 * PROGRAM_HEADER;
  const symbols = hash + 24;
  const dynamic = symbols + 24;
  const count = needed.length + 6;
  const table = dynamic + 16 * count;
  const size = table + strings.length;
  const file = Buffer.alloc(size);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(3, 16); // a shared object
  file.writeUInt16LE(MACHINES[arch] ?? 0, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(HEADER), 32); // where the program headers are
  for (const [at, value] of [HEADER, PROGRAM_HEADER, 2, 64].entries()) file.writeUInt16LE(value, 52 + 2 * at);
  writeProgramHeader(file, HEADER, 1, 0, size); // everything is loaded
  writeProgramHeader(file, HEADER + PROGRAM_HEADER, 2, dynamic, 16 * count);
  for (const [at, value] of [1, 1, 0, 0].entries()) file.writeUInt32LE(value, hash + 4 * at); // an empty hash table
  const entries: [number, number][] = [
    ...offsets.map((offset): [number, number] => [DYNAMIC.NEEDED, offset]),
    [DYNAMIC.HASH, hash],
    [DYNAMIC.STRTAB, table],
    [DYNAMIC.SYMTAB, symbols],
    [DYNAMIC.STRSZ, strings.length],
    [DYNAMIC.SYMENT, 24],
  ];
  for (const [at, [tag, value]] of entries.entries()) {
    file.writeBigUInt64LE(BigInt(tag), dynamic + 16 * at);
    file.writeBigUInt64LE(BigInt(value), dynamic + 16 * at + 8);
  }
  strings.copy(file, table);
  return file;
}

function writeProgramHeader(file: Buffer, at: number, type: number, offset: number, size: number): void {
  file.writeUInt32LE(type, at);
  file.writeUInt32LE(6, at + 4); // readable and writable
  for (const field of [8, 16, 24]) file.writeBigUInt64LE(BigInt(offset), at + field);
  for (const field of [32, 40]) file.writeBigUInt64LE(BigInt(size), at + field);
  file.writeBigUInt64LE(type === 1 ? 0x10000n : 8n, at + 48);
}
