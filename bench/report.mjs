// Prints the results: a table, and lines that say which goals are met.
import { GOALS } from './cases.mjs';

/** The rows of the table. */
export function table({ results, unit }) {
  return Object.fromEntries(results.map((result) => [`${result.name} ${result.pass}`, row(result, unit)]));
}

function row({ cpp, python, torchloss, disposed, uncached }, unit) {
  const ratio = (a, b) => (a === undefined || b === undefined ? '' : (a / b).toFixed(2));
  return {
    [`C++ ${unit}`]: Math.round(cpp),
    'Python/C++': ratio(python, cpp),
    'torchloss/C++': ratio(torchloss, cpp),
    'disposed/C++': ratio(disposed, cpp),
    'torchloss/Python': ratio(torchloss, python),
    'disposed/Python': ratio(disposed, python),
    ...(uncached === undefined ? {} : { 'uncached/Python': ratio(uncached, python) }),
  };
}

/** The geometric means against C++ and Python, and the cases above their goals. */
export function conclusions({ results, size, unit }) {
  const lines = [];
  const add = (other, ratios, limitOf, meanGoal) => {
    if (ratios.length === 0) return;
    const mean = Math.exp(ratios.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / ratios.length);
    const goal = meanGoal === undefined ? '' : ` (goal ${meanGoal})`;
    lines.push(`torchloss/${other}: geometric mean ${mean.toFixed(3)}${goal} of ${ratios.length}`);
    if (limitOf === undefined) return;
    const above = ratios.filter(({ loss, ratio }) => ratio > limitOf(loss));
    const names = above.map(({ name, pass, ratio }) => `${name} ${pass} ${ratio.toFixed(3)}`);
    lines.push(`  above its goal: ${above.length}${names.length > 0 ? ` (${names.join(', ')})` : ''}`);
  };
  const against = (column) =>
    results
      .filter((result) => result[column] !== undefined)
      .map((result) => ({ ...result, ratio: result.torchloss / result[column] }));
  add('C++', against('cpp'), unit === 'instructions' ? GOALS.cpp : undefined);
  add('Python', against('python'), () => GOALS.python[size], size === 'tiny' ? GOALS.pythonMean : undefined);
  return lines;
}

/** The operators that take more than their goals allow. */
export function operatorConclusions({ results }) {
  return results.map(({ name, cpp, python, torchloss }) => {
    const ratio = torchloss / cpp;
    const goal = GOALS.operators(name);
    const other = python === undefined ? '' : `, ${(torchloss / python).toFixed(2)} of Python`;
    return `${name}: ${ratio.toFixed(2)} of C++ (goal ${goal}${ratio > goal ? ', above it' : ''})${other}`;
  });
}
