// Reads the reports of AddressSanitizer, UndefinedBehaviorSanitizer and valgrind, and tells whose they are.

/** The first line of a report of each. */
const START =
  /^(==\d+== ?ERROR: AddressSanitizer|==\d+==WARNING: AddressSanitizer|.+: runtime error: |==\d+== (?:Invalid |Use of uninit|Conditional jump|Syscall param|Mismatched free|Source and destination))/;

/** A frame of Node itself, by its program. */
const NODE = /[/ (]node[)+]/;

/**
 * The reports of a log: those with a frame of the addon are `ours`, unless it is one that called Node, whose collector looks
 * through the stack for instance.
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
  const isOurs = (report) => {
    const lines = report.split('\n');
    const first = lines.findIndex((line) => NODE.test(line));
    return /torchloss\.node|\/binding\//.test(lines.slice(0, first < 0 ? undefined : first).join('\n'));
  };
  return { ours: texts.filter(isOurs), others: texts.filter((report) => !isOurs(report)) };
}
