/** A training service: batches come in as bytes, the loss and its gradient go out. */
import type { Readable } from 'node:stream';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { torch } from 'torchloss';
import { readBatch, readBody } from './batch.ts';

/** Options of {@link buildService}. */
export interface ServiceOptions {
  /** How many requests may be read, waiting or running at once; those beyond are refused. Default 16. */
  limit?: number;
  /** The largest body, in bytes. The service holds up to `limit` of them, and works on one. Default 64 MiB. */
  bodyLimit?: number;
  /** How long a client may take to send a request and to read its answer, in milliseconds. Default 30 000. */
  timeout?: number;
  /** How many connections may be open at once; those beyond are closed. Default 256. */
  connections?: number;
  /** How many threads an operator may use. Default: LibTorch's own choice. */
  threads?: number;
}

interface StepQuery {
  readonly classes: number;
  readonly label_smoothing: number;
  readonly ignore_index: number;
  readonly reduction: 'mean' | 'sum';
}

const QUERY = {
  type: 'object',
  required: ['classes'],
  additionalProperties: false,
  properties: {
    classes: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    label_smoothing: { type: 'number', minimum: 0, maximum: 1, default: 0 },
    ignore_index: { type: 'integer', default: -100 },
    reduction: { enum: ['mean', 'sum'], default: 'mean' },
  },
};

/** The only content type that is parsed. */
const BINARY = 'application/octet-stream';

/** How long the headers of a request may take, in milliseconds. */
const HEADERS_TIMEOUT = 10_000;

/** Codes of the torchloss errors that the sender of a batch can fix. */
const CLIENT_ERRORS = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_TORCH']);

/** Makes the service; `listen` starts it and `close` ends it once pending requests are answered. */
export function buildService(options: ServiceOptions = {}): FastifyInstance {
  const { limit = 16, bodyLimit = 64 * 2 ** 20, timeout = 30_000, connections = 256, threads } = options;
  const app = Fastify({
    bodyLimit,
    requestTimeout: timeout,
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT, timeout),
      // How often Node looks for overdue requests.
      connectionsCheckingInterval: Math.min(1000, timeout),
    },
    ajv: { customOptions: { removeAdditional: false } },
  });
  app.server.maxConnections = connections;
  const lane = new torch.Lane({ threads });
  const counts = { open: 0, done: 0, cancelled: 0 };
  let last: Promise<unknown> = Promise.resolve();

  /** Runs `step` after the earlier ones: gradients cannot be read while another backward pass runs. */
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = last.then(step);
    last = result.catch(() => undefined);
    return result;
  }

  // Fastify's own parsers, for JSON and text, do not return bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(BINARY, async (request: FastifyRequest, payload: Readable) => {
    const length = request.headers['content-length'];
    if (length === undefined) throw new RequestError(411, 'content-length', 'expected the number of bytes of the body');
    if (Number(length) > bodyLimit) throw new RequestError(413, 'body', `expected at most ${bodyLimit} bytes`);
    return readBody(payload, Number(length));
  });

  app.get('/health', () => ({ status: 'ok', ...counts, limit, tensors: torch.memory().tensors }));

  app.post<{ Querystring: StepQuery; Body: Uint8Array<ArrayBuffer> | undefined }>(
    '/step',
    {
      schema: { querystring: QUERY },
      // Before the body is read, so that the waiting bytes are bounded too.
      onRequest: (_request, reply, next) => {
        if (counts.open >= limit) {
          void reply
            .code(429)
            .header('retry-after', '1')
            .header('connection', 'close')
            .send({ message: `${limit} requests are in work` });
          return;
        }
        counts.open++;
        reply.raw.once('close', () => {
          counts.open--;
          if (reply.raw.writableFinished && !reply.raw.errored) counts.done++;
          else counts.cancelled++;
        });
        next();
      },
      // A client that does not read its answer must not hold a place.
      onSend: (_request, reply, _payload, next) => {
        if (!reply.raw.destroyed) {
          const late = setTimeout(() => reply.raw.destroy(new Error('the answer was not taken')), timeout);
          reply.raw.once('close', () => clearTimeout(late));
        }
        next();
      },
    },
    async (request, reply) => {
      const { classes, ...options } = request.query;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { loss, gradient } = await inTurn(() => {
        gone.signal.throwIfAborted();
        const body = request.body ?? new Uint8Array();
        request.body = undefined; // the tensors own its memory now, and are freed before the answer is sent
        return step(body, classes, options, { lane, signal: gone.signal });
      });
      return reply.header('loss', String(loss)).type('application/octet-stream').send(gradient);
    },
  );

  app.setErrorHandler((error: FastifyError & { parameter?: string }, request, reply) => {
    // A client that has left gets no answer and causes no error in the log; other servers use 499 for this.
    if (reply.raw.destroyed) return reply.code(499).send();
    const { code, message, validation } = error;
    const wrong = validation?.[0];
    const parameter = error.parameter ?? nameOf(wrong?.instancePath, wrong?.params);
    const isClient = validation !== undefined || CLIENT_ERRORS.has(code);
    const status = isClient ? 400 : (error.statusCode ?? 500);
    if (status === 415) {
      const got = request.headers['content-type'] ?? 'none';
      return reply.code(415).send({ code, parameter: 'content-type', message: `expected ${BINARY}, got ${got}` });
    }
    // The rest of a refused body would be read and thrown away.
    if (status === 411 || status === 413) void reply.header('connection', 'close');
    // Internal errors go only to the log.
    if (status >= 500) console.error(error);
    return reply.code(status).send(status >= 500 ? { message: 'internal error' } : { code, parameter, message });
  });

  app.addHook('onClose', () => lane.dispose());
  return app;
}

/** The loss of a batch and the gradient of its logits, computed on the lane while the event loop turns. */
function step(
  body: Uint8Array<ArrayBuffer>,
  classes: number,
  options: Omit<StepQuery, 'classes'>,
  run: { lane: torch.Lane; signal: AbortSignal },
): Promise<{ loss: number; gradient: Buffer }> {
  return torch.scope(async () => {
    const { logits, labels } = readBatch(body, classes, options.ignore_index);
    const loss = await torch.nn.functional.cross_entropy.async(logits, labels, { ...options, ...run });
    await loss.backwardAsync(run);
    const gradient = await logits.grad.toTypedArrayAsync(run);
    return { loss: loss.item(), gradient: Buffer.from(gradient.buffer) };
  });
}

/** The query parameter that the schema refuses. */
function nameOf(path = '', params: Record<string, unknown> = {}): string | undefined {
  const { missingProperty, additionalProperty } = params;
  return path.slice(1) || ((missingProperty ?? additionalProperty) as string | undefined);
}

/** A request that is refused for its headers. */
class RequestError extends Error {
  readonly statusCode: number;
  readonly parameter: string;

  constructor(statusCode: number, parameter: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.parameter = parameter;
  }
}
