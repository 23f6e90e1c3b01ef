/** Formats a comparison for the terminal. */
import { formatTable, terminal } from '../terminal/markdown.js';
import { JUDGEMENTS, type Judgement } from './judge/judge.js';
import type { Cell, Counts, Summary } from './judge/summary.js';

/** The symbol and the word for each verdict. */
export const SIGNS: Readonly<Record<Judgement, { sign: string; word: string }>> = {
  identical: { sign: '=', word: 'identical bits' },
  refused: { sign: '-', word: 'rejected by both' },
  rounding: { sign: '~', word: 'rounding' },
  deviation: { sign: '#', word: 'known deviation' },
  wrong: { sign: '!', word: 'wrong' },
};

/** The names of the frameworks. */
export const NAMES = { pytorch: 'PyTorch', mindspore: 'MindSpore' } as const;

/** The number of cases that are shown in full. */
const SHOWN = 10;

/** A comparison in a few lines and a table. */
export function formatSummary(summary: Summary): string {
  const { cells, deviations, wrong } = summary;
  const lines = [...describeSides(summary), '', ...formatMatrix(cells), ''];
  if (deviations.length > 0) {
    lines.push('Known deviations:');
    for (const { loss, about, mindspore, torch, cases } of deviations) {
      const there = summary.framework === 'mindspore' ? `; there: ${mindspore}` : '';
      lines.push(`  ${loss}, ${about} (${cases}): ${torch}${there}`);
    }
    lines.push('');
  }
  for (const { id, call, reason } of wrong.slice(0, SHOWN)) lines.push(`WRONG ${id} (${call}): ${reason}`);
  if (wrong.length > SHOWN) lines.push(`and ${wrong.length - SHOWN} more`);
  lines.push(describeCounts(summary.counts));
  return lines.join('\n');
}

/** Describes what was compared. */
export function describeSides({ framework, versions, same_library, seed, device, threads }: Summary): string[] {
  const other = `${NAMES[framework]} ${versions.version} (Python ${versions.python}, ${versions.executable})`;
  const expected =
    framework === 'mindspore'
      ? 'A different implementation: rounding and the documented deviations are expected.'
      : same_library
        ? 'Both run on the same LibTorch: identical bits are expected.'
        : 'Two builds of the same LibTorch version: usually identical bits, but rounding is possible.';
  return [
    `torchloss ${versions.torchloss} on LibTorch ${versions.libtorch} against ${other}`,
    `${expected} Device ${device}, ${threads} thread${threads === 1 ? '' : 's'}, seed ${seed}.`,
  ];
}

/** The number of cases per verdict, in words. */
export function describeCounts(counts: Counts): string {
  const total = JUDGEMENTS.reduce((sum, judgement) => sum + counts[judgement], 0);
  const parts = JUDGEMENTS.filter((judgement) => counts[judgement] > 0 || judgement === 'identical');
  return `${total} cases: ${parts.map((judgement) => `${counts[judgement]} ${SIGNS[judgement].word}`).join(', ')}`;
}

function formatMatrix(cells: readonly Cell[]): string[] {
  const dtypes = [...new Set(cells.map(({ dtype }) => dtype))];
  const losses = [...new Set(cells.map(({ loss }) => loss))];
  const rows = losses.map((loss) => [
    loss,
    ...dtypes.map((dtype) => formatCell(cells.find((cell) => cell.loss === loss && cell.dtype === dtype))),
  ]);
  const legend = JUDGEMENTS.map((judgement) => `${SIGNS[judgement].sign} ${SIGNS[judgement].word}`).join('   ');
  return [...formatTable([['loss', ...dtypes], ...rows], terminal().width), '', legend];
}

function formatCell(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  const present = JUDGEMENTS.filter((judgement) => cell.counts[judgement] > 0);
  return present.map((judgement) => `${cell.counts[judgement]}${SIGNS[judgement].sign}`).join(' ');
}
