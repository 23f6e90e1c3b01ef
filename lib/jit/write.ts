/** What a TorchScript file holds, and how it is written. */
import { attempt, onLane } from '../addon/lane.js';
import { type Handle, native, type ScriptHandle } from '../addon/native.js';
import { pathOf } from '../files/path.js';
import { replaceFile, replaceFileAsync } from '../files/replace.js';

/** What a file of the module holds. */
export function scriptBytes(script: ScriptHandle): Uint8Array {
  return bytesOf(native().save_script(script));
}

/** Writes a module to a file: beside the old one, synced and renamed. */
export function writeScript(script: ScriptHandle, file: unknown): void {
  const path = pathOf(file, 'file');
  replaceFile(path, [scriptBytes(script)]);
}

/** {@link writeScript} without blocking. */
export async function writeScriptAsync(script: ScriptHandle, file: unknown): Promise<void> {
  const path = pathOf(file, 'file');
  const bytes = await attempt(() =>
    onLane((lane, job) => native().deferred.save_script(lane, job, script), bytesOf, {}),
  );
  await replaceFileAsync(path, [bytes]);
}

/** The bytes of a tensor, which they share. */
function bytesOf(tensor: Handle): Uint8Array {
  return new Uint8Array(native().array_buffer(tensor));
}
