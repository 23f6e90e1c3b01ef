import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { requireBinary } from '../../lib/libtorch/binary.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import * as torch from '../../lib/torch/index.js';
import { temporaryFolder } from '../helpers/libtorch.js';

/**
 * A copy of the package whose binary looks for c10d and Gloo under names that no LibTorch has: for the binary, its LibTorch
 * was then built without them. The names in the binary's symbol table are all that refers to them.
 */
function packageWithoutGloo(): string {
  const root = temporaryFolder();
  const bytes = readFileSync(requireBinary(libtorch()), 'latin1');
  const renamed = bytes.replaceAll(/(_Z\w*?)(4c10d|4gloo)\w*\0/g, (name) =>
    name.replaceAll('4c10d', '4c10x').replaceAll('4gloo', '4glox'),
  );
  expect(renamed).not.toBe(bytes);
  const file = join(root, relative(PACKAGE_ROOT, requireBinary(libtorch())));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, renamed, 'latin1');
  for (const name of ['dist', 'package.json']) cpSync(join(PACKAGE_ROOT, name), join(root, name), { recursive: true });
  symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

it.runIf(torch.distributed.is_available())(
  'a binary made with Gloo loads with a LibTorch without it, which only process groups miss',
  { timeout: 60_000 },
  () => {
    const program = `
      const { torch } = await import('${pathToFileURL(join(packageWithoutGloo(), 'dist', 'index.js'))}');
      const { distributed, nn } = torch;
      const loss = nn.functional.l1_loss(torch.tensor([1, 2]), torch.tensor([2, 4])).item();
      const one = { init_method: 'tcp://127.0.0.1:0', world_size: 1, rank: 0 };
      const { code, message } = await distributed.init_process_group('gloo', one).catch((error) => error);
      const available = [distributed.is_available(), distributed.is_gloo_available(), distributed.is_initialized()];
      console.log(JSON.stringify({ loss, available, code, message }));`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { ...process.env, LIBTORCH: libtorch().root },
    });
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      loss: 1.5,
      available: [false, false, false],
      code: 'ERR_NO_DISTRIBUTED',
      message:
        "init_process_group: this LibTorch was built without Gloo: torch.distributed needs Linux and a LibTorch with Gloo, as PyTorch's are",
    });
  },
);
