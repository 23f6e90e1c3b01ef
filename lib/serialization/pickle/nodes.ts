/**
 * The contents of a pickle before they become JavaScript values. Nothing here allocates tensors or runs code, so a file
 * has been checked completely before its first tensor is made.
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
  /** The attributes of an OrderedDict, such as a state dict's `_metadata`. */
  attributes: unknown;

  constructor(kind: Dict['kind']) {
    this.kind = kind;
  }
}

export class PythonSet {
  readonly items = new Set<unknown>();
}

/** A float without a fraction, which JavaScript does not distinguish from an integer. */
export class WholeFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A Python name that is a value, such as a class. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A storage of tensors. */
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
