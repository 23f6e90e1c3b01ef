/** What releases are made of and by: pinned, hashed, listed and signed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

const { LIBTORCHS, PLATFORMS } = (await import(new URL('../../scripts/binaries.mjs', import.meta.url).href)) as {
  readonly LIBTORCHS: readonly string[];
  readonly PLATFORMS: readonly string[];
};

const read = (...path: string[]) => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');
const workflows = readdirSync(join(PACKAGE_ROOT, '.github', 'workflows'));
const requirements = readdirSync(join(PACKAGE_ROOT, '.github', 'requirements'));

describe.each(workflows)('the workflow %s', (name) => {
  const text = read('.github', 'workflows', name);
  const lines = text.split('\n');

  it('pins actions by commit, with the version in a comment', () => {
    const uses = lines.filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const pins = new Map(uses.map((line) => [/uses: ([\w./-]+)/.exec(line)?.[1], line.trim().replace(/^- /, '')]));
    for (const line of uses) expect(pins.get(/uses: ([\w./-]+)/.exec(line)?.[1])).toBe(line.trim().replace(/^- /, ''));
  });

  it('installs with pip only by hashes, and with npm only from the lock file', () => {
    const pip = lines.filter((line) => /\bpip"? install\b/.test(line));
    for (const line of pip) expect(line).toMatch(/install --require-hashes -r "?\.github\/requirements\//);
    const npm = lines.filter((line) => /\bnpm (?:i|install)\b/.test(line));
    for (const line of npm) expect(line).toMatch(/npm install --ignore-scripts \.\/package\//);
  });

  it('may only read, except one job that may sign', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n/m);
    expect(lines.filter((line) => /\bwrite$/.test(line)).map((line) => line.trim())).toEqual(['id-token: write']);
    expect(text).not.toMatch(/secrets\.|pull_request_target|persist-credentials: true/);
    const checkouts = lines.filter((line) => line.includes('actions/checkout@')).length;
    expect(text.match(/persist-credentials: false/g)).toHaveLength(checkouts);
  });

  it('runs no untrusted text as a command', () => {
    const unsafe = /\$\{\{\s*github\.(?:event|head_ref|ref_name|actor)/;
    expect(lines.filter((line) => unsafe.test(line))).toEqual([]);
  });
});

describe('a release', () => {
  const text = read('.github', 'workflows', 'prebuild.yml');

  it('is published from a tag, tested, with provenance and a bill of materials', () => {
    const publish = text.slice(text.indexOf('\n  publish:'));
    expect(publish).toContain("if: startsWith(github.ref, 'refs/tags/v')");
    expect(publish).toContain('needs: [package, install]');
    expect(publish).toMatch(/npm publish "package\/torchloss-\$\{GITHUB_REF_NAME#v\}\.tgz" --provenance/);
    expect(text).toContain('npm sbom --omit=dev --sbom-format=spdx');
    expect(text).toMatch(
      /npm pkg set repository\.type=git "repository\.url=git\+\$GITHUB_SERVER_URL\/\$GITHUB_REPOSITORY\.git"/,
    );
  });
});

describe('the binaries', () => {
  const { binary } = parse(read('.github', 'workflows', 'prebuild.yml')).jobs;
  const jobs: Readonly<Record<string, string>>[] = binary.strategy.matrix.include;

  it('are made for each platform and each LibTorch that a package with all of them needs', () => {
    const made = jobs.map(({ platform, libtorch }) => `${platform} ${libtorch}`);
    const needed = LIBTORCHS.flatMap((libtorch) => PLATFORMS.map((platform) => `${platform} ${libtorch}`));
    expect(made.toSorted()).toEqual(needed.toSorted());
  });

  it('are made with the release that the name says, whose wheels pip takes by their hashes', () => {
    for (const { libtorch = '', torch, python } of jobs.filter((job) => job.torch !== undefined)) {
      expect(torch).toMatch(new RegExp(`^${libtorch.replace('.', '\\.')}\\.\\d+$`));
      if (python !== undefined) expect(requirements).toContain(`torch-${torch}.txt`);
    }
  });
});

describe.each(requirements)('the requirements %s', (name) => {
  it('name one version of each package, and the hashes of its files', () => {
    const entries = read('.github', 'requirements', name)
      .replaceAll(/^#.*\n/gm, '')
      .trim()
      .split(/\n(?! )/);
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) expect(entry).toMatch(/^[a-z\d-]+==[\d.]+(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+$/);
  });
});

describe('what Dependabot watches', () => {
  it('is everything that has packages or pins', () => {
    const text = read('.github', 'dependabot.yml');
    for (const ecosystem of ['github-actions', 'npm', 'pip']) expect(text).toContain(`package-ecosystem: ${ecosystem}`);
    for (const folder of ['/scripts/structure', '/.github/requirements']) expect(text).toContain(folder);
  });
});

describe.each(['package-lock.json', 'scripts/structure/package-lock.json'])('%s', (name) => {
  it('takes packages from the configured registry, and runs no install scripts', () => {
    const { packages } = JSON.parse(read(name)) as { packages: Record<string, Record<string, unknown>> };
    for (const [place, entry] of Object.entries(packages)) {
      if (place === '') continue;
      expect(entry, place).not.toHaveProperty('resolved');
      expect(entry, place).not.toHaveProperty('hasInstallScript');
      // Packages only for other platforms have no hash if npm did not inspect them.
      if (entry['optional'] !== true) expect(entry['integrity'], place).toMatch(/^sha512-/);
    }
  });
});
