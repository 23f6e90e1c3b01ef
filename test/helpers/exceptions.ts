import { libtorch } from '../../lib/addon/native.js';
import { behaviour } from '../../lib/addon/versions.js';

const { exceptionsFor } = (await import(new URL('../../scripts/exceptions.mjs', import.meta.url).href)) as {
  exceptionsFor(version: string, changes: Readonly<Record<string, boolean>>): Readonly<Record<string, string>>;
};

/** Recorded cases that cannot hold with the LibTorch in use, by id, with the reason. */
export const exceptions = exceptionsFor(libtorch().version, behaviour());
