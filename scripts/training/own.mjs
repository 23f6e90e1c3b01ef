// The same as peer.py through the API: a digest of every bit that each recorded layer, optimizer and schedule gives.
import { createHash } from 'node:crypto';

/** Runs the cases of a folder and gives digests by id; `error` for a case that fails. */
export async function ownDigests(folder) {
  const torch = await import('../../dist/torch/index.js');
  const { Reader } = await import('../../dist/parity/replay/training/reader.js');
  const { CaseTensors } = await import('../../dist/parity/sides/calls.js');
  const { openRecordedTensors } = await import('../../dist/parity/replay/recorded_tensors.js');
  const { readRecordedList } = await import('../../dist/parity/replay/files.js');
  torch.set_num_threads(1);
  const lookUp = openRecordedTensors(folder);
  const digests = new Map();
  for (const [name, run] of Object.entries({ layers: layer, optim: optimizer, schedulers: scheduler })) {
    for (const recorded of readRecordedList(folder, `${name}.json`)) {
      if ('what' in recorded || 'problem' in recorded || 'add_param_group' in recorded || recorded.expect.error)
        continue;
      torch.scope(() => {
        const digest = createHash('sha256');
        try {
          run(recorded, digest, new Reader(lookUp, new CaseTensors(), undefined));
          digests.set(recorded.id, digest.digest('hex'));
        } catch (error) {
          digests.set(recorded.id, `error\t${error.message.split('\n')[0]}`);
        }
      });
    }
  }
  return digests;

  function add(digest, item) {
    if (item instanceof torch.Tensor) {
      const dense = torch.ops.aten.to_dense(item.detach());
      const data = dense.toTypedArray();
      if (data instanceof Float32Array || data instanceof Float64Array) {
        for (let at = 0; at < data.length; at++) if (Number.isNaN(data[at])) data[at] = Number.NaN;
      }
      digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else if (item instanceof torch.nn.utils.rnn.PackedSequence) {
      add(digest, item.data);
    } else if (Array.isArray(item)) {
      for (const part of item) add(digest, part);
    } else if (typeof item === 'number') {
      digest.update(new Uint8Array(Float64Array.of(item).buffer));
    }
  }

  function tensors(output) {
    if (output instanceof torch.Tensor) return [output];
    if (output instanceof torch.nn.utils.rnn.PackedSequence) return [output.data];
    return Array.isArray(output) ? output.flatMap(tensors) : [];
  }

  function layer(recorded, digest, reader) {
    torch.manual_seed(recorded.seed);
    const Kind = torch.nn[recorded.name];
    const args = [...recorded.args.map((item) => reader.value(item)), reader.options(recorded.kwargs)];
    const module = recorded.method === undefined ? new Kind(...args) : Kind[recorded.method](...args);
    add(digest, Object.values(module.state_dict()));
    module.train(recorded.mode === 'train');
    torch.manual_seed(recorded.forward_seed ?? 0);
    if (recorded.to !== undefined) module.to(reader.value(recorded.to));
    for (const call of recorded.calls ?? []) {
      module.zero_grad();
      reader.inputs.length = 0;
      const values = call.args.map((item) => reader.value(item));
      const options = reader.options(call.kwargs);
      const inputs = [...reader.inputs];
      const last = Object.keys(options).length > 0 ? [options] : [];
      const run = () => module(...values, ...last);
      const output = call.no_grad ? torch.no_grad(run) : run();
      add(digest, output);
      const pairs = tensors(output).flatMap((one, at) =>
        call.cotangents?.[at] == null ? [] : [[one, call.cotangents[at]]],
      );
      for (const [at, [one, cotangent]] of pairs.entries()) {
        one.backward({ gradient: reader.tensor(cotangent), retain_graph: at < pairs.length - 1 });
      }
      add(
        digest,
        inputs.flatMap(({ grad }) => (grad === null ? [] : [grad])),
      );
      add(
        digest,
        module.parameters().flatMap(({ grad }) => (grad === null ? [] : [grad])),
      );
      add(digest, Object.values(module.state_dict()));
    }
  }

  function optimizer(recorded, digest, reader) {
    const params = recorded.params.map((item) => new torch.nn.Parameter(reader.tensor(item).to('float32')));
    const grads = recorded.grads.map((item) => reader.tensor(item).to('float32'));
    const groups = recorded.groups.map(({ params: places, options }) => ({
      params: places.map((at) => params[at]),
      ...reader.options(options),
    }));
    const made = new torch.optim[recorded.name](groups, reader.options(recorded.kwargs));
    for (let step = 0; step < recorded.steps; step++) {
      for (const { after, group, option, value } of recorded.changes ?? []) {
        if (after === step) made.param_groups[group][option] = reader.value(value);
      }
      for (const [at, parameter] of params.entries()) {
        const skipped = (recorded.no_grad ?? []).some(([place, when]) => place === at && when === step);
        parameter.grad = skipped ? null : torch.ops.aten.select(grads[at], 0, step).clone();
      }
      made.step();
      add(digest, params);
    }
  }

  function makeScheduler({ scheduler: name, args, kwargs }, made, reader) {
    const read = (part) => {
      if (Array.isArray(part)) return part.map(read);
      const isInner = typeof part === 'object' && part !== null && 'scheduler' in part;
      return isInner ? makeScheduler(part, made, reader) : reader.value(part);
    };
    const Kind = torch.optim.lr_scheduler[name] ?? torch.optim.swa_utils[name];
    const options = Object.fromEntries(Object.entries(kwargs).map(([key, part]) => [key, read(part)]));
    return new Kind(...(name === 'ChainedScheduler' ? [] : [made]), ...args.map(read), options);
  }

  function scheduler(recorded, digest, reader) {
    const { name, kwargs, groups } = recorded.optimizer;
    const own = groups.map((options) => {
      const parameter = new torch.nn.Parameter(torch.zeros([1]));
      parameter.grad = torch.zeros([1]);
      return { params: [parameter], ...reader.options(options) };
    });
    const made = new torch.optim[name](own, reader.options(kwargs));
    const schedule = makeScheduler(recorded, made, reader);
    for (let epoch = 0; epoch < recorded.epochs; epoch++) {
      made.step();
      const given = recorded.metrics?.[epoch] ?? recorded.step_args?.[epoch];
      schedule.step(...(given == null ? [] : [reader.value(given)]));
      add(
        digest,
        made.param_groups.map(({ lr }) => Number(lr)),
      );
    }
  }
}
