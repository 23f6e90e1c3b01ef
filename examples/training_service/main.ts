/** Starts the service on PORT (default 3000) with the models in DATA; SIGTERM and SIGINT end it once the models are saved. */
import { buildService } from './service.ts';

const { PORT = '3000', HOST = '127.0.0.1', DATA = 'models', EVERY = '100', WAITING = '8' } = process.env;
for (const [name, text] of Object.entries({ EVERY, WAITING }))
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name}: expected an integer of at least 1, got '${text}'`);

const app = await buildService({ folder: DATA, every: Number(EVERY), waiting: Number(WAITING) });
async function stop(signal: string): Promise<void> {
  console.log(`${signal}: finishing requests, then saving models`);
  await app.close();
  console.log('all models are saved');
}
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    void stop(signal);
  });
}
console.log(`listening on ${await app.listen({ port: Number(PORT), host: HOST })}, models in ${DATA}`);
