/**
 * What a pickle describes, before it becomes JavaScript's values: nothing here has memory of its own or runs anything, so
 * that a file is known whole before the first tensor of it is made.
 */

export class List {
  readonly items: unknown[] = [];
}

export class Tuple {
  readonly items: readonly unknown[];
  /** Whether it is a torch.Size. */
  readonly isSize: boolean;

  constructor(items: readonly unknown[], isSize = false) {
    this.items = items;
    this.isSize = isSize;
  }
}

export class Dict {
  readonly entries = new Map<unknown, unknown>();
  readonly kind: 'dict' | 'ordered_dict' | 'counter';
  /** The attributes that an OrderedDict carries, such as a state dict's `_metadata`. */
  attributes: unknown;

  constructor(kind: Dict['kind']) {
    this.kind = kind;
  }
}

export class PythonSet {
  readonly items = new Set<unknown>();
}

/** A float whose value is a whole number: JavaScript's numbers do not tell it from an integer. */
export class WholeFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A name of Python's that stands for itself, such as a class. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A storage that a tensor lies in. */
export class StorageNode {
  /** Its name in the file. */
  readonly key: string;
  /** The device it was on. */
  readonly location: string;
  readonly bytes: number;
  /** The dtype's number, or `undefined` for a storage of bytes. */
  readonly dtype: number | undefined;

  constructor({ key, location, bytes, dtype }: Readonly<StorageNode>) {
    this.key = key;
    this.location = location;
    this.bytes = bytes;
    this.dtype = dtype;
  }
}

/** A tensor over a storage. */
export class TensorNode {
  readonly storage: StorageNode;
  /** The dtype's number. */
  readonly dtype: number;
  readonly offset: number;
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly conj: boolean;
  readonly neg: boolean;
  readonly requires_grad: boolean;
  readonly isParameter: boolean;

  constructor(fields: Readonly<TensorNode>) {
    this.storage = fields.storage;
    this.dtype = fields.dtype;
    this.offset = fields.offset;
    this.size = fields.size;
    this.strides = fields.strides;
    this.conj = fields.conj;
    this.neg = fields.neg;
    this.requires_grad = fields.requires_grad;
    this.isParameter = fields.isParameter;
  }
}
