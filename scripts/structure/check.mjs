// Checks the imports in a folder's lib against the rules, types included. Prints each violation; the exit code is 1 if there is
// any. The folder is the clone unless another one is named.
import { chdir } from 'node:process';
import { cruise } from 'dependency-cruiser';
import { RULES } from './rules.mjs';

const [, , folder] = process.argv;
if (folder !== undefined) chdir(folder);
const { output } = await cruise(['lib'], {
  validate: true,
  ruleSet: { forbidden: RULES },
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules' },
});
for (const { rule, from, to, cycle = [] } of output.summary.violations) {
  const way = cycle.length > 0 ? cycle.map(({ name }) => name) : [to];
  console.log(`${rule.name}: ${[from, ...way].join(' -> ')}`);
}
const { totalCruised, totalDependenciesCruised, violations } = output.summary;
console.log(`${totalCruised} files, ${totalDependenciesCruised} imports, ${violations.length} violations`);
process.exitCode = violations.length === 0 && totalCruised > 0 ? 0 : 1;
