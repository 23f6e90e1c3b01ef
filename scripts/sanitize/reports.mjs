// What AddressSanitizer, UndefinedBehaviorSanitizer and valgrind have written, sorted by whose it is.

/** The first line of a report of each. */
const START =
  /^(==\d+== ?ERROR: AddressSanitizer|==\d+==WARNING: AddressSanitizer|.+: runtime error: |==\d+== (?:Invalid |Use of uninit|Conditional jump|Syscall param|Mismatched free|Source and destination))/;

/**
 * The reports of a log: those with a frame of the addon are `ours`.
 *
 * @param text - the log
 */
export function readReports(text) {
  const reports = [];
  for (const line of text.split('\n')) {
    if (START.test(line)) reports.push([]);
    // A report of valgrind ends with an empty line; the others end where the next begins.
    const open = reports.at(-1);
    if (open === undefined || open.closed) continue;
    if (/^==\d+== $/.test(line)) open.closed = true;
    else if (open.length < 80) open.push(line);
  }
  const texts = reports.map((lines) => lines.join('\n'));
  const isOurs = (report) => /torchloss\.node|\/binding\//.test(report);
  return { ours: texts.filter(isOurs), others: texts.filter((report) => !isOurs(report)) };
}
