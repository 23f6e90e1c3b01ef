/** TensorBoard's event files: TFRecords of `Event` messages, of which scalars need a few fields. */
import { mkdir, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TorchError } from '../../base/errors.js';
import { AppendedFile, writeError } from './appended_file.js';
import { maskedCrc32c } from './crc32c.js';

/** `SessionLog.START`: what TensorBoard has of this step and later ones, from a run before, no longer counts. */
const START = 1;

/** A file that scalars are appended to. */
export class EventFile extends AppendedFile {
  /** Begins a new file in a folder, for a run that goes on after `step`. */
  static async create(folder: string, step: number): Promise<EventFile> {
    const now = Date.now();
    const name = `events.out.tfevents.${Math.floor(now / 1000)}.${hostname()}.${process.pid}.${now % 1000}`;
    const path = join(folder, name);
    try {
      await mkdir(folder, { recursive: true });
      const file = new EventFile(path, await open(path, 'wx'));
      file.#add(0, text(3, 'brain.Event:2'));
      file.#add(step + 1, message(7, varint(1, START)));
      await file.flush();
      return file;
    } catch (cause) {
      throw cause instanceof TorchError ? cause : writeError(path, cause);
    }
  }

  /** Adds scalars of one step, by their tags such as `loss/train`. */
  add(step: number, scalars: Readonly<Record<string, number>>): void {
    const values = Object.entries(scalars).map(([tag, value]) => message(1, text(1, tag), float(2, value)));
    this.#add(step, message(5, ...values));
  }

  #add(step: number, what: Uint8Array): void {
    this.append(record(Buffer.concat([double(1, Date.now() / 1000), varint(2, step), what])));
  }
}

/** A TFRecord: the length and its checksum, the data and theirs. */
function record(data: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(data.length + 16);
  framed.writeBigUInt64LE(BigInt(data.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  framed.set(data, 12);
  framed.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return framed;
}

/** The wire types of protocol buffers. */
const WIRE = { varint: 0, double: 1, bytes: 2, float: 5 } as const;

function key(field: number, type: keyof typeof WIRE): Buffer {
  return Buffer.from([field * 8 + WIRE[type]]);
}

function digits(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([key(field, 'varint'), digits(value)]);
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, 'double'), bytes]);
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 'float'), bytes]);
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value));
}

function message(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([key(field, 'bytes'), digits(length), ...parts]);
}
