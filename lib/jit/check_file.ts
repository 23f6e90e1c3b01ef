/** What a TorchScript file has to be before LibTorch reads it: an archive that is whole, with code that can be parsed. */
import { formatError } from '../base/errors.js';
import { bytesAt, type ReadFile, type Reading } from '../files/reading.js';
import {
  checkEntry,
  checkSpans,
  readArchive,
  readEntryInto,
  type ZipArchive,
  type ZipEntry,
} from '../files/zip_reader.js';
import { checkCode } from './check_code.js';
import { checkPickle } from './check_pickle.js';

/** No code and no pickle is longer than a buffer may be on every platform. */
const MAX_TEXT = 2 ** 30;

/**
 * Checks an archive: its directory, every entry's checksum, the structure of its pickles and of its code. LibTorch then
 * reads the same bytes.
 *
 * @throws TorchError `ERR_FILE_FORMAT` with what is wrong
 */
export function* checkScriptFile(file: ReadFile): Reading<void> {
  const head = yield* bytesAt(file, 0, Math.min(file.size, 4));
  if (head.toString('latin1') !== 'PK\x03\x04')
    throw formatError(file.name, 'it is no TorchScript file: those are zip archives');
  const archive = yield* readArchive(file);
  const folder = folderOf(archive);
  for (const entry of archive.entries.values()) checkEntry(archive, entry);
  for (const entry of archive.entries.values()) {
    const bytes = yield* readEntry(archive, entry);
    const name = entry.name.slice(folder.length);
    const refuse = (problem: string) => formatError(file.name, `${name}: ${problem}`);
    if (/^(data|constants|attributes)\.pkl$/.test(name)) checkPickle(bytes, refuse);
    if (/^code\/.*\.py$/.test(name)) checkCode(bytes, refuse);
  }
  checkSpans(archive);
}

function* readEntry(archive: ZipArchive, entry: ZipEntry): Reading<Uint8Array> {
  if (entry.size > MAX_TEXT && entry.deflated)
    throw formatError(archive.file.name, `'${entry.name}' is out of all proportion`);
  const bytes = new Uint8Array(entry.size);
  yield* readEntryInto(archive, entry, bytes);
  return bytes;
}

/** The folder that all entries are in, as PyTorch names it after the file. */
function folderOf({ file, entries }: ZipArchive): string {
  const [first = ''] = entries.keys();
  const folder = first.slice(0, first.indexOf('/') + 1);
  const names = [...entries.keys()];
  const strange = names.find((name) => !name.startsWith(folder));
  if (folder === '' || strange !== undefined)
    throw formatError(file.name, `it is no TorchScript file: it has no one folder for all entries`);
  const hasCode = names.some((name) => name.startsWith(`${folder}code/`));
  if (!entries.has(`${folder}data.pkl`) || !(hasCode || entries.has(`${folder}constants.pkl`))) {
    const advice = entries.has(`${folder}data.pkl`) ? ': torch.load reads checkpoints' : '';
    throw formatError(file.name, `it is no TorchScript file: it has no code${advice}`);
  }
  return folder;
}
