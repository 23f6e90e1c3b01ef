import { existsSync, readFileSync, realpathSync } from 'node:fs';

/** The files of the shared libraries in this process; none where the runtime cannot say. */
export function loadedLibraries(): string[] {
  try {
    const files = readFileSync('/proc/self/maps', 'utf8').matchAll(/\s(\/.*)$/gm);
    return [...new Set(Array.from(files, ([, file = '']) => file.replace(/ \(deleted\)$/, '')))];
  } catch {
    // The report has them as well, at 20 ms: for other systems, and where there is no `/proc` or no right to read it.
    const report = process.report?.getReport?.() as { sharedObjects?: string[] } | undefined;
    return report?.sharedObjects ?? [];
  }
}

/** Whether a shared library is in this process. */
export function isLoaded(file: string, loaded: () => readonly string[] = loadedLibraries): boolean {
  const wanted = real(file);
  return loaded().some((other) => real(other) === wanted);
}

/** The file itself, behind symbolic links. */
export function real(file: string): string {
  return existsSync(file) ? realpathSync(file) : file;
}
