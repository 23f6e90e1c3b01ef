/** Starts the service on PORT (default 3000) and ends it on SIGTERM or SIGINT, when what it works on is answered. */
import { buildService } from './service.ts';

const { PORT = '3000', HOST = '127.0.0.1', LIMIT, BODY_LIMIT, THREADS } = process.env;
const app = buildService({
  ...(LIMIT !== undefined && { limit: Number(LIMIT) }),
  ...(BODY_LIMIT !== undefined && { bodyLimit: Number(BODY_LIMIT) }),
  ...(THREADS !== undefined && { threads: Number(THREADS) }),
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    void app.close();
  });
}
console.log(`listening on ${await app.listen({ port: Number(PORT), host: HOST })}`);
