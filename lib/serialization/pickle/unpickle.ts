import { callGlobal, checkKey, findGlobal, makeStorage, type Refuse } from './globals.js';
import { Dict, Global, List, PythonSet, Tuple, WholeFloat } from './nodes.js';

/** Thrown if a pickle goes on beyond the available bytes. */
export class Incomplete extends Error {}

/** The value of a pickle, and where it ended. */
export interface Unpickled {
  readonly value: unknown;
  readonly end: number;
}

/** Python's ints have no limit; those in checkpoints are seeds and counters. */
const MAX_LONG_BYTES = 255;
const MAX_PROTOCOL = 5;
/** More marks than any program leaves open; each is a list of its own. */
const MAX_MARKS = 10_000;

/** The stack and what is built on it. */
class Machine {
  stack: unknown[] = [];
  readonly marks: unknown[][] = [];
  readonly memo = new Map<number, unknown>();
  readonly #bytes: Buffer;
  readonly refuse: Refuse;
  at: number;

  constructor(bytes: Buffer, start: number, refuse: Refuse) {
    this.#bytes = bytes;
    this.at = start;
    this.refuse = refuse;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.at) throw new Incomplete();
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  /** A length in four or eight bytes. */
  length(width: 1 | 4 | 8): number {
    const bytes = this.take(width);
    const length = width === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, width);
    if (!Number.isSafeInteger(length)) throw this.refuse(`it claims ${length} bytes`);
    return length;
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0 || end - this.at > 10_000) {
      if (this.#bytes.length - this.at > 10_000) throw this.refuse('a name has no end');
      throw new Incomplete();
    }
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.refuse('a string is not valid UTF-8');
    }
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw this.refuse('it pops more values than the stack has');
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) throw this.refuse('it pops more values than the stack has');
    return this.stack.at(-1);
  }

  mark(): void {
    if (this.marks.push(this.stack) > MAX_MARKS) throw this.refuse(`it is nested deeper than ${MAX_MARKS}`);
    this.stack = [];
  }

  popMark(): unknown[] {
    const items = this.stack;
    const before = this.marks.pop();
    if (before === undefined) throw this.refuse('it closes more lists than it opened');
    this.stack = before;
    return items;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Operation = (machine: Machine) => void;

const pushes =
  (make: (machine: Machine) => unknown): Operation =>
  (machine) =>
    machine.push(make(machine));

/**
 * The operations that create data, by their codes. Those for text, for class instances and for extensions are left out.
 */
const OPERATIONS: Readonly<Record<number, Operation>> = {
  0x80: (machine) => {
    const protocol = machine.byte();
    if (protocol > MAX_PROTOCOL) throw machine.refuse(`it uses protocol ${protocol}`);
  },
  // FRAME: the lengths of frames only help with reading ahead.
  0x95: (machine) => void machine.take(8),
  [code('(')]: (machine) => machine.mark(),
  [code('0')]: (machine) => void machine.pop(),
  [code('1')]: (machine) => void machine.popMark(),
  [code('2')]: (machine) => machine.push(machine.top()),
  [code('N')]: pushes(() => null),
  0x88: pushes(() => true),
  0x89: pushes(() => false),
  [code('J')]: pushes((machine) => machine.take(4).readInt32LE()),
  [code('K')]: pushes((machine) => machine.byte()),
  [code('M')]: pushes((machine) => machine.take(2).readUInt16LE()),
  0x8a: pushes((machine) => long(machine, machine.byte())),
  0x8b: pushes((machine) => long(machine, machine.length(4))),
  [code('G')]: pushes((machine) => {
    const value = machine.take(8).readDoubleBE();
    return Number.isInteger(value) ? new WholeFloat(value) : value;
  }),
  [code('X')]: pushes((machine) => machine.text(machine.length(4))),
  0x8c: pushes((machine) => machine.text(machine.length(1))),
  0x8d: pushes((machine) => machine.text(machine.length(8))),
  [code('T')]: pushes((machine) => machine.text(machine.length(4))),
  [code('U')]: pushes((machine) => machine.text(machine.length(1))),
  [code('B')]: pushes((machine) => new Uint8Array(machine.take(machine.length(4)))),
  [code('C')]: pushes((machine) => new Uint8Array(machine.take(machine.length(1)))),
  0x8e: pushes((machine) => new Uint8Array(machine.take(machine.length(8)))),
  0x96: pushes((machine) => new Uint8Array(machine.take(machine.length(8)))),
  [code(']')]: pushes(() => new List()),
  [code('l')]: (machine) => {
    const list = new List();
    extend(list, machine.popMark());
    machine.push(list);
  },
  [code('a')]: (machine) => {
    const item = machine.pop();
    listOf(machine).items.push(item);
  },
  [code('e')]: (machine) => {
    const items = machine.popMark();
    extend(listOf(machine), items);
  },
  [code(')')]: pushes(() => new Tuple([])),
  [code('t')]: (machine) => machine.push(new Tuple(machine.popMark())),
  0x85: (machine) => tuple(machine, 1),
  0x86: (machine) => tuple(machine, 2),
  0x87: (machine) => tuple(machine, 3),
  [code('}')]: pushes(() => new Dict('dict')),
  [code('d')]: (machine) => {
    const items = machine.popMark();
    machine.push(new Dict('dict'));
    setItems(machine, items);
  },
  [code('s')]: (machine) => {
    const value = machine.pop();
    const key = machine.pop();
    setItems(machine, [key, value]);
  },
  [code('u')]: (machine) => setItems(machine, machine.popMark()),
  0x8f: pushes(() => new PythonSet()),
  0x90: (machine) => {
    const items = machine.popMark();
    const set = machine.top();
    if (!(set instanceof PythonSet)) throw machine.refuse('it adds items to something that is not a set');
    for (const item of items) set.items.add(checkKey(item, machine.refuse));
  },
  0x91: (machine) => {
    const set = new PythonSet();
    for (const item of machine.popMark()) set.items.add(checkKey(item, machine.refuse));
    machine.push(set);
  },
  [code('h')]: (machine) => machine.push(recall(machine, machine.byte())),
  [code('j')]: (machine) => machine.push(recall(machine, machine.length(4))),
  [code('q')]: (machine) => void machine.memo.set(machine.byte(), machine.top()),
  [code('r')]: (machine) => void machine.memo.set(machine.length(4), machine.top()),
  0x94: (machine) => void machine.memo.set(machine.memo.size, machine.top()),
  [code('c')]: (machine) => {
    const module = machine.line();
    machine.push(findGlobal(module, machine.line(), machine.refuse));
  },
  0x93: (machine) => {
    const name = machine.pop();
    const module = machine.pop();
    if (typeof name !== 'string' || typeof module !== 'string') throw machine.refuse('a name is not a string');
    machine.push(findGlobal(module, name, machine.refuse));
  },
  [code('R')]: call,
  // NEWOBJ: the allowed classes that create data are called in the same way.
  0x81: call,
  [code('b')]: build,
  [code('Q')]: (machine) => machine.push(makeStorage(machine.pop(), machine.refuse)),
};

/** The names of the refused operations. */
const REFUSED: Readonly<Record<number, string>> = {
  [code('i')]: 'INST, which makes an instance of a class',
  [code('o')]: 'OBJ, which makes an instance of a class',
  0x92: 'NEWOBJ_EX, which makes an instance of a class',
  0x82: 'EXT1, which asks for code',
  0x83: 'EXT2, which asks for code',
  0x84: 'EXT4, which asks for code',
  0x97: 'NEXT_BUFFER, which is of no use in a file',
  0x98: 'READONLY_BUFFER, which is of no use in a file',
  [code('P')]: 'PERSID, of protocol 0',
};

function code(letter: string): number {
  return letter.charCodeAt(0);
}

function long(machine: Machine, length: number): number | bigint {
  if (length > MAX_LONG_BYTES) throw machine.refuse(`an integer has ${length} bytes`);
  const bytes = machine.take(length);
  if (length === 0) return 0;
  const value = BigInt.asIntN(8 * length, BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`));
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}

function extend(list: List, items: readonly unknown[]): void {
  for (const item of items) list.items.push(item);
}

function listOf(machine: Machine): List {
  const list = machine.top();
  if (!(list instanceof List)) throw machine.refuse('it appends to something that is not a list');
  return list;
}

function tuple(machine: Machine, length: number): void {
  const items: unknown[] = [];
  for (let index = 0; index < length; index++) items.unshift(machine.pop());
  machine.push(new Tuple(items));
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const dict = machine.top();
  if (!(dict instanceof Dict) || items.length % 2 !== 0)
    throw machine.refuse('it sets items of something that is not a dict');
  for (let at = 0; at < items.length; at += 2) dict.entries.set(checkKey(items[at], machine.refuse), items[at + 1]);
}

function recall(machine: Machine, index: number): unknown {
  if (!machine.memo.has(index)) throw machine.refuse(`it refers to value ${index}, which it has not stored yet`);
  return machine.memo.get(index);
}

function call(machine: Machine): void {
  const args = machine.pop();
  const global = machine.pop();
  if (!(args instanceof Tuple)) throw machine.refuse('the arguments of a call are not a tuple');
  machine.push(callGlobal(global, args.items, machine.refuse));
}

/** Sets the attributes of an object; only those of an OrderedDict are kept. */
function build(machine: Machine): void {
  const state = machine.pop();
  const target = machine.top();
  if (!(target instanceof Dict) || target.kind !== 'ordered_dict' || !(state instanceof Dict))
    throw machine.refuse('it sets the state of something that is not an OrderedDict');
  target.attributes = state;
}

/**
 * Runs a pickle: a list of operations that build values on a stack. None of them has side effects.
 *
 * @param refuse - creates the errors
 * @throws Incomplete if the bytes end before the pickle does
 */
export function unpickle(bytes: Buffer, start: number, refuse: Refuse): Unpickled {
  const machine = new Machine(bytes, start, refuse);
  const stop = code('.');
  for (;;) {
    const operation = machine.byte();
    if (operation === stop) {
      if (machine.marks.length > 0 || machine.stack.length !== 1) throw refuse('it ends in the middle of a value');
      return { value: machine.pop(), end: machine.at };
    }
    const run = OPERATIONS[operation];
    if (run === undefined) {
      const name = REFUSED[operation] ?? `the operation 0x${operation.toString(16).padStart(2, '0')}`;
      throw refuse(`it uses ${name}, at ${machine.at - 1}`);
    }
    run(machine);
  }
}

/** Whether a value is a Python name rather than data. */
export function isGlobal(value: unknown): value is Global {
  return value instanceof Global;
}
