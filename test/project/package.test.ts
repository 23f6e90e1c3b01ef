/** The packed package: its contents, its entries, and what tools say about it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT, PACKAGE_VERSION } from '../../lib/libtorch/places.js';
import { REAL, runNode } from '../helpers/load.js';
import { pack } from '../helpers/pack.js';
import { readTar } from '../helpers/tar.js';

const MANIFEST = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));

/** Each module by its import name; single-file exports are data. */
const ENTRIES: string[] = Object.entries(MANIFEST.exports)
  .filter(([, file]) => typeof file !== 'string')
  .map(([key]) => `torchloss${key.slice(1)}`);

let tarball: Buffer;
let files: ReadonlyMap<string, Buffer>;

beforeAll(() => {
  tarball = readFileSync(pack());
  files = readTar(gunzipSync(tarball));
});

describe('the tarball', () => {
  it('contains only what is run, compiled or read', () => {
    const expected = [
      /^(package\.json|(README|CHANGELOG|CONTRIBUTING|SECURITY|bench\/README)\.md|LICENSE|CMakeLists\.txt)$/,
      /^dist\/([a-z0-9_]+\/){0,3}[a-z0-9_]+\.(js|d\.ts|cjs|d\.cts)$/,
      /^binding\/[a-z0-9]+\/[a-z0-9_]+\.(cpp|h)$/,
      /^binding\/c10d\/headers\/([a-z]+\/)+[a-z]+\.h$/,
      /^lib\/parity\/sides\/(operators|peer|training)\.py$/,
      /^docs\/((guides|losses)\/)?[a-zA-Z0-9_]+\.md$/,
      /^docs\/(losses\/[a-zA-Z0-9_]+\.svg|pictures\/[a-z]+\.png)$/,
      /^examples\/([a-z_]+\/)?(README\.md|[a-z_]+\.(ts|py|txt))$/,
      /^examples\/digits\/(expected\.json|images\.npy|labels\.npy|logits\.npy)$/,
      /^examples\/(safetensors|digits)\/digits\.safetensors$/,
      /^schemas\/[a-z-]+\.schema\.json$/,
      /^examples\/cluster\/(Dockerfile|[a-z_]+\.(yaml|sh))$/,
      /^examples\/training_service\/Dockerfile$/,
      /^prebuilds\/libtorch-\d+\.\d+(-precxx11)?\/prebuilds\/(linux|darwin|win32)-(x64|arm64)\/torchloss(\.glibc)?\.node$/,
    ];
    expect([...files.keys()].filter((name) => !expected.some((pattern) => pattern.test(name)))).toEqual([]);
  });

  it('has the version that the Dockerfile of the training service installs', () => {
    const file = String(files.get('examples/training_service/Dockerfile'));
    expect(file).toContain(`npm install torchloss@${PACKAGE_VERSION} `);
  });

  it('contains all compiled modules, each source of the addon, and what the commands read', () => {
    const needed = [
      ...readdirSync(join(PACKAGE_ROOT, 'binding'), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(cpp|h)$/.test(name))
        .map((name) => `binding/${name.replaceAll('\\', '/')}`),
      ...readdirSync(join(PACKAGE_ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `dist/${name.replaceAll('\\', '/').replace(/\.ts$/, '.js')}`),
      ...readdirSync(join(PACKAGE_ROOT, 'docs/losses'))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/losses/${name}`),
      'CMakeLists.txt',
      'LICENSE',
      'CHANGELOG.md',
      'examples/digits/logits.npy',
    ];
    expect(needed.filter((name) => !files.has(name))).toEqual([]);
  });

  it("contains the targets of its pages' links", () => {
    const pages = [...files].filter(([name]) => name.endsWith('.md'));
    const links = pages.flatMap(([name, content]) =>
      Array.from(String(content).matchAll(/\]\(([^)\s#]+)[^)]*\)/g), ([, link = '']) => ({ name, link })),
    );
    const relative = links.filter(({ link }) => !/^https?:/.test(link));
    const targets = [...files.keys()];
    const broken = relative.filter(({ name, link }) => {
      const target = posix.join(posix.dirname(name), link);
      return !targets.some((file) => file === target || file.startsWith(`${target}/`));
    });
    expect(relative.length).toBeGreaterThan(500);
    expect(broken).toEqual([]);
  });

  it('is small: 2 MB packed, and 1 MB more for each binary', () => {
    const binaries = [...files].filter(([name]) => name.endsWith('.node'));
    const sizes = binaries.map(([, content]) => gzipSync(content).length);
    expect(Math.max(0, ...sizes)).toBeLessThan(1_000_000);
    expect(tarball.length - sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2_000_000);
  });

  it('contains no paths of the machine it was made on', () => {
    const texts = [...files].filter(([name]) => !name.endsWith('.node') && !name.endsWith('.npy'));
    expect(texts.filter(([, content]) => content.includes(PACKAGE_ROOT)).map(([name]) => name)).toEqual([]);
  });

  it('runs no install script', () => {
    const scripts = Object.keys(JSON.parse(String(files.get('package.json'))).scripts);
    expect(scripts.filter((name) => /^(pre|post)?(install|prepare|pack|publish|version)(Only)?$/.test(name))).toEqual(
      [],
    );
    expect(files.has('binding.gyp')).toBe(false);
  });
});

describe('the tools', () => {
  it('publint finds nothing', async () => {
    const data = new Uint8Array(tarball).buffer;
    expect((await publint({ pack: { tarball: data }, strict: true })).messages).toEqual([]);
  });

  it('arethetypeswrong finds nothing, for any entry and resolution mode', async () => {
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    if (!result.types) throw new Error('the package has no types');
    expect(Object.keys(result.entrypoints)).toEqual(expect.arrayContaining(['.', './torch', './mindspore']));
    expect(result.problems).toEqual([]);
  });
});

describe('an entry', () => {
  it.each(ENTRIES)('%s gives the same exports to import and require', async (entry) => {
    const program = `
      const required = require('${entry}');
      import('${entry}').then((imported) => {
        const names = Object.keys(imported);
        console.log(names.length > 0 && names.every((name) => Object.is(imported[name], required[name])));
      });`;
    const args = ['--input-type=commonjs', '-e', program];
    const output = execFileSync(process.execPath, args, { cwd: PACKAGE_ROOT, encoding: 'utf8' });
    expect(output).toBe('true\n');
  });

  it('has one class of tensors for both', async () => {
    const program = `
      const { torch, Tensor } = require('torchloss');
      import('torchloss').then((esm) => {
        console.log(esm.torch.Tensor === torch.Tensor, esm.torch.tensor([2]) instanceof Tensor);
      });`;
    const { stdout, stderr } = await runNode(['--input-type=commonjs', '-e', program], { LIBTORCH: REAL.root });
    expect({ stdout, stderr }).toEqual({ stdout: 'true true\n', stderr: '' });
  });
});

describe('the changelog', () => {
  it('begins with this version', () => {
    const changelog = readFileSync(join(PACKAGE_ROOT, 'CHANGELOG.md'), 'utf8');
    expect(/^## (\S+)/m.exec(changelog)?.[1]).toBe(PACKAGE_VERSION);
  });
});
