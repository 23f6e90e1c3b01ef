/** Models on disk: each has a folder with its description and its checkpoints, and is trained on one of the lanes. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Tensor, torch } from 'torchloss';
import { Accuracy, type Metrics, Trainer } from 'torchloss/train';

const { nn, optim } = torch;

/** The description of a model. */
export interface Spec {
  /** The numbers of inputs, hidden units and outputs. */
  readonly layers: readonly number[];
  /** Class indices for `cross_entropy`, numbers for `mse_loss`. */
  readonly loss: 'cross_entropy' | 'mse_loss';
  readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
  readonly lr: number;
  readonly seed: number;
}

/** A request for which a model has no room. */
export class Full extends Error {}

/** A model in training. Its requests are processed in order; a bounded number of them wait. */
export class Model extends EventEmitter {
  readonly id: string;
  readonly spec: Spec;
  readonly trainer: Trainer;
  readonly #folder: string;
  readonly #limits: Limits;
  #waiting = 0;
  #saved = 0;

  private constructor(id: string, spec: Spec, folder: string, limits: Limits, lane: torch.Lane) {
    super();
    this.id = id;
    this.spec = spec;
    this.#folder = folder;
    this.#limits = limits;
    torch.manual_seed(spec.seed);
    const parts: InstanceType<typeof nn.Module>[] = [];
    for (const [at, outputs] of spec.layers.slice(1).entries()) {
      if (at > 0) parts.push(new nn.ReLU());
      parts.push(new nn.Linear(spec.layers[at], outputs));
    }
    // Traced, the whole step is one native call: no forward pass blocks the event loop.
    const model = torch.jit.trace(new nn.Sequential(...parts), [torch.zeros([2, spec.layers[0]])]);
    this.trainer = new Trainer({
      model,
      loss: spec.loss === 'cross_entropy' ? new nn.CrossEntropyLoss() : new nn.MSELoss(),
      optimizer: new optim[spec.optimizer](model.parameters(), { lr: spec.lr }),
      lane,
    });
  }

  static async create(spec: Spec, root: string, limits: Limits, lane: torch.Lane): Promise<Model> {
    const id = randomUUID();
    const folder = join(root, id);
    const model = new Model(id, spec, folder, limits, lane);
    await mkdir(folder, { recursive: true });
    await model.trainer.save(join(folder, 'model.pt'));
    // A folder without a description is not restored; the description is renamed into place last.
    await writeFile(join(folder, 'spec.new'), JSON.stringify(spec), { flush: true });
    await rename(join(folder, 'spec.new'), join(folder, 'spec.json'));
    return model;
  }

  static async restore(id: string, root: string, limits: Limits, lane: torch.Lane): Promise<Model> {
    const folder = join(root, id);
    const spec = JSON.parse(await readFile(join(folder, 'spec.json'), 'utf8')) as Spec;
    const model = new Model(id, spec, folder, limits, lane);
    await model.trainer.restore(join(folder, 'model.pt'));
    model.#saved = model.trainer.steps;
    return model;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Makes a step, and a checkpoint after enough of them. */
  train(input: Tensor, target: Tensor, signal: AbortSignal) {
    return this.#do(async () => {
      const result = await this.trainer.step(input, target, { signal });
      const step = this.trainer.steps;
      this.emit('step', { step, ...result });
      if (step - this.#saved >= this.#limits.every) await this.#save();
      return { step, ...result };
    });
  }

  evaluate(input: Tensor, target: Tensor, signal: AbortSignal) {
    return this.#do(async () => {
      const metrics: Metrics = this.spec.loss === 'cross_entropy' ? { accuracy: new Accuracy() } : {};
      const result = await this.trainer.evaluate([[input, target]], { metrics, signal });
      return { loss: result.loss, samples: result.samples, ...result.metrics };
    });
  }

  predict(input: Tensor): Promise<Tensor> {
    return this.#do(async () => (await this.trainer.predict(input)) as Tensor);
  }

  checkpoint(): Promise<{ step: number }> {
    return this.#do(async () => {
      await this.#save();
      return { step: this.trainer.steps };
    });
  }

  /** Saves what is not saved yet before the end. */
  async close(): Promise<void> {
    if (this.trainer.steps > this.#saved) await this.#save();
    this.emit('end');
  }

  async delete(): Promise<void> {
    await rm(join(this.#folder, 'spec.json'), { force: true });
    await rm(this.#folder, { recursive: true, force: true });
    this.emit('end');
  }

  async #save(): Promise<void> {
    const step = this.trainer.steps;
    await this.trainer.save(join(this.#folder, 'model.pt'));
    this.#saved = step;
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#limits.waiting) throw new Full(`${this.#limits.waiting} requests of this model wait`);
    this.#waiting++;
    try {
      return await work();
    } finally {
      this.#waiting--;
    }
  }
}

/** Limits that keep a service from growing. */
export interface Limits {
  /** The number of models, and of requests that wait for one of them. */
  readonly models: number;
  readonly waiting: number;
  /** Steps between two checkpoints: at most as many are lost when the process is killed. */
  readonly every: number;
  /** Lanes of one thread each, shared by all models: as many operators run at once. */
  readonly lanes: number;
}

/** All models of a folder. */
export class Models {
  readonly #root: string;
  readonly #limits: Limits;
  readonly #lanes: readonly torch.Lane[];
  readonly #models = new Map<string, Model>();
  #made = 0;
  #creating = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(root: string, limits: Limits) {
    this.#root = root;
    this.#limits = limits;
    // The event loop's own calls are small. With more threads they would wait for cores that the lanes keep busy.
    torch.set_num_threads(1);
    // Always one thread each, so that the bits of a run do not depend on what else runs.
    this.#lanes = Array.from({ length: limits.lanes }, () => new torch.Lane({ threads: 1 }));
  }

  /** Restores the models of an earlier process. */
  static async open(root: string, limits: Limits): Promise<Models> {
    await mkdir(root, { recursive: true });
    const models = new Models(root, limits);
    for (const id of readdirSync(root).sort()) {
      if (!existsSync(join(root, id, 'spec.json'))) continue;
      models.#models.set(id, await Model.restore(id, root, limits, models.#nextLane()));
    }
    return models;
  }

  get all(): readonly Model[] {
    return [...this.#models.values()];
  }

  get(id: string): Model | undefined {
    return this.#models.get(id);
  }

  async create(spec: Spec): Promise<Model> {
    if (this.#models.size + this.#creating >= this.#limits.models)
      throw new Full(`there are ${this.#limits.models} models`);
    this.#creating++;
    try {
      // Building and tracing a model takes milliseconds, so each gets its own turn of the event loop.
      this.#turn = this.#turn.then(() => setImmediate());
      await this.#turn;
      const model = await Model.create(spec, this.#root, this.#limits, this.#nextLane());
      this.#models.set(model.id, model);
      return model;
    } finally {
      this.#creating--;
    }
  }

  async delete(model: Model): Promise<void> {
    this.#models.delete(model.id);
    await model.delete();
  }

  async close(): Promise<void> {
    for (const model of this.all) await model.close();
    for (const lane of this.#lanes) lane.dispose();
  }

  #nextLane(): torch.Lane {
    return this.#lanes[this.#made++ % this.#lanes.length];
  }
}
