import type { RemovableHandle } from '../tensor/hooks.js';

export type { RemovableHandle };

/** Functions that run around a module's call, in order. */
export class Hooks<H> {
  #list: H[] = [];

  get any(): boolean {
    return this.#list.length > 0;
  }

  add(hook: H, prepend: boolean): RemovableHandle {
    // The same function may be registered several times.
    const entry = { hook };
    if (prepend) this.#entries.unshift(entry);
    else this.#entries.push(entry);
    this.#update();
    return {
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
        this.#update();
      },
    };
  }

  /** The same hooks, apart from these. */
  clone(): Hooks<H> {
    const copy = new Hooks<H>();
    for (const hook of this.#list) copy.add(hook, false);
    return copy;
  }

  /** The hooks there are now; one that is added or removed meanwhile does not count. */
  all(): readonly H[] {
    return this.#list;
  }

  #entries: { hook: H }[] = [];

  #update(): void {
    this.#list = this.#entries.map(({ hook }) => hook);
  }
}
