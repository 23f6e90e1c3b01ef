// Reads the reports of AddressSanitizer, UndefinedBehaviorSanitizer and valgrind, and sorts them by origin.

/** The first line of a report, by tool. */
const START =
  /^(==\d+== ?ERROR: AddressSanitizer|==\d+==WARNING: AddressSanitizer|.+: runtime error: |==\d+== (?:Invalid |Use of uninit|Conditional jump|Syscall param|Mismatched free|Source and destination))/;

/** A stack frame of Node itself, recognised by its program. */
const NODE = /[/ (]node[)+]/;

/**
 * The reports of a log: those with a frame of the addon are `ours`, unless that frame called into Node, whose garbage collector
 * scans the stack, for example.
 *
 * @param text - the log
 */
export function readReports(text) {
  const reports = [];
  for (const line of text.split('\n')) {
    if (START.test(line)) reports.push([]);
    // A report of valgrind ends with an empty line; the other tools' reports end where the next one begins.
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
