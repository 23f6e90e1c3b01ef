/**
 * The terminal output in the README and the guides is what the commands print. Times, threads and the path of Python may
 * differ, and `...` stands for omitted lines.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { libtorch } from '../../lib/addon/native.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { standIn } from '../helpers/stand_in.js';

/** The LibTorch whose figures the parity guide shows. */
const SHOWN_MINOR = '2.13';

/** The block of a page that begins with a line, up to its `...`. */
function shown(page: string, first: string): string {
  const blocks = readFileSync(join(PACKAGE_ROOT, page), 'utf8').matchAll(/^```(.*)\n([\s\S]*?)^```$/gm);
  const block = Array.from(blocks, ([, mark, body = '']) => (mark === '' ? body : '')).find((body) =>
    body.startsWith(first),
  );
  if (block === undefined) throw new Error(`${page} has no block that begins with ${first}`);
  return steady(block.replace(/^ *\.\.\.\n/m, ''));
}

/** A text without its machine-dependent parts. */
function steady(text: string): string {
  return text
    .replaceAll(/[\d.]+ ms/g, 'N ms')
    .replaceAll(/\d+ threads?/g, 'N threads')
    .replaceAll(/(PyTorch [\d.]+)(\+cpu)? \(Python .*\)/g, '$1');
}

/** The output of a command from a page, run in a folder with the files that it names. */
function printed(page: string, command: string, folder: string, ...more: string[]): string {
  expect(readFileSync(join(PACKAGE_ROOT, page), 'utf8')).toContain(command);
  const words = Array.from(command.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain = '']) => quoted ?? plain);
  const args = [join(PACKAGE_ROOT, 'dist', 'cli.js'), ...words.slice(1), ...more];
  return steady(spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).stdout);
}

function digits(): string {
  const folder = temporaryFolder();
  cpSync(join(PACKAGE_ROOT, 'examples', 'digits'), folder, { recursive: true });
  return folder;
}

it('README shows the end of npm start', () => {
  const end = printed('README.md', 'torchloss evaluate --example', PACKAGE_ROOT);
  expect(end).toContain(shown('README.md', 'loss  '));
});

it.each([
  [
    'README.md',
    'torchloss evaluate --loss cross_entropy --loss multi_margin_loss --input logits.npy --target labels.npy --report report.html',
  ],
  [
    'docs/guides/evaluate.md',
    'torchloss evaluate --loss cross_entropy --input logits.npy --target labels.npy --group-by target --report report.html',
  ],
])('%s shows an evaluation of files', (page, command) => {
  expect(printed(page, command, digits())).toContain(shown(page, 'torch.nn.functional.cross_entropy'));
});

it('README shows how a call is translated', () => {
  const command = 'torchloss explain --from "torch.nn.SmoothL1Loss(beta=0.5)" --to mindspore.nn';
  const text = printed('README.md', command, PACKAGE_ROOT);
  expect(text.startsWith(shown('README.md', 'From torch.nn.SmoothL1Loss'))).toBe(true);
});

it('docs/guides/parity.md shows a comparison of values', () => {
  const folder = temporaryFolder();
  for (const [file, last] of [
    ['node/losses.csv', '0.25'],
    ['python/losses.csv', '0.26'],
  ] as const) {
    mkdirSync(dirname(join(folder, file)));
    writeFileSync(join(folder, file), `step,loss\n1,0.5\n2,${last}\n`);
  }
  const page = 'docs/guides/parity.md';
  const command = 'torchloss parity compare node/losses.csv python/losses.csv';
  expect(printed(page, command, folder)).toBe(shown(page, 'agrees'));
});

it.runIf(libtorch().minor === SHOWN_MINOR)('docs/guides/parity.md shows a live comparison', () => {
  const page = 'docs/guides/parity.md';
  const command = 'torchloss parity --losses smooth_l1_loss,ctc_loss --cases 60 --report parity.html';
  const text = printed(page, command, temporaryFolder(), '--python', standIn('same LibTorch'));
  expect(text).toBe(shown(page, 'torchloss 0.1.0 on LibTorch'));
});
