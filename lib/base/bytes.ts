/** A number of bytes for people: `512.0 KiB`, `1.5 GiB`. `binding/memory/allocator.cpp` writes the same. */
export function byteSize(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = bytes / 1024;
  let unit = 0;
  for (; size >= 1024 && unit + 1 < units.length; unit++) size /= 1024;
  return `${size.toFixed(1)} ${units[unit]}`;
}
