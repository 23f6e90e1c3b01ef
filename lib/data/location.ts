/** Parses the names of files: paths, URLs and standard input, and what follows `#`. */
import type { FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { invalidType, invalidValue } from '../base/errors.js';
import { isRevoked, isURL } from '../base/plain_object.js';
import type { Format } from './format.js';
import { decoded, nameOfURL } from './url.js';

/** A file that can be opened. */
export type Location =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'handle'; readonly handle: FileHandle }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'http'; readonly url: URL }
  | { readonly kind: 's3'; readonly bucket: string; readonly object: string };

/** A location, and the other parts of its name. */
export interface Named {
  readonly location: Location;
  /** What follows `#`. */
  readonly key?: string;
  /** The format, by the extension. */
  readonly format?: Format;
  /** Whether the name ends in `.gz`. */
  readonly isPacked: boolean;
}

/** The extensions of the formats. */
const EXTENSIONS: Readonly<Record<Format, readonly string[]>> = {
  npy: ['npy'],
  npz: ['npz'],
  safetensors: ['safetensors'],
  arrow: ['arrow', 'arrows', 'feather', 'ipc'],
  parquet: ['parquet'],
  csv: ['csv'],
  tsv: ['tsv'],
  jsonl: ['jsonl', 'ndjson', 'json'],
  bin: ['bin'],
};

const STDIN_NAMED = /^-(?:#(.+))?$/s;
const FORMATS = new Map(
  Object.entries(EXTENSIONS).flatMap(([format, names]) => names.map((name) => [name, format as Format])),
);
/** A `#` belongs to the file's own name unless it follows an extension. */
const NAMED = new RegExp(`^(.*\\.(?:${[...FORMATS.keys()].join('|')})(?:\\.gz)?)#(.+)$`, 'is');
const EXPECTED = 'a path, a URL or an open file';

/**
 * Parses the argument of {@link open}.
 *
 * @throws TypeError or RangeError
 */
export function readLocation(file: string | URL | FileHandle): Named {
  if (isRevoked(file)) throw invalidType('file', EXPECTED, file);
  if (isURL(file)) return readURL(new URL(file.href));
  if (typeof file === 'string') return readText(file);
  if (typeof file !== 'object' || file === null || typeof file.fd !== 'number')
    throw invalidType('file', EXPECTED, file);
  return { location: { kind: 'handle', handle: file }, isPacked: false };
}

function readText(text: string): Named {
  const [isStdin, stdinKey] = STDIN_NAMED.exec(text) ?? [];
  if (isStdin !== undefined)
    return { location: { kind: 'stdin' }, isPacked: false, ...(stdinKey !== undefined && { key: stdinKey }) };
  if (/^https?:\/\//i.test(text)) return readURL(parseURL(text));
  const [, path = text, key] = NAMED.exec(text) ?? [];
  const [isS3, bucket = '', object = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(path) ?? [];
  if (isS3 !== undefined) return withName(s3(bucket, object), object, key);
  return withName({ kind: 'path', path }, path, key);
}

function parseURL(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // Queries may have secrets.
    throw invalidValue('file', 'a valid URL', text.replace(/\?.*$/s, ''));
  }
}

function readURL(url: URL): Named {
  const key = url.hash === '' ? undefined : decoded(url.hash.slice(1));
  if (url.protocol === 'file:') {
    url.hash = '';
    const path = fileURLToPath(url);
    return withName({ kind: 'path', path }, path, key);
  }
  if (url.protocol === 's3:') {
    const object = decoded(url.pathname.slice(1));
    return withName(s3(url.host, object), object, key);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw invalidValue('file', 'a file:, https:, http: or s3: URL', url.protocol);
  url.hash = '';
  return withName({ kind: 'http', url }, url.pathname, key);
}

function s3(bucket: string, object: string): Location {
  if (bucket === '' || object === '') throw invalidValue('file', 's3://BUCKET/OBJECT', `s3://${bucket}/${object}`);
  return { kind: 's3', bucket, object };
}

function withName(location: Location, path: string, key: string | undefined): Named {
  const format = formatOfPath(path);
  const isPacked = /\.gz$/i.test(path);
  return { location, isPacked, ...(key !== undefined && { key }), ...(format !== undefined && { format }) };
}

/** The format of a path, by its extension. */
function formatOfPath(path: string): Format | undefined {
  const extension = /\.([^./\\]+?)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return FORMATS.get(extension);
}

/** What to do with files that are not read, by their extensions. */
const ADVICE: readonly (readonly [extensions: RegExp, advice: string])[] = [
  [/\.(?:zip|bz2|xz|zst|tar|7z)(?:#|$)/i, 'unpack it, or compress it with gzip'],
  [/\.(?:pkl|pickle|joblib)(?:#|$)/i, 'a pickle runs code when it is read: write it with to_parquet or numpy.save'],
  [/\.(?:xlsx?|ods)(?:#|$)/i, 'save the sheet as CSV'],
  [/\.(?:h5|hdf5?|sqlite3?|db|orc|avro)(?:#|$)/i, 'write it with to_parquet'],
  [/\.(?:pt|pth|ckpt)(?:#|$)/i, 'save its tensors with safetensors or numpy.save'],
];

/** What to do with a file in a format that is not read, if that is known. */
export function adviceOn(path: string): string | undefined {
  return ADVICE.find(([extensions]) => extensions.test(path))?.[1];
}

/** All extensions, for errors. */
export function listExtensions(): string {
  return Array.from(FORMATS.keys(), (name) => `.${name}`).join(', ');
}

/** The name of a file in errors, without the query and credentials of a URL, which are secret. */
export function nameOfLocation(location: Location): string {
  if (location.kind === 'path') return location.path;
  if (location.kind === 'handle') return `file descriptor ${location.handle.fd}`;
  if (location.kind === 'stdin') return 'standard input';
  return location.kind === 'http' ? nameOfURL(location.url) : `s3://${location.bucket}/${location.object}`;
}
