/** The handle of a hook, which removes it. */
export interface RemovableHandle {
  /** Removes the hook; a second call does nothing. */
  remove(): void;
}

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

  /** The current hooks; hooks added or removed meanwhile do not count. */
  all(): readonly H[] {
    return this.#list;
  }

  #entries: { hook: H }[] = [];

  #update(): void {
    this.#list = this.#entries.map(({ hook }) => hook);
  }
}
