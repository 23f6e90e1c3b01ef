// Runs the three programs in turns and prints their ratios.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { locate } from '../dist/libtorch/locate.js';
import { Stop } from '../scripts/root.mjs';
import { CASES, OPERATORS, PASSES, SIZES } from './cases.mjs';
import { benchEvaluate } from './evaluate.mjs';
import { countInstructions } from './instructions.mjs';
import { median } from './median.mjs';
import { cppProgram, nodeProgram, Program, pythonProgram, startPython } from './programs.mjs';
import { conclusions, operatorConclusions, table } from './report.mjs';
import { benchTraining, GOALS } from './training.mjs';

/** The largest relative difference between the programs' losses: they must compute the same. */
const TOLERANCE = 1e-4;

/**
 * For counting: one thread, whose garbage collection is then counted too, and an old space that need not grow. Else V8 marks
 * it once or twice as it grows at the start, in batches by chance: a fifth of a small call's instructions.
 */
const COUNTED = ['--single-threaded', '--initial-old-space-size=256'];

/** The environment that makes torchloss leave the memory of large tensors to LibTorch, for comparison. */
const WITHOUT_CACHE = { TORCHLOSS_ALLOCATOR: 'system' };

/** Runs `npm run bench` with its arguments and returns the exit code. */
export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string' },
      threads: { type: 'string', default: '1' },
      cases: { type: 'string' },
      rounds: { type: 'string' },
      scale: { type: 'string', default: '1' },
      python: { type: 'string' },
      json: { type: 'string' },
      instructions: { type: 'boolean', default: false },
      operators: { type: 'boolean', default: false },
      time: { type: 'boolean', default: false },
      lanes: { type: 'boolean', default: false },
      uncached: { type: 'boolean', default: false },
      evaluate: { type: 'boolean', default: false },
      files: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      busy: { type: 'boolean', default: false },
      training: { type: 'boolean', default: false },
      distributed: { type: 'boolean', default: false },
      readers: { type: 'boolean', default: false },
    },
  });
  if (values.lanes) return (await import('./lanes.mjs')).benchLanes();
  if (values.distributed) return (await import('./distributed.mjs')).benchDistributed();
  if (values.busy) return (await import('./busy.mjs')).benchBusy(Number(values.rounds ?? 5));
  if (values.files) {
    const threads = values.threads.split(',').map(Number);
    return (await import('./files.mjs')).benchFiles(threads, Number(values.rounds ?? 7));
  }
  if (values.readers)
    return (await import('./readers.mjs')).benchReaders(values.python ?? 'python3', Number(values.rounds ?? 5));
  if (values.peers) {
    const { CASES: all } = await import('./peers/data.mjs');
    const cases = list('cases', values.cases ?? Object.keys(all).join(), Object.keys(all));
    const choice = { libtorch: locate(), rounds: Number(values.rounds ?? 15), cases, scale: Number(values.scale) };
    return (await import('./peers/peers.mjs')).benchPeers(choice);
  }
  if (values.evaluate) {
    const libtorch = locate();
    const [python] = pythonProgram(libtorch, values.python);
    const rounds = Number(values.rounds ?? 7);
    await benchEvaluate({ python, libtorch, threads: Number(values.threads), rounds, cases: values.cases?.split(',') });
    return 0;
  }
  if (values.training) {
    const libtorch = locate();
    const [python] = pythonProgram(libtorch, values.python) ?? [];
    const rounds = Number(values.rounds ?? 15);
    const cases = values.cases && list('cases', values.cases, Object.keys(GOALS));
    return benchTraining({ libtorch, python, rounds, cases });
  }
  if (values.operators) return benchOperators(values);
  const { instructions, uncached } = values;
  const names = CASES.map(({ name }) => name);
  const cases = values.cases && list('cases', values.cases, names);
  const sizes = list('size', values.size ?? (instructions ? 'tiny' : 'tiny,medium'), Object.keys(SIZES));
  const threads = list('threads', values.threads, ['1', '2']).map(Number);
  const rounds = values.rounds && Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Stop('--rounds takes a number of at least 1');
  if (instructions && (sizes.join() !== 'tiny' || threads.join() !== '1'))
    throw new Stop('--instructions counts tiny inputs with one thread');
  if (instructions && uncached) throw new Stop('--uncached measures times, and --instructions counts instructions');

  const libtorch = locate();
  const commands = {
    cpp: cppProgram(libtorch),
    python: pythonProgram(libtorch, values.python),
    node: nodeProgram(instructions ? COUNTED : []),
  };
  const reports = [];
  for (const size of sizes) {
    const { shape, measure, ...defaults } = SIZES[size];
    const chosen = cases ?? (values.size || instructions ? defaults.cases : defaults.usual);
    const wanted = CASES.filter(({ name }) => chosen.includes(name)).flatMap((one) =>
      PASSES.map((pass) => ({ ...one, pass })),
    );
    for (const count of threads) {
      const settings = { shape, threads: count, uncached, ...measure, rounds: rounds ?? measure.rounds };
      const run = instructions ? countInstructions : measureTimes;
      const { results, note } = await run(commands, libtorch, wanted, settings);
      const unit = instructions ? 'instructions' : count === 1 ? 'ns of CPU time' : 'ns';
      const report = {
        libtorch: libtorch.version,
        node: process.versions.node,
        size,
        threads: count,
        unit,
        note,
        results,
      };
      reports.push(report);
      console.log(`\nLibTorch ${report.libtorch}, Node ${report.node}, ${size}, ${count} thread(s); ${unit} per call`);
      if (note !== undefined) console.log(note);
      console.table(table(report));
      for (const line of conclusions(report)) console.log(line);
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(reports, null, 2)}\n`);
  return 0;
}

/** Operators on tiny tensors, as methods and by name: their instructions or, with `--time`, their CPU time. */
async function benchOperators({ python, cases, json, time, rounds }) {
  const libtorch = locate();
  const commands = {
    cpp: cppProgram(libtorch),
    python: pythonProgram(libtorch, python),
    node: nodeProgram(time ? [] : COUNTED),
  };
  const known = OPERATORS.map(({ name }) => name);
  const chosen = cases === undefined ? known : list('cases', cases, known);
  const wanted = OPERATORS.filter(({ name }) => chosen.includes(name));
  const { shape, measure } = SIZES.tiny;
  const settings = { shape, threads: 1, ...measure, rounds: Number(rounds ?? measure.rounds) };
  const { results, note } = await (time ? measureTimes : countInstructions)(commands, libtorch, wanted, settings);
  const unit = time ? 'ns of CPU time' : 'instructions';
  const report = { libtorch: libtorch.version, node: process.versions.node, unit, note, results };
  console.log(`\nLibTorch ${report.libtorch}, Node ${report.node}, 4x10; ${unit} per call`);
  if (note !== undefined) console.log(note);
  console.table(table(report));
  if (!time) for (const line of operatorConclusions(report)) console.log(line);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify([report], null, 2)}\n`);
  return 0;
}

/** The words of an option; each must be one of `known`. */
function list(option, text, known) {
  const words = text.split(',');
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Stop(`--${option}: expected some of ${known.join(', ')}, got ${unknown}`);
  return words;
}

/**
 * Nanoseconds per call, as medians of rounds in which the programs take turns: CPU time with one thread, because other
 * processes disturb it least, and wall-clock time with more, because waiting threads use CPU time too.
 */
async function measureTimes(commands, libtorch, cases, settings) {
  const { shape, threads, seconds, rounds, warmUpCalls } = settings;
  const { program: python, note } = await startPython(commands.python, libtorch, threads);
  const cpp = await Program.start(commands.cpp, libtorch, threads);
  const node = await Program.start(commands.node, libtorch, threads);
  const system = settings.uncached && (await Program.start(commands.node, libtorch, threads, WITHOUT_CACHE));
  const programs = [cpp, ...(python ? [python] : []), node, ...(system ? [system] : [])];
  const clock = threads === 1 ? 'cpu' : 'elapsed';
  try {
    return { results: await takeTurns(), note };
  } finally {
    for (const program of programs) await program.stop();
  }

  async function takeTurns() {
    const results = [];
    for (const one of cases) {
      const { name, loss, pass } = one;
      const losses = [];
      for (const program of programs) losses.push(await program.prepare(one, pass, shape));
      const apart = Math.max(...losses) - Math.min(...losses);
      if (!(apart <= TOLERANCE * Math.abs(losses[0])))
        throw new Stop(`${name}: the losses differ, ${losses.join(', ')}`);
      const turns = [
        { column: 'cpp', program: cpp, pass },
        ...(python ? [{ column: 'python', program: python, pass }] : []),
        { column: 'torchloss', program: node, pass },
        { column: 'disposed', program: node, pass: `${pass}+dispose` },
        ...(system ? [{ column: 'uncached', program: system, pass }] : []),
      ].map((turn) => ({ ...turn, samples: [] }));
      for (const { program, pass } of turns) await program.measure(pass, warmUpCalls);
      const trial = await cpp.measure(pass, warmUpCalls);
      const count = Math.max(1, Math.round((seconds * 1e9 * warmUpCalls) / trial.elapsed));
      for (let round = 0; round < rounds; round++) {
        for (const { program, pass, samples } of turns) {
          await program.measure(pass, Math.ceil(count / 4)); // the other programs' turns have evicted the caches
          samples.push((await program.measure(pass, count))[clock] / count);
        }
      }
      const medians = turns.map(({ column, samples }) => [column, median(samples)]);
      results.push({ name, loss, pass, ...Object.fromEntries(medians) });
      console.error(`${name} ${pass}: done`);
    }
    return results;
  }
}
