/** The report of a training run, as one HTML page. */
import type { EpochRecord, Best, FitStep } from '../train/index.js';
import { CHART_STYLE, value, whole } from './charts.js';
import { LINE_STYLE, type Line, renderLines } from './lines.js';
import { type Html, html, join, NOTHING } from './html.js';
import { renderPage } from './page.js';

/** The content of the page. */
export interface TrainingRecord {
  /** The model and its data: `mlp:256,128 on x.parquet`. */
  readonly title: string;
  readonly loss: string;
  readonly steps: readonly FitStep[];
  readonly epochs: readonly EpochRecord[];
  readonly best: Best | null;
  /** The quantity that decides `best`, such as `loss` or `accuracy`. */
  readonly monitor: string;
  /** The validation samples with the largest losses: their rows in the files and their targets. */
  readonly worst: readonly { readonly row: number; readonly loss: number; readonly target: string }[];
  /** The options as given. */
  readonly settings: Readonly<Record<string, string>>;
  /** Why the run ended. */
  readonly ended: string;
}

const STYLE = html`
header p { color: var(--soft); }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1.2rem; margin: 1.2rem 0; }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; min-width: 0; }
.card h2 { margin: 0; font-size: 1rem; font-weight: 600; }
figure { margin: .6rem 0 0; }
.best th, .best td { font-weight: 600; }
.settings th { font-weight: normal; color: var(--soft); white-space: nowrap; padding-left: 0; }
.settings td { overflow-wrap: anywhere; }
`;

/**
 * Renders the page: the curves of the losses and of each metric, the learning rate and the gradient norm, a table of the
 * epochs with the best one marked, and the worst samples.
 *
 * @param options - `date`: when the run ended
 */
export function renderTraining(record: TrainingRecord, { date }: { date: Date }): string {
  const { title, best, monitor, ended, steps, epochs } = record;
  const { epoch: last = 0 } = epochs.at(-1) ?? {};
  const bestText =
    best === null
      ? html`no epoch is done`
      : html`best epoch ${best.epoch}, ${monitor} ${value(best.value, 'best-value')}`;
  const body = [
    html`<header><h1>${title}</h1>`,
    html`<p>${last} epochs, ${whole(steps.at(-1)?.step ?? 0)} steps; ${bestText}; ${ended} on <time datetime="${date.toISOString()}">${date.toISOString().slice(0, 16).replace('T', ' ')} UTC</time></p></header>`,
    html`<main><div class="curves">${join(curves(record))}</div>`,
    renderEpochs(record),
    renderWorst(record),
    renderSettings(record),
    html`</main>`,
  ];
  return renderPage({ title, style: html`${CHART_STYLE}${LINE_STYLE}${STYLE}`, body: join(body) });
}

function curves({ steps, epochs, loss, best }: TrainingRecord): Html[] {
  const ofSteps = (of: (step: FitStep) => number) => steps.map((step): [number, number] => [step.step, of(step)]);
  const ofEpochs = (of: (epoch: EpochRecord) => number | undefined) =>
    epochs.flatMap((epoch): [number, number][] => {
      const y = of(epoch);
      return y === undefined ? [] : [[epoch.step, y]];
    });
  const mark = best === null ? undefined : best.step;
  const card = (name: string, lines: readonly Line[], marked?: number) =>
    html`<section class="card"><h2>${name}</h2>${renderLines(lines, { label: `${name} by step`, x: 'step', mark: marked })}</section>`;
  const validation = ofEpochs(({ validation }) => validation?.loss);
  return [
    card(
      loss,
      [
        { name: 'each step', points: ofSteps((step) => step.loss), faint: true },
        { name: 'training, mean of each epoch', points: ofEpochs((epoch) => epoch.loss) },
        ...(validation.length > 0 ? [{ name: 'validation', points: validation, marked: true }] : []),
      ],
      mark,
    ),
    ...metricNames(epochs).map((name) =>
      card(
        name,
        [
          {
            name: 'validation',
            marked: true,
            points: ofEpochs(({ validation }) => validation?.metrics[name] as number | undefined),
          },
        ],
        mark,
      ),
    ),
    card('learning rate', [{ name: 'each step', points: ofSteps((step) => step.lr) }]),
    card('gradient norm', [{ name: 'each step, before clipping', points: ofSteps((step) => step.grad_norm) }]),
  ];
}

/** The metrics that are one number. */
function metricNames(epochs: readonly EpochRecord[]): string[] {
  const metrics = Object.entries(epochs[0]?.validation?.metrics ?? {});
  return metrics.filter(([, found]) => typeof found === 'number').map(([name]) => name);
}

function renderEpochs({ epochs, best }: TrainingRecord): Html {
  const names = metricNames(epochs);
  const hasValidation = epochs.some(({ validation }) => validation !== null);
  const heads = [
    'epoch',
    'steps',
    'loss',
    ...(hasValidation ? ['validation loss', ...names] : []),
    'learning rate',
    'seconds',
  ];
  const rows = epochs.map((epoch) => {
    const cells = [
      epoch.loss,
      ...(hasValidation
        ? [epoch.validation?.loss, ...names.map((name) => epoch.validation?.metrics[name] as number | undefined)]
        : []),
      epoch.lr,
      epoch.seconds,
    ].map((number) => html`<td class="number">${number === undefined ? '' : value(number)}</td>`);
    const isBest = epoch.epoch === best?.epoch;
    return html`<tr${isBest ? html` class="best"` : NOTHING}><th class="number" scope="row">${epoch.epoch}${isBest ? ' (best)' : ''}</th><td class="number">${whole(epoch.step)}</td>${cells}</tr>`;
  });
  return html`<section><h2>Epochs</h2><div class="scroll"><table class="epochs"><thead><tr>${heads.map((head) => html`<th class="number" scope="col">${head}</th>`)}</tr></thead><tbody>${join(rows)}</tbody></table></div></section>`;
}

function renderWorst({ worst }: TrainingRecord): Html {
  if (worst.length === 0) return NOTHING;
  const rows = worst.map(
    ({ row, loss, target }) =>
      html`<tr><th class="number" scope="row">${row}</th><td class="number">${value(loss)}</td><td>${target}</td></tr>`,
  );
  return html`<section><h2>Worst validation samples</h2><p class="soft">After the last epoch. Rows are counted from 0.</p><table class="worst"><thead><tr><th class="number" scope="col">row</th><th class="number" scope="col">loss</th><th scope="col">target</th></tr></thead><tbody>${join(rows)}</tbody></table></section>`;
}

function renderSettings({ settings }: TrainingRecord): Html {
  const rows = Object.entries(settings).map(
    ([name, text]) => html`<tr><th scope="row">${name}</th><td>${text}</td></tr>`,
  );
  return html`<section><h2>Settings</h2><table class="settings"><tbody>${join(rows)}</tbody></table></section>`;
}
