// `npm run conformance -- [FOLDER] [--json FILE]` replays recorded PyTorch calls through the API: those of FOLDER, or
// the project's own for the LibTorch in use. `--examples` replays the documented examples and the test vectors of the
// losses instead. Prints a line per loss, the first failures, and `N passed, N failed` at the end.
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { exceptionsFor } from './exceptions.mjs';
import { prepare, runScript } from './prepare.mjs';
import { Stop } from './root.mjs';

/** How many failures are printed in full. */
const SHOWN = 10;

await runScript(async () => {
  const { values, positionals } = readArguments();
  await prepare({ native: true });
  const parity = await import('../dist/parity/index.js');
  const { defaultFixtures, replayExamples, replayVectors } = parity;
  const { replayLinearCrossEntropy } = await import('../dist/parity/replay/linear_cross_entropy.js');
  const { libtorch } = await import('../dist/addon/native.js');
  const { version } = libtorch();
  const [folder] = positionals;
  let results;
  if (values.examples) {
    results = [...replayExamples(folder && resolve(folder)), ...replayVectors(version, folder && resolve(folder))];
  } else {
    const cases = folder === undefined ? defaultFixtures(version) : resolve(folder);
    console.log(`LibTorch ${version}, cases of ${cases}`);
    results = replayFolder(cases, {
      'cases.json': (name) => (parity.isOperatorFolder(name) ? replayOperators(parity, name) : parity.replay(name)),
      'rng.json': parity.replayRandom,
      'layers.json': parity.replayLayers,
      'init.json': parity.replayInit,
      'optim.json': parity.replayOptimizers,
      'schedulers.json': parity.replaySchedulers,
      'utils.json': (folder) => [...parity.replayLoading(folder), ...parity.replayUtilities(folder)],
      'files.json': parity.replayFiles,
    });
    if (folder === undefined) results.push(...replayLinearCrossEntropy());
  }
  const { behaviourOf } = await import('../dist/addon/versions.js');
  const exceptions = exceptionsFor(version, behaviourOf(version));
  results = results.map((result) =>
    result.passed || exceptions[result.id] === undefined
      ? result
      : { ...result, passed: true, excepted: exceptions[result.id] },
  );
  if (values.json !== undefined) writeFileSync(values.json, toJson(version, results));
  return report(results);
});

/** Replays the files that a folder has, each with the function for its name. */
function replayFolder(folder, replays) {
  const isThere = (name) => existsSync(join(folder, name)) || existsSync(join(folder, `${name}.gz`));
  const found = Object.keys(replays).filter(isThere);
  if (found.length === 0) throw new Stop(`${folder} has none of ${Object.keys(replays).join(', ')}`);
  return found.flatMap((name) => replays[name](folder));
}

function readArguments() {
  let read;
  try {
    read = parseArgs({
      options: { json: { type: 'string' }, examples: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new Stop(error.message);
  }
  if (read.positionals.length > 1) throw new Stop(`expected one folder, got ${read.positionals.join(' ')}`);
  return read;
}

/** Replays calls of operators, and lists those that torchloss lacks. */
function replayOperators(parity, folder) {
  const { results, left_out } = parity.replayOperators(folder);
  if (left_out.length > 0) console.log(`Names that torchloss lacks: ${left_out.join(', ')}`);
  return results;
}

function report(results) {
  const losses = new Map();
  for (const { loss, passed } of results) {
    const counts = losses.get(loss) ?? { passed: 0, failed: 0 };
    counts[passed ? 'passed' : 'failed']++;
    losses.set(loss, counts);
  }
  const width = Math.max(0, ...[...losses.keys()].map((loss) => loss.length));
  for (const [loss, { passed, failed }] of losses) {
    console.log(`${loss.padEnd(width)}  ${passed} passed, ${failed} failed`);
  }
  const failures = results.filter(({ passed }) => !passed);
  for (const { id, error } of failures.slice(0, SHOWN)) console.log(`FAILED ${id}: ${error}`);
  if (failures.length > SHOWN) console.log(`and ${failures.length - SHOWN} more failures`);
  const excepted = results.filter(({ excepted: reason }) => reason !== undefined);
  if (excepted.length > 0)
    console.log(`${excepted.length} cases cannot pass, for the reasons in test/fixtures/exceptions.json`);
  console.log(`${results.length - failures.length} passed, ${failures.length} failed`);
  return failures.length === 0 && results.length > 0 ? 0 : 1;
}

/** The results as JSON, with infinities as strings. */
function toJson(version, results) {
  const failed = results.filter(({ passed }) => !passed).length;
  const summary = { libtorch: version, passed: results.length - failed, failed, results };
  const replacer = (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return `${JSON.stringify(summary, replacer, 2)}\n`;
}
