import { candidates, OLDEST as OLDEST_MINOR } from '../../lib/libtorch/locate.js';
import type { LibTorch } from '../../lib/libtorch/places.js';
import { RELEASE } from '../../lib/libtorch/setup.js';

/** The LibTorch builds that the package has binaries for, as `npm run prebuild` found them. */
export const NEWEST: LibTorch = find(({ source, version }) => source === 'setup' && version === RELEASE);
export const OLDEST: LibTorch = find(({ minor }) => minor === OLDEST_MINOR);

function find(wanted: (libtorch: LibTorch) => boolean): LibTorch {
  const found = candidates({}).flatMap(({ libtorch }) => libtorch ?? []);
  const libtorch = found.find(wanted);
  if (!libtorch) throw new Error('a LibTorch is missing: `npm run prebuild` gets or names it');
  return libtorch;
}
