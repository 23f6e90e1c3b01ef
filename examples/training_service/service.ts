/** Models over HTTP: create, train, evaluate, predict, checkpoint and delete them. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { type Tensor, torch } from 'torchloss';
import { load, save } from 'torchloss/safetensors';
import { Full, type Limits, type Model, Models, type Spec } from './models.ts';

/** Options of {@link buildService}. */
export interface ServiceOptions extends Partial<Limits> {
  /** Where models are kept. */
  folder: string;
  /** The largest body, in bytes. Default 16 MiB. */
  bodyLimit?: number;
  /** How long a client may take to send a request, in milliseconds. Default 30 000. */
  timeout?: number;
  /** How many connections may be open. Default 256. */
  connections?: number;
}

const SPEC = {
  type: 'object',
  required: ['layers'],
  additionalProperties: false,
  properties: {
    layers: { type: 'array', minItems: 2, maxItems: 8, items: { type: 'integer', minimum: 1, maximum: 4096 } },
    loss: { enum: ['cross_entropy', 'mse_loss'], default: 'cross_entropy' },
    optimizer: { enum: ['SGD', 'Adam', 'AdamW'], default: 'AdamW' },
    lr: { type: 'number', exclusiveMinimum: 0, maximum: 10, default: 0.001 },
    seed: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
  },
};

const SAFETENSORS = 'application/octet-stream';

/** Descriptions of the counters. */
const HELP = {
  steps: 'steps of training',
  refused: 'requests answered with 429',
  failed: 'requests answered with 500',
};

/** Codes of the torchloss errors that the sender of a batch can fix. */
const CLIENT_ERRORS = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_FILE_FORMAT', 'ERR_TORCH']);

/** A request that is refused. */
class Refusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Makes the service from the models in its folder. `close` answers the pending requests, then saves the models. */
export async function buildService(options: ServiceOptions): Promise<FastifyInstance> {
  const { folder, bodyLimit = 16 * 2 ** 20, timeout = 30_000, connections = 256 } = options;
  const { models: most = 16, waiting = 8, every = 100, lanes = torch.get_num_threads() } = options;
  const models = await Models.open(folder, { models: most, waiting, every, lanes });
  const app = Fastify({
    bodyLimit,
    requestTimeout: timeout,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { removeAdditional: false } },
  });
  app.server.maxConnections = connections;
  app.addContentTypeParser(SAFETENSORS, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const counts = { steps: 0, refused: 0, failed: 0 };
  const streams = new Set<FastifyReply>();

  const modelOf = (id: string): Model => {
    const model = models.get(id);
    if (model === undefined) throw new Refusal(404, `there is no model ${id}`);
    return model;
  };

  app.post<{ Body: Spec }>('/models', { schema: { body: SPEC } }, async (request, reply) => {
    const model = await models.create(request.body);
    return reply.code(201).send(describe(model));
  });
  app.get('/models', () => models.all.map(describe));
  app.get<{ Params: { id: string } }>('/models/:id', (request) => describe(modelOf(request.params.id)));
  app.delete<{ Params: { id: string } }>('/models/:id', async (request, reply) => {
    await models.delete(modelOf(request.params.id));
    return reply.code(204).send();
  });
  app.post<{ Params: { id: string } }>('/models/:id/checkpoint', (request) => modelOf(request.params.id).checkpoint());

  app.post<{ Params: { id: string }; Body: Buffer }>('/models/:id/train', async (request, reply) => {
    const model = modelOf(request.params.id);
    const result = await withBatch(request.body, model.spec, true, ({ input, target }) =>
      model.train(input, target, goneSignal(reply)),
    );
    counts.steps++;
    return result;
  });
  app.post<{ Params: { id: string }; Body: Buffer }>('/models/:id/evaluate', (request, reply) => {
    const model = modelOf(request.params.id);
    return withBatch(request.body, model.spec, true, ({ input, target }) =>
      model.evaluate(input, target, goneSignal(reply)),
    );
  });
  app.post<{ Params: { id: string }; Body: Buffer }>('/models/:id/predict', async (request, reply) => {
    const model = modelOf(request.params.id);
    const output = await withBatch(request.body, model.spec, false, ({ input }) => model.predict(input));
    const bytes = save({ output });
    output.dispose();
    return reply.type(SAFETENSORS).send(bytes);
  });

  // Each step as a server-sent event.
  app.get<{ Params: { id: string } }>('/models/:id/events', (request, reply) => {
    const model = modelOf(request.params.id);
    if (streams.size >= connections / 2) throw new Refusal(429, 'too many streams are open');
    reply.hijack();
    streams.add(reply);
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.raw.flushHeaders();
    const send = (step: unknown) => {
      // A client that does not read loses its stream, so that unread events do not fill the memory.
      if (reply.raw.writableLength > 2 ** 16) reply.raw.destroy();
      else reply.raw.write(`event: step\ndata: ${JSON.stringify(step)}\n\n`);
    };
    const end = () => reply.raw.end();
    model.on('step', send).on('end', end);
    reply.raw.once('close', () => {
      streams.delete(reply);
      model.off('step', send).off('end', end);
    });
  });

  app.get('/metrics', (_request, reply) => {
    const { tensors, bytes } = torch.memory();
    const gauges = {
      torchloss_models: [models.all.length, 'number of models'],
      torchloss_waiting: [
        models.all.reduce((sum, model) => sum + model.waiting, 0),
        'requests that are processed or wait',
      ],
      torchloss_tensors: [tensors, 'tensors that JavaScript refers to'],
      torchloss_tensor_bytes: [Object.values(bytes).reduce((sum, size) => sum + size, 0), 'memory of these tensors'],
      // Without the 10 ms of the monitor's own timer.
      nodejs_eventloop_delay_p99_seconds: [
        Math.max(0, delay.percentile(99) / 1e9 - 0.01),
        'p99 of the event loop delay since the last scrape',
      ],
      process_resident_memory_bytes: [process.memoryUsage.rss(), 'resident memory of the process'],
    };
    delay.reset();
    const lines = [
      ...Object.entries(gauges).map(
        ([name, [value, help]]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`,
      ),
      ...Object.entries(counts).map(([name, value]) => {
        const full = `torchloss_${name}_total`;
        return `# HELP ${full} ${HELP[name as keyof typeof HELP]}\n# TYPE ${full} counter\n${full} ${value}\n`;
      }),
    ];
    return reply.type('text/plain; version=0.0.4').send(lines.join(''));
  });

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (reply.raw.destroyed) return reply.code(499).send();
    const { code, message, validation } = error;
    if (error instanceof Full) {
      counts.refused++;
      return reply.code(429).header('retry-after', '1').send({ message });
    }
    const isClient = validation !== undefined || CLIENT_ERRORS.has(code);
    const status = isClient ? 400 : (error.statusCode ?? 500);
    if (status >= 500) {
      counts.failed++;
      console.error(error);
    }
    if (status >= 500) return reply.code(status).send({ message: 'internal error' });
    return reply.code(status).send({ code, message: `${message}${hintOf(error)}` });
  });
  app.addHook('preClose', () => {
    for (const { raw } of streams) raw.end();
  });
  app.addHook('onClose', () => {
    delay.disable();
    return models.close();
  });
  return app;
}

/** Details that Fastify's own messages leave out. */
function hintOf({ code, validation }: FastifyError): string {
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return `: expected content-type application/json to create a model, otherwise a safetensors file as ${SAFETENSORS}`;
  const allowed = validation?.[0]?.params?.allowedValues;
  return Array.isArray(allowed) ? `: ${allowed.join(', ')}` : '';
}

function describe({ id, spec, trainer, waiting }: Model) {
  return { id, ...spec, steps: trainer.steps, waiting };
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

interface Batch {
  readonly input: Tensor;
  readonly target: Tensor;
}

/** Frees the tensors of a batch right after use. Left to the garbage collector, they would cause pauses of the event loop. */
async function withBatch<T>(
  body: unknown,
  spec: Spec,
  hasTarget: boolean,
  use: (batch: Batch) => Promise<T>,
): Promise<T> {
  const batch = readBatch(body, spec, hasTarget);
  try {
    return await use(batch);
  } finally {
    batch.input.dispose();
    batch.target.dispose();
  }
}

/** The tensors `input` and `target` of a safetensors file, checked against the model's input and output. */
function readBatch(body: unknown, spec: Spec, hasTarget: boolean): Batch {
  if (!Buffer.isBuffer(body)) throw new Refusal(415, `expected a safetensors file as ${SAFETENSORS}`);
  const { input, target } = load(body) as Partial<Record<string, Tensor>>;
  const [inputs, outputs] = [spec.layers[0], spec.layers.at(-1)];
  if (
    input === undefined ||
    input.dtype !== 'float32' ||
    input.dim() !== 2 ||
    input.size(0) < 1 ||
    input.size(1) !== inputs
  )
    throw new Refusal(400, `input: expected float32 of shape [N, ${inputs}], got ${shown(input)}`);
  if (!hasTarget) return { input, target: input };
  const rows = input.size(0);
  const isClasses = spec.loss === 'cross_entropy';
  const wanted = isClasses ? `int64 of shape [${rows}]` : `float32 of shape [${rows}, ${outputs}]`;
  if (target === undefined || `${target.dtype} of shape [${target.shape.join(', ')}]` !== wanted)
    throw new Refusal(400, `target: expected ${wanted}, got ${shown(target)}`);
  return { input, target };
}

function shown(tensor: Tensor | undefined): string {
  return tensor === undefined ? 'none' : `${tensor.dtype} of shape [${tensor.shape.join(', ')}]`;
}
