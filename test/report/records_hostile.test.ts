/** Forged records, recorded cases, logs and notes: refused, or shown harmlessly. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TorchError } from '../../lib/base/errors.js';
import { mergeRecords } from '../../lib/commands/evaluate/record.js';
import { evaluate } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { candidates } from '../../lib/libtorch/locate.js';
import { recordFile } from '../../lib/libtorch/places.js';
import { compareFiles } from '../../lib/parity/values.js';
import { replayFiles } from '../../lib/parity/replay/checkpoints.js';
import { readRecorded } from '../../lib/parity/replay/files.js';
import { replayOperators } from '../../lib/parity/replay/operators.js';
import { replay } from '../../lib/parity/replay/replay.js';
import { html, join as joined } from '../../lib/report/html.js';
import { renderEvaluation } from '../../lib/report/evaluation.js';
import { readRecord } from '../../lib/report/read.js';
import { type EvaluationRecord, writeRecord } from '../../lib/report/record.js';
import { renderTraining } from '../../lib/report/training.js';
import { hasBrowser, openBrowser, viewFile } from '../helpers/browser.js';
import { CLI, recordOf } from '../helpers/evaluate_cli.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
let shards: EvaluationRecord[];

/** A record with every kind of field. */
async function makeShard(first: number): Promise<EvaluationRecord> {
  const input = torch.tensor([
    [2, 1, 0],
    [0, Number.NaN, 1],
    [0, 3, 1],
    [1, 1, 0],
  ]);
  const target = torch.tensor([0, 1, 2, 1], { dtype: 'int64' });
  const options = { accuracy: true, group_by: 'target', first_index: first, partial: true } as const;
  const result = await evaluate(torch.nn.functional.cross_entropy, [input, target], options);
  const described = recordOf(result, {});
  const image = 'data:image/png;base64,iVBORw0KGgo=';
  return {
    ...described,
    total: 8,
    complete: true,
    done: [[first, first + 4]],
    shard: first === 0 ? '1/2' : '2/2',
    group_by: 'target',
    files: { input: { file: 'a.npy', path: '/a.npy', bytes: 9, modified: 1.5, shape: [8, 3], dtype: 'float32' } },
    results: described.results.map((found) => ({
      ...found,
      loss_function: 'torch.nn.functional.cross_entropy',
      options: { label_smoothing: 0, reduction: 'mean', ignore_index: -100 },
      worst: found.worst.map((sample) => ({ ...sample, group: 1, target: 1, predicted: 2, image })),
    })),
  };
}

beforeAll(async () => {
  shards = [await makeShard(0), await makeShard(4)];
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : writeRecord(content as EvaluationRecord));
  return file;
}

type Path = readonly (string | number)[];

/** The paths in a JSON document: its leaves and their containers. */
function placesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const items = Object.entries(value).slice(0, 3); // the first items of lists stand for all
  return [path, ...items.flatMap(([key, item]) => placesOf(item, [...path, Array.isArray(value) ? Number(key) : key]))];
}

/** A copy with another value at a path. */
function withValue(document: unknown, path: Path, value: unknown): unknown {
  if (path.length === 0) return value;
  const [key, ...rest] = path as [string | number, ...Path];
  const copy: any = Array.isArray(document) ? [...document] : { ...(document as object) };
  copy[key] = withValue(copy[key], rest, value);
  return copy;
}

const MARKUP = '"><img src=x onerror=alert(1)><meta http-equiv="refresh" content="0;url=http://127.0.0.1/">';
const VALUES: readonly unknown[] = [
  MARKUP,
  '',
  null,
  true,
  -1,
  0.5,
  1e300,
  2 ** 53,
  [],
  [null],
  {},
  { length: 1e9 },
  { toString: MARKUP },
  '__proto__',
];

/** Whether a failure names the file and the path in it. */
function expectPlaced(error: unknown, file: string): void {
  expect(error).toBeInstanceOf(TorchError);
  const { code, message } = error as TorchError;
  expect(code).toBe('ERR_FILE_FORMAT');
  expect(message.startsWith(`${file}: `)).toBe(true);
  expect(message).toMatch(/expected /);
  expect(message).not.toMatch(/Cannot (?:read|convert|destructure)|not iterable|is not a function/);
}

describe('a record of an evaluation', () => {
  it('can be read back', () => {
    for (const [index, shard] of shards.entries()) expect(readRecord(write(`${index}.json`, shard))).toEqual(shard);
  });

  it('is refused with its path, or shown harmlessly, whatever a field contains', () => {
    const [shard] = shards as [EvaluationRecord];
    const document: unknown = JSON.parse(writeRecord(shard));
    let [refused, taken] = [0, 0];
    for (const path of placesOf(document)) {
      for (const value of VALUES) {
        const file = write('changed.json', JSON.stringify(withValue(document, path, value)));
        let record: EvaluationRecord;
        try {
          record = readRecord(file);
        } catch (error) {
          expectPlaced(error, file);
          refused++;
          continue;
        }
        taken++;
        const page = renderEvaluation(record, { date: new Date(0) });
        expect(page, path.join('.')).not.toMatch(/<img src=x|<meta http-equiv="refresh"/);
        expect(page).not.toContain('NaN%');
      }
    }
    expect(refused).toBeGreaterThan(10 * taken);
  });

  it.each([
    ['a sum that is text', ['results', 0, 'partial', 'sum', 0], 'x', 'results[0].partial.sum[0]: expected a number'],
    ['samples that are text', ['results', 0, 'samples'], '0</span>', 'results[0].samples: expected a number'],
    ['more correct than counted', ['results', 0, 'partial', 'right'], 9, 'results[0].partial.right: expected at most'],
    [
      'a loss that contradicts its sums',
      ['results', 0, 'loss'],
      0.25,
      'results[0].loss: expected NaN, as partial says',
    ],
    ['samples that are not done', ['done', 0, 1], 3, 'complete: expected false for 3 samples of 4'],
    ['ranges beyond the end', ['done', 0, 1], 99, 'done[0]: expected a range from 0 up to 8'],
    ['no results', ['results'], [], 'results: expected at least one'],
    ['an invalid result', ['results', 0], null, 'results[0]: expected an object, got null'],
    ['no files', ['files'], null, 'files: expected an object, got null'],
    ['a file without a shape', ['files', 'input', 'shape'], '3', 'files.input.shape: expected an array'],
    ['another version', ['version'], 3, 'version: expected one of 1, 2'],
    [
      'a picture from elsewhere',
      ['results', 0, 'worst', 0, 'image'],
      'http://a/b.png',
      'results[0].worst[0].image: expected a picture',
    ],
    ['a device that is markup', ['device'], MARKUP, 'device: expected cpu, cuda or cuda:N'],
    [
      'a sample beyond the end',
      ['results', 0, 'worst', 0, 'index'],
      8,
      'results[0].worst[0].index: expected a sample below 8',
    ],
    ['another shard', ['shard'], '3/2', 'shard: expected one of 2 shards'],
  ] as [string, Path, unknown, string][])('is refused with %s', (_, path, value, message) => {
    const file = write(
      'wrong.json',
      JSON.stringify(withValue(JSON.parse(writeRecord(shards[0] as EvaluationRecord)), path, value)),
    );
    expect(() => readRecord(file)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`${file}: ${message}`) }),
    );
  });

  it.each(['[]', 'null', '1', '"a"', '{"version":1}', '{"version":1,"results":[null]}', '', '{"version":'])(
    'is not a record that says %s',
    (text) => {
      const file = write('none.json', text);
      expect(() => readRecord(file)).toThrow(
        expect.objectContaining({ code: 'ERR_FILE_FORMAT', message: expect.stringContaining(file) }),
      );
      const { status, stderr } = spawnSync(process.execPath, [CLI, 'evaluate', '--merge', file], { encoding: 'utf8' });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^torchloss: .*none\.json: .*\[ERR_FILE_FORMAT\]\n$/s);
    },
  );

  it('pollutes no prototype', () => {
    const text = writeRecord(shards[0] as EvaluationRecord).replace(
      '"files":{',
      '"__proto__":{"polluted":1},"files":{"__proto__":{"polluted":1},',
    );
    expect(() => readRecord(write('proto.json', text))).toThrow(TorchError);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

it('markup in every text of a training run shows as text on its page', () => {
  const run = {
    title: MARKUP,
    loss: MARKUP,
    steps: [{ step: 1, epoch: 1, loss: 1, grad_norm: 1, lr: 0.1 }],
    epochs: [
      {
        epoch: 1,
        step: 1,
        loss: 1,
        grad_norm: 1,
        lr: 0.1,
        samples: 4,
        seconds: 1,
        validation: { loss: 1, samples: 4, metrics: { [MARKUP]: 1 } },
      },
    ],
    best: { epoch: 1, step: 1, value: 1 },
    monitor: MARKUP,
    worst: [{ row: 1, loss: 1, target: MARKUP }],
    settings: { [MARKUP]: MARKUP },
    ended: MARKUP,
  };
  const page = renderTraining(run, { date: new Date(0) });
  expect(page).not.toContain('<img');
  expect(page).not.toContain('http-equiv="refresh"');
  expect(page.split('&lt;img src=x').length).toBeGreaterThan(9);
});

describe.skipIf(!hasBrowser)('markup in every field of a record, merged with an honest one, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  it('shows as text on the page', async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const there = `http://127.0.0.1:${port}/`;
    const markup = [
      `</title></style><meta http-equiv="refresh" content="0;url=${there}meta">`,
      `"><img src="${there}img" onerror="document.title='run'"><script>document.title='run'</script>`,
      `' onmouseover='document.title="run"'><iframe src="${there}frame"></iframe><base href="${there}base/">`,
      `<form action="${there}form"><input name=a></form><svg onload="document.title='run'"><a href="javascript:alert(1)">a</a>`,
    ].join('');
    const date = new Date(0);
    const seen = (pages: readonly string[]) =>
      Promise.all(
        pages.map((page, index) =>
          viewFile(
            browser,
            write(`page${index}.html`, page),
            { scheme: 'light', width: 1280 },
            async ({ page: shown, problems }) => {
              await shown.mouse.move(100, 100);
              const found = await shown.evaluate(() => {
                const { document, location } = globalThis as any;
                const foreign =
                  'script, iframe, base, form, input, meta[http-equiv=refresh], a, img:not([src^="data:"]), [onload], [onerror], [onmouseover]';
                return {
                  title: document.title,
                  address: location.protocol,
                  foreign: document.querySelectorAll(foreign).length,
                };
              });
              expect(problems).toEqual([]);
              expect(found.foreign).toBe(0);
              expect(found.address).toBe('file:');
              expect(found.title).not.toBe('run');
            },
          ),
        ),
      );
    // Directly to the page, past the checks of the file: markup instead of numbers.
    const [shard] = shards as [EvaluationRecord];
    const everywhere = (value: unknown): unknown => {
      if (typeof value === 'string') return markup;
      if (Array.isArray(value)) return value.map(everywhere);
      if (typeof value === 'object' && value !== null)
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, everywhere(item)]));
      return value;
    };
    const texts = everywhere(shard) as EvaluationRecord;
    const fields: readonly [Path, (record: EvaluationRecord) => unknown][] = [
      [['files', 'input', 'shape', 0], () => markup],
      [['files', 'input', 'dtype'], () => markup],
      [['results', 0, 'reduction'], () => markup],
      [['results', 0, 'worst', 0, 'target'], () => markup],
      [['results', 0, 'worst', 0, 'predicted'], () => markup],
      [['results', 0, 'worst', 0, 'index'], () => markup],
      [['results', 0, 'worst', 0, 'group'], () => markup],
      [['results', 0, 'groups', 0, 'group'], () => markup],
      [['results', 0, 'groups', 0, 'samples'], () => markup],
      [['results', 0, 'samples'], () => markup],
      [['results', 0, 'elements'], () => markup],
      [['total'], () => markup],
      [['done', 0, 0], () => markup],
      [['files', markup], ({ files }) => files['input']],
      [['results', 0, 'options', markup], () => markup],
    ];
    const pages = fields.map(([path, value]) =>
      renderEvaluation(withValue(shard, path, value(shard)) as EvaluationRecord, { date }),
    );
    await seen([renderEvaluation({ ...texts, complete: false }, { date }), ...pages]);
    // As a shard among honest ones: every text field is markup.
    const files = {
      ...shard.files,
      [markup]: { ...(shard.files['input'] as object), file: `${markup}.npy`, path: markup },
    };
    const hostile = {
      ...shard,
      files,
      group_by: markup,
      torchloss: markup,
      libtorch: { version: markup, root: markup, source: markup },
      results: shard.results.map((result) => ({ ...result, options: { ...result.options, [markup]: markup } })),
    } as EvaluationRecord;
    const honest = {
      ...(shards[1] as EvaluationRecord),
      files,
      group_by: markup,
      results: hostile.results.map((result, at) => ({
        ...result,
        ...(shards[1] as EvaluationRecord).results[at],
        options: result.options,
      })),
    } as EvaluationRecord;
    const merged = mergeRecords([write('hostile.json', hostile), write('honest.json', honest)]);
    await seen([renderEvaluation(merged, { date })]);
    server.close();
    expect(requests).toEqual([]);
  }, 120_000);

  it('has a policy that loads, runs and sends nothing, and says who may frame it', async () => {
    const page = renderEvaluation(shards[0] as EvaluationRecord, { date: new Date(0) });
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    expect(policy?.replaceAll('&#39;', "'").split('; ')).toEqual([
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      'img-src data:',
      "form-action 'none'",
      "base-uri 'none'",
    ]);
    // Browsers ignore it in a meta tag, with a warning; the page tells whoever serves it to send it as a header.
    expect(page).toContain("Content-Security-Policy: frame-ancestors 'none'");
  });
});

describe('templates of HTML', () => {
  it('escape every value except their own fragments', () => {
    expect(String(html`<a b="${'"<\'&>'}">${1}${html`<i>${'<'}</i>`}${[html`x`, html`<y>`]}</a>`)).toBe(
      '<a b="&quot;&lt;&#39;&amp;&gt;">1<i>&lt;</i>x<y></a>',
    );
    expect(String(joined([html`<i>`, html`</i>`], '<'))).toBe('<i>&lt;</i>');
    const forged = { toString: () => '<script>', text: '<script>' };
    expect(String(html`${forged as never}`)).toBe('&lt;script&gt;');
    expect(String(html`${JSON.parse('{"#text":"<script>"}') as never}`)).toBe('[object Object]');
  });

  it('are the only source of HTML in reports', () => {
    const report = join(import.meta.dirname, '..', '..', 'lib', 'report');
    for (const name of ['charts', 'evaluation', 'page', 'parity']) {
      const text = readFileSync(join(report, `${name}.ts`), 'utf8').replaceAll(/\/\*\*[^]*?\*\//g, '');
      expect(text, name).not.toMatch(/(?<!html)`<|'<[a-z/]/);
    }
  });
});

describe('recorded cases', () => {
  const reference = { file: 'a.safetensors', key: 'x' };
  const good = {
    id: 'a',
    loss: 'l1_loss',
    api: 'torch.nn.functional',
    name: 'l1_loss',
    args: [],
    kwargs: {},
    expect: { output: reference },
  };

  function cases(list: unknown): string {
    const place = mkdtempSync(join(folder, 'cases-'));
    writeFileSync(join(place, 'cases.json'), JSON.stringify(list));
    return place;
  }

  it.each([
    [[null], '[0]: expected a recorded case, got null'],
    [[[]], '[0]: expected a recorded case, got an array'],
    [[good, { ...good, id: 7 }], '[1].id: expected a string, got 7'],
    [[{ ...good, api: 'constructor' }], '[0].api: expected one of torch.nn'],
    [[{ ...good, args: {} }], '[0].args: expected an array'],
    [
      [{ ...good, args: [{ name: 'x', tensor: 'a' }] }],
      "[0].args[0].tensor: expected the file and the key of a tensor, got 'a'",
    ],
    [[{ ...good, expect: null }], '[0].expect: expected an object, got null'],
    [
      [{ ...good, expect: { output: reference, tolerance: { rtol: -1, atol: 0 } } }],
      '[0].expect.tolerance.rtol: expected a number of at least 0',
    ],
    [{}, 'expected an array, got an object'],
  ])('are refused with their path: %j', (list, message) => {
    const place = cases(list);
    expect(() => replay(place)).toThrow(
      expect.objectContaining({
        code: 'ERR_FILE_FORMAT',
        message: expect.stringContaining(`${join(place, 'cases.json')}: ${message}`),
      }),
    );
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'parity', 'replay', place], { encoding: 'utf8' });
    expect([status, stderr.includes('[ERR_FILE_FORMAT]')]).toEqual([1, true]);
  });

  it('of operators and files are refused with their path, too', () => {
    const place = cases([{ id: 'a', source: 'torch', operator: 'add', name: 'torch.add', args: 3, expect: {} }]);
    writeFileSync(
      join(place, 'tensors.safetensors'),
      Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]),
    );
    expect(() => replayOperators(place)).toThrow(/cases\.json: \[0\]\.args: expected an array, got 3$/);
    writeFileSync(join(place, 'files.json'), '[{"id":"a","file":5,"expect":{}}]');
    expect(() => replayFiles(place)).toThrow(/files\.json: \[0\]\.file: expected a string, got 5$/);
  });

  it.each(['../secret', '/etc/passwd', 'a/../../secret', '', '.'])(
    'name no file outside of their folder: %j',
    (file) => {
      const place = cases([
        { ...good, expect: { output: { file, key: 'x' } }, args: [{ name: 'input', tensor: { file, key: 'x' } }] },
      ]);
      writeFileSync(join(folder, 'secret'), 'secret');
      expect(() => replay(place)).toThrow(/expected the name of a file in this folder, got '/);
    },
  );

  it('that are compressed unpack only up to a limit, which the message names', () => {
    const place = mkdtempSync(join(folder, 'cases-'));
    // Concatenated members: 1.25 GiB of spaces, 1.3 MB compressed.
    const member = gzipSync(Buffer.alloc(2 ** 28, ' '));
    writeFileSync(join(place, 'cases.json.gz'), Buffer.concat([member, member, member, member, member]));
    expect(() => readRecorded(place, 'cases.json')).toThrow(
      expect.objectContaining({
        code: 'ERR_FILE_FORMAT',
        message: `${join(place, 'cases.json.gz')}: it unpacks to more than 1073741824 bytes`,
      }),
    );
  }, 60_000);

  it.each([
    [
      'a header longer than the file',
      [255, 0, 0, 0, 0, 0, 0, 0],
      '{}',
      'expected a header in its 10 bytes, got one of 255',
    ],
    [
      'bytes beyond the end',
      [0, 0, 0, 0, 0, 0, 0, 0],
      '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}',
      'x: expected bytes up to',
    ],
    ['a shape of text', [0, 0, 0, 0, 0, 0, 0, 0], '{"x":{"dtype":"F32","shape":"a","data_offsets":[0,4]}}', 'x.dtype'],
  ])('have checked tensors: %s', (_, prefix, text, message) => {
    const place = mkdtempSync(join(folder, 'cases-'));
    const start = Buffer.from(prefix);
    if (start[0] === 0) start.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(join(place, 'tensors.safetensors'), Buffer.concat([start, Buffer.from(text)]));
    const content = { tensor: 'x', dtype: 'float32', shape: [1], strides: [1], offset: 0, storage: 0 };
    writeFileSync(join(place, 'files.json'), JSON.stringify([{ id: 'a', file: 'a.pt', expect: { content } }]));
    torch.save(torch.zeros([1]), join(place, 'a.pt'));
    const call = () =>
      replayFiles(place)
        .map(({ error }) => error)
        .join();
    let said: string;
    try {
      said = call();
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message.split('.')[0]);
  });
});

describe('training logs', () => {
  it.each([
    ['log.jsonl', '{"a":1}\nnull\n', 'log.jsonl: line 2: expected an object, got null'],
    ['log.jsonl', '{"a":1}\n\n[1]\n', 'log.jsonl: line 3: expected an object, got an array of length 1'],
    ['log.jsonl', '{"a":1}\n{"a":\n', 'log.jsonl: line 2: '],
    ['log.json', 'null', 'log.json: expected an object, got null'],
    ['log.json', '5', 'log.json: expected an object, got 5'],
  ])('are refused with their line: %s %j', async (name, text, message) => {
    const [actual, expected] = [write(name, text), write(`good_${name}`, '{"a":1}')];
    await expect(compareFiles(actual, expected)).rejects.toMatchObject({
      code: 'ERR_FILE_FORMAT',
      message: expect.stringContaining(message),
    });
  });

  it('may have any names', async () => {
    const file = write('names.jsonl', '{"__proto__":1,"constructor":2,"a":"NaN"}\n');
    expect((await compareFiles(file, file)).map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'a']);
  });
});

describe('the note of set-up', () => {
  it.each(['null', '{}', '{"root":5,"version":"2.13.0"}', '[', '"/a"'])('is refused if it says %s', (text) => {
    const env = { TORCHLOSS_CACHE: mkdtempSync(join(folder, 'cache-')) };
    mkdirSync(env.TORCHLOSS_CACHE, { recursive: true });
    writeFileSync(recordFile(env), text);
    const [found] = candidates(env, []);
    expect(found?.libtorch).toBeUndefined();
    expect(found?.problem).toMatchObject({
      code: 'ERR_LIBTORCH_BAD',
      message: expect.stringContaining('setup` again'),
    });
  });
});
