// Workers of `npm run bench -- --distributed`: URL COUNT. Each has its own connections and computes nothing.
import { redisQueue, work } from '../dist/distributed/index.js';

const [url, count] = process.argv.slice(2);
const result = JSON.stringify({ loss: 0.5, samples: 1000 });
await Promise.all(Array.from({ length: Number(count) }, async () => work(await redisQueue(url), async () => result)));
