// Makes this process look like one on a system with musl; import it before anything else.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { existsSync } = fs;
fs.existsSync = (path) => /^\/lib\/ld-musl-\w+\.so\.1$/.test(path) || existsSync(path);
const getReport = process.report.getReport.bind(process.report);
process.report.getReport = () => {
  const { header, ...report } = getReport();
  return { ...report, header: { ...header, glibcVersionRuntime: undefined } };
};
syncBuiltinESMExports();
