// `npm run test:fake-cuda`: the tests of test/fake_cuda and test/cuda without a GPU, on the CUDA runtime of test/fake_cuda.
// They need LIBTORCH to name a LibTorch built with CUDA 13, and g++. Arguments are passed to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, runNode, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';

const FOLDER = join(ROOT, 'build', 'fake_cuda');

await runScript(async () => {
  await prepare({ native: true });
  return runNode(['scripts/test.mjs', '--config', 'test/fake_cuda/vitest.config.ts', ...process.argv.slice(2)], {
    env: { ...process.env, ...(await fakeCuda()) },
  });
});

/** Compiles the fake runtime and the fake driver, and gives the environment of programs that use the former. */
export async function fakeCuda() {
  const { locate } = await import('../dist/libtorch/locate.js');
  const { cuda, root, version } = locate();
  if (!cuda) throw new Stop(`LibTorch ${version} in ${root} was built without CUDA: set LIBTORCH to one built with it`);
  mkdirSync(FOLDER, { recursive: true });
  const runtime = join(FOLDER, 'libfakecudart.so');
  compile('runtime.cpp', runtime, ['-I', headers(root)]);
  compile('driver.cpp', join(FOLDER, 'libcuda.so.1'));
  return {
    LD_PRELOAD: runtime,
    LD_LIBRARY_PATH: [FOLDER, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    TORCHLOSS_FAKE_CUDA: FOLDER,
    // Kernels do nothing, and memory fresh from the runtime is 0: so results are the same in every run.
    PYTORCH_NO_CUDA_MEMORY_CACHING: '1',
  };
}

function compile(source, library, options = []) {
  const args = ['-std=c++17', '-O1', '-Wall', '-shared', '-fPIC', '-o', library];
  const { status, error } = spawnSync('g++', [...args, join(ROOT, 'test', 'fake_cuda', source), ...options], {
    stdio: 'inherit',
  });
  if (error) throw new Stop(`g++ cannot be started: ${error.message}`);
  if (status !== 0) throw new Stop(`test/fake_cuda/${source} does not compile`);
}

/** The folder of CUDA's headers: PyTorch's packages have them with Triton. */
function headers(root) {
  const places = [join(root, '..', 'triton', 'backends', 'nvidia', 'include'), '/usr/local/cuda/include'];
  const found = places.find((place) => existsSync(join(place, 'crt', 'host_defines.h')));
  if (found === undefined) throw new Stop(`CUDA's headers are in none of ${places.join(', ')}`);
  return found;
}
