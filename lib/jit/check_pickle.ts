/** The structure of the pickles in TorchScript files, which LibTorch builds values of without a limit to their depth. */
import type { Refuse } from './check_code.js';

/** Values in values in values: more than any module has. */
const MAX_DEPTH = 256;

/** A value, as far as its structure goes. */
interface Node {
  readonly parts: Node[];
}

const LEAF: Node = { parts: [] };

/**
 * Checks that a pickle makes one value, takes only what is there, and is neither too deep nor a part of itself.
 *
 * @throws what `refuse` makes
 */
export function checkPickle(bytes: Uint8Array, refuse: Refuse): void {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), refuse);
  checkDepth(reader.read(), refuse);
}

class Reader {
  readonly #bytes: Buffer;
  readonly #refuse: Refuse;
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Node>();
  readonly #stack: Node[] = [];
  #at = 0;

  constructor(bytes: Buffer, refuse: Refuse) {
    this.#bytes = bytes;
    this.#refuse = refuse;
  }

  read(): Node {
    for (;;) {
      const code = this.#take(1)[0] as number;
      if (String.fromCharCode(code) === '.') break;
      this.#run(code);
    }
    const [value] = this.#stack;
    if (value === undefined || this.#stack.length !== 1 || this.#at !== this.#bytes.length)
      throw this.#refuse('it does not end with one value');
    return value;
  }

  #run(code: number): void {
    const fixed = LENGTHS.get(code);
    if (fixed !== undefined) {
      this.#take(fixed);
      this.#stack.push(LEAF);
      return;
    }
    switch (code) {
      case 0x80:
        this.#take(1);
        break;
      case 0x81: // NEWOBJ
      case of('R'):
        this.#join(2);
        break;
      case 0x85:
        this.#join(1);
        break;
      case 0x86:
        this.#join(2);
        break;
      case 0x87:
        this.#join(3);
        break;
      case of('Q'):
        this.#join(1);
        break;
      case of('('):
        this.#marks.push(this.#stack.length);
        break;
      case of('t'):
        this.#stack.push({ parts: this.#popMark() });
        break;
      case of(')'):
      case of(']'):
      case of('}'):
        this.#stack.push({ parts: [] });
        break;
      case of('a'):
      case of('b'):
        this.#add(1);
        break;
      case of('s'):
        this.#add(2);
        break;
      case of('e'):
      case of('u'): {
        const items = this.#popMark();
        const { parts } = this.#top();
        for (const item of items) parts.push(item);
        break;
      }
      case of('X'):
        this.#take(this.#take(4).readUInt32LE());
        this.#stack.push(LEAF);
        break;
      case of('U'):
      case 0x8a:
        this.#take(this.#take(1)[0] as number);
        this.#stack.push(LEAF);
        break;
      case of('c'):
        this.#line();
        this.#line();
        this.#stack.push(LEAF);
        break;
      case of('q'):
        this.#remember(this.#take(1)[0] as number);
        break;
      case of('r'):
        this.#remember(this.#take(4).readUInt32LE());
        break;
      case of('h'):
        this.#recall(this.#take(1)[0] as number);
        break;
      case of('j'):
        this.#recall(this.#take(4).readUInt32LE());
        break;
      default:
        throw this.#refuse(`it has an operation that TorchScript does not write, 0x${code.toString(16)}`);
    }
  }

  #take(length: number): Buffer {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw this.#refuse('it is cut off');
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  #line(): void {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw this.#refuse('it is cut off');
    this.#at = end + 1;
  }

  /** Makes one value of the last ones. */
  #join(count: number): void {
    this.#stack.push({ parts: this.#pop(count) });
  }

  /** Makes the last values parts of the one before them. */
  #add(count: number): void {
    const items = this.#pop(count);
    const { parts } = this.#top();
    for (const item of items) parts.push(item);
  }

  #pop(count: number): Node[] {
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count)
      throw this.#refuse('it takes more values than there are');
    return this.#stack.splice(this.#stack.length - count);
  }

  #top(): Node {
    const top = this.#stack.at(-1);
    if (top === undefined) throw this.#refuse('it takes more values than there are');
    return top;
  }

  #popMark(): Node[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#refuse('it closes more lists than it opened');
    return this.#stack.splice(mark);
  }

  /** LibTorch makes room for all numbers up to the highest: they come one after the other. */
  #remember(key: number): void {
    if (key > this.#memo.size) throw this.#refuse(`it numbers a value ${key} of ${this.#memo.size}`);
    this.#memo.set(key, this.#top());
  }

  #recall(key: number): void {
    const node = this.#memo.get(key);
    if (node === undefined) throw this.#refuse(`it refers to a value that is not there, ${key}`);
    this.#stack.push(node);
  }
}

/** The operations that make a value of so many bytes. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [of('N'), 0],
  [0x88, 0],
  [0x89, 0],
  [of('K'), 1],
  [of('M'), 2],
  [of('J'), 4],
  [of('G'), 8],
]);

function of(letter: string): number {
  return letter.charCodeAt(0);
}

/** Walks with a list of its own: the structure may be deeper than calls can go. */
function checkDepth(root: Node, refuse: Refuse): void {
  const depths = new Map<Node, number>();
  const open = new Set<Node>();
  const path: { node: Node; next: number }[] = [{ node: root, next: 0 }];
  open.add(root);
  while (path.length > 0) {
    const step = path.at(-1) as { node: Node; next: number };
    const part = step.node.parts[step.next++];
    if (part === undefined) {
      path.pop();
      open.delete(step.node);
      const depth = 1 + step.node.parts.reduce((deepest, inner) => Math.max(deepest, depths.get(inner) ?? 0), 0);
      if (depth > MAX_DEPTH) throw refuse(`it is nested deeper than ${MAX_DEPTH}`);
      depths.set(step.node, depth);
    } else if (open.has(part)) {
      if (part !== LEAF) throw refuse('it has a value that contains itself');
    } else if (!depths.has(part)) {
      open.add(part);
      path.push({ node: part, next: 0 });
    }
  }
}
