/** Starts the service on PORT (default 3000) and ends it on SIGTERM or SIGINT, after the pending requests are answered. */
import { buildService, type ServiceOptions } from './service.ts';

/** The options set by the environment, each an integer of at least 1. */
const VARIABLES: Readonly<Record<keyof ServiceOptions, string>> = {
  limit: 'LIMIT',
  bodyLimit: 'BODY_LIMIT',
  timeout: 'TIMEOUT',
  connections: 'CONNECTIONS',
  threads: 'THREADS',
};

const { PORT = '3000', HOST = '127.0.0.1' } = process.env;
const app = buildService(readOptions());

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    void app.close();
  });
}
console.log(`listening on ${await app.listen({ port: Number(PORT), host: HOST })}`);

/** A limit that is not a number would be no limit, so a mistake in one ends the program. */
function readOptions(): ServiceOptions {
  const options: { -readonly [Name in keyof ServiceOptions]: ServiceOptions[Name] } = {};
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const text = process.env[variable];
    if (text === undefined) continue;
    if (!/^[1-9]\d{0,11}$/.test(text)) throw new Error(`${variable}: expected an integer of at least 1, got '${text}'`);
    options[name as keyof ServiceOptions] = Number(text);
  }
  return options;
}
