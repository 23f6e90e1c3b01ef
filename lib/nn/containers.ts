/** Modules that hold others. */
import { checkNumber, checkString, listOf } from '../addon/arguments.js';
import { ArgumentRangeError, describe, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isFunction, isInstance, isPlainObject } from '../base/plain_object.js';
import { isModule, MERGES_REPEATS, Module } from './module.js';

/** Methods that no name of a member may hide. */
const LIST: unique symbol = Symbol('list');
const ENTRIES: unique symbol = Symbol('entries');

// biome-ignore lint/suspicious/noExplicitAny: what a container holds is the caller's
type Any = any;

/** The index that a possibly negative one stands for. */
export function place(index: unknown, length: number): number {
  if (!Number.isInteger(index)) throw invalidType('index', 'an integer', index);
  const at = (index as number) < 0 ? length + (index as number) : (index as number);
  if (at < 0 || at >= length) throw invalidValue('index', `${-length} to ${length - 1}`, index);
  return at;
}

function checkModule(value: unknown, name: string): Module {
  if (!isModule(value)) throw invalidType(name, 'a Module', value);
  return value;
}

/** The pairs of an object, or of an array of pairs. */
export function pairsOf<T>(values: unknown, name: string): (readonly [string, T])[] {
  if (isPlainObject(values)) return Object.entries(values) as [string, T][];
  return listOf(values, name, 'an object, or an array of pairs').map((pair, at) => {
    if (!isArray(pair) || pair.length !== 2) throw invalidType(`${name}[${at}]`, 'a pair of a name and a value', pair);
    return [pair[0], pair[1]] as [string, T];
  });
}

/** Modules in sequence: the first gets the arguments, each of the others the output of the one before. */
export class Sequential extends Module {
  readonly [index: number]: Any;

  /** @param modules - the modules, or one object of them by name */
  constructor(...modules: readonly Module[] | [Readonly<Record<string, Module>>]) {
    super();
    withoutLength(this);
    const [first] = modules;
    if (modules.length === 1 && isPlainObject(first)) {
      for (const [name, module] of Object.entries(first)) this.add_module(name, checkModule(module, name));
    } else {
      for (const [at, module] of modules.entries()) this.add_module(String(at), checkModule(module, `modules[${at}]`));
    }
  }

  override forward(...args: Any[]): Any {
    const [first, ...rest] = this[LIST]();
    if (first === undefined) return args[0];
    let value = first(...args);
    for (const module of rest) value = module(value);
    return value;
  }

  [LIST](): Module[] {
    return this.named_children_all().map(([, module]) => module);
  }

  /** All children with their names; shared ones appear more than once. */
  private named_children_all(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => isModule(entry[1]));
  }

  /** The number of modules. */
  override get length(): number {
    return this[LIST]().length;
  }

  /** The module at an index; negative ones count from the last. */
  at(index: number): Any {
    const list = this[LIST]();
    return list[place(index, list.length)];
  }

  /** Adds a module at the end. */
  append(module: Module): this {
    this.add_module(String(this.length), checkModule(module, 'module'));
    return this;
  }

  /** Adds modules at the end. */
  extend(modules: Iterable<Module>): this {
    const list = listOf(modules, 'modules', 'an array of modules, or another iterable');
    for (const module of list) this.append(module as Module);
    return this;
  }

  /** Part of the modules, as a new `Sequential` that shares them. */
  slice(start?: number, end?: number): Sequential {
    for (const [name, value] of Object.entries({ start, end })) if (value !== undefined) checkNumber(value, name);
    return new Sequential(Object.fromEntries(this.named_children_all().slice(start, end)));
  }

  [Symbol.iterator](): IterableIterator<Any> {
    return this[LIST]()[Symbol.iterator]();
  }
}

/** Lets the class's getter provide `length`, which every function has as its own property. */
export function withoutLength(module: object): void {
  delete (module as { length?: number }).length;
}

/** A list of modules; a plain array's modules would not become part of the module. */
export class ModuleList extends Module {
  [index: number]: Any;

  constructor(modules: Iterable<Module> = []) {
    super();
    withoutLength(this);
    Object.defineProperty(this, MERGES_REPEATS, { value: true });
    this.extend(modules);
  }

  [LIST](): Module[] {
    const list: Module[] = [];
    for (let at = 0; isModule(this[at]); at++) list.push(this[at]);
    return list;
  }

  /** The number of modules. */
  override get length(): number {
    return this[LIST]().length;
  }

  /** The module at an index; negative ones count from the last. */
  at(index: number): Any {
    return this[place(index, this.length)];
  }

  /** Adds a module at the end. */
  append(module: Module): this {
    this[this.length] = checkModule(module, 'module');
    return this;
  }

  /** Adds modules at the end. */
  extend(modules: Iterable<Module>): this {
    const list = listOf(modules, 'modules', 'an array of modules, or another iterable');
    for (const module of list) this.append(module as Module);
    return this;
  }

  /** Adds a module before the one at `index`. */
  insert(index: number, module: Module): void {
    checkModule(module, 'module');
    if (!Number.isInteger(index)) throw invalidType('index', 'an integer', index);
    const list = this[LIST]();
    list.splice(index, 0, module);
    for (const [at, item] of list.entries()) this[at] = item;
  }

  /** Removes the module at `index` and returns it. */
  pop(index = -1): Any {
    const list = this[LIST]();
    const [taken] = list.splice(place(index, list.length), 1);
    for (const [at, item] of list.entries()) this[at] = item;
    delete this[list.length];
    return taken;
  }

  /** The results of `fn` for each module. */
  map<T>(fn: (module: Any, index: number) => T): T[] {
    if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
    return this[LIST]().map(fn);
  }

  [Symbol.iterator](): IterableIterator<Any> {
    return this[LIST]()[Symbol.iterator]();
  }
}

/** Modules by name; a plain object's modules would not become part of the module. */
export class ModuleDict extends Module {
  readonly [name: string]: Any;

  constructor(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]> = {}) {
    super();
    withoutLength(this);
    this.update(modules);
  }

  [ENTRIES](): [string, Module][] {
    return Object.entries(this as object).filter((entry): entry is [string, Module] => isModule(entry[1]));
  }

  /** The number of modules. */
  override get length(): number {
    return this[ENTRIES]().length;
  }

  /** The module of that name. */
  get(name: string): Any {
    checkString(name, 'name');
    const found = Object.hasOwn(this, name) ? this[name] : undefined;
    if (!isModule(found)) throw new ArgumentRangeError('name', 'the name of one of the modules', describe(name));
    return found;
  }

  /** Adds a module under a name. */
  set(name: string, module: Module): this {
    this.add_module(name, checkModule(module, 'module'));
    return this;
  }

  /** Whether there is a module of that name. */
  has(name: string): boolean {
    return typeof name === 'string' && Object.hasOwn(this, name) && isModule(this[name]);
  }

  /** Adds modules, replacing those of the same name. */
  update(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]>): void {
    const entries = isInstance(modules, ModuleDict) ? modules.items() : pairsOf<Module>(modules, 'modules');
    for (const [name, module] of entries) this.set(name, module);
  }

  /** Removes a module and returns it. */
  pop(name: string): Any {
    const module = this.get(name);
    delete (this as Record<string, unknown>)[name];
    return module;
  }

  /** Removes all modules. */
  clear(): void {
    for (const name of this.keys()) this.pop(name);
  }

  /** The names. */
  keys(): string[] {
    return this[ENTRIES]().map(([name]) => name);
  }

  /** The modules. */
  values(): Any[] {
    return this[ENTRIES]().map(([, module]) => module);
  }

  /** The pairs of name and module. */
  items(): [string, Any][] {
    return this[ENTRIES]();
  }

  /** The names, as in Python. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.keys()[Symbol.iterator]();
  }
}
