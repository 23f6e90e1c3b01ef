/** Calls and programs as people write them: what is understood, what is left out, and that the TypeScript compiles. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import type { Namespace } from '../../lib/loss/call_types.js';
import { NAMESPACES } from '../../lib/losses/catalogue.js';
import { explainMigration, explainSource } from '../../lib/migration/index.js';

/** Calls in the forms that occur in training programs. */
const CALLS: readonly string[] = `
F.cross_entropy(logits, labels)
F.cross_entropy(logits.float(), labels.long())
F.cross_entropy(logits, labels, ignore_index=-1)
F.cross_entropy(logits, labels, reduction='none').mean()
F.cross_entropy(logits.squeeze(), labels, label_smoothing=0.1)
loss = F.cross_entropy(logits, labels)
loss = criterion(F.cross_entropy(logits, labels), other)
loss += 0.4 * F.cross_entropy(logits, labels)
return F.cross_entropy(logits.view(-1, logits.size(-1)), labels.view(-1))
total, n = F.cross_entropy(logits, labels, reduction="sum"), len(labels)
loss = F.cross_entropy(shift_logits.view(-1, vocab), shift_labels.view(-1)) / accumulation_steps
criterion = nn.CrossEntropyLoss()
criterion = nn.CrossEntropyLoss().cuda()
criterion = nn.CrossEntropyLoss().to(device)
self.criterion = nn.CrossEntropyLoss(weight=class_weights, ignore_index=255)
self.loss_fn: nn.Module = torch.nn.CrossEntropyLoss(reduction='none')
criterion = torch.nn.CrossEntropyLoss(label_smoothing=args.smoothing).cuda(args.gpu)
criterion = nn.CrossEntropyLoss(weight=torch.tensor([0.2, 0.8]).to(device))
criterion = nn.CrossEntropyLoss() if args.smooth == 0 else smooth
nn.CrossEntropyLoss()(logits, labels).item()
nn.CrossEntropyLoss().cuda()(logits, labels)
torch.nn.CrossEntropyLoss(size_average=False)
nn.CrossEntropyLoss(size_average=self.size_average)
nn.CrossEntropyLoss(size_average=avg, reduce=reduce)
nn.CrossEntropyLoss(weight=self.weight, reduction=self.reduction)
F.nll_loss(F.log_softmax(logits, dim=1), labels)
F.nll_loss(logits, labels, size_average=False).item()
test_loss += F.nll_loss(logits, labels, reduction='sum').item()
nn.NLLLoss(ignore_index=PAD_IDX)
nn.NLLLoss(None, False)
criterion = nn.NLLLoss2d(weight)
F.mse_loss(pred, y)
F.mse_loss(pred.squeeze(), y.float())
F.mse_loss(input=pred, target=y, reduction="sum") / (2 * batch_size)
F.mse_loss(pred, y.detach()).backward()
td_loss = F.mse_loss(pred, reward + gamma * y)
nn.MSELoss(reduction='elementwise_mean')
nn.MSELoss(size_average=True, reduce=False)
self.mse = nn.MSELoss(reduction='none')  # per element
optimizer.minimize(nn.MSELoss()(pred, y))
F.l1_loss(pred, y)
F.l1_loss(pred * mask, y * mask, reduction='sum') / (mask.sum() + 1e-5)
recon = F.l1_loss(pred, y, reduction='none').mean(-1)
nn.L1Loss(reduction='sum').to(self.device)
F.smooth_l1_loss(pred, y)
F.smooth_l1_loss(pred, y.unsqueeze(1))
F.smooth_l1_loss(pred, y, beta=self.smooth_l1_beta, reduction='sum')
F.smooth_l1_loss(pred, y, reduction='sum', beta=1.0 / 9) / max(1, n)
nn.SmoothL1Loss(beta=0.11, reduction='none')
F.huber_loss(pred, y, delta=1.35)
nn.HuberLoss('sum', 2.0)
F.binary_cross_entropy(pred, y)
F.binary_cross_entropy(torch.sigmoid(logits), y, reduction='none')
F.binary_cross_entropy(recon_x, x.view(-1, 784), size_average=False)
BCE = F.binary_cross_entropy(recon_x.view(-1, 784), x.view(-1, 784), reduction='sum')
nn.BCELoss(weight=w, reduction='mean')
F.binary_cross_entropy_with_logits(logits, y, pos_weight=pos_weight)
F.binary_cross_entropy_with_logits(logits, y, weight=weight, reduction='none').sum(1).mean()
errD = nn.BCEWithLogitsLoss()(pred, torch.ones_like(pred))
nn.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
F.kl_div(logits.log_softmax(-1), y, reduction='batchmean')
F.kl_div(F.log_softmax(s / T, dim=1), F.softmax(t / T, dim=1), reduction='batchmean') * (T * T)
F.kl_div(a, b, log_target=True, reduction='sum')
nn.KLDivLoss(reduction='batchmean', log_target=True)
nn.KLDivLoss(size_average=False)
F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, zero_infinity=True)
F.ctc_loss(log_probs, targets, (50, 50), [12, 9])
nn.CTCLoss(blank=num_classes - 1, zero_infinity=True)
F.margin_ranking_loss(x1, x2, y, margin=0.1)
nn.MarginRankingLoss(margin=args.margin)(x1, x2, y)
F.triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2)
nn.TripletMarginLoss(margin=0.3, swap=True)
nn.TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance(), margin=0.5)
nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: 1.0 - F.cosine_similarity(x, y))
F.cosine_embedding_loss(x1, x2, y, margin=0.2)
nn.CosineEmbeddingLoss()(x1, x2, torch.ones(x1.size(0)))
F.hinge_embedding_loss(x, y, margin=2.0)
F.soft_margin_loss(x, y)
F.multi_margin_loss(x, y, p=1, margin=1)
F.multilabel_margin_loss(x, y)
F.multilabel_soft_margin_loss(x, y, weight=w)
nn.MultiLabelSoftMarginLoss(weight=w, reduction='none')
F.poisson_nll_loss(x, y, log_input=False, full=True)
F.gaussian_nll_loss(mean, y, var)
F.gaussian_nll_loss(mean, y, 0.5)
nn.GaussianNLLLoss(eps=1e-4)(mean, y, var)
th.nn.functional.mse_loss(pred, y)
nnf.mse_loss(pred, y)
ms.nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction="mean")
nn.SoftmaxCrossEntropyWithLogits(sparse=True)
loss = nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction='mean')
nn.SoftmaxCrossEntropyWithLogits(is_sparse, 'sum')(logits, labels)
mindspore.nn.MAELoss()
ms.nn.MAELoss(reduction='none')(logits, labels)
ms.nn.SmoothL1Loss(1.0, 'sum')
mindspore.nn.CrossEntropyLoss(reduction='sum')(logits, labels)
mindspore.nn.BCEWithLogitsLoss(reduction='mean', weight=w, pos_weight=pw)(logits, y)
mindspore.nn.BCELoss(reduction='mean')
mindspore.nn.MultilabelMarginLoss()(x, y)
ops.cross_entropy(logits, ops.arange(len(logits)))
ops.cross_entropy(logits, labels, label_smoothing=0.05)
ops.binary_cross_entropy_with_logits(logits, y, w, pw)
ops.ctc_loss(log_probs, targets, input_lengths, target_lengths)[0]
ops.nll_loss(logits, labels, ignore_index=-1, reduction='sum')
ops.smooth_l1_loss(pred, y, beta=0.5, reduction='mean')
ops.kl_div(a, b, reduction='batchmean')
mint.nn.functional.cross_entropy(logits, labels, ignore_index=-100)
mindspore.mint.nn.L1Loss(reduction='sum')
mint.nn.BCEWithLogitsLoss()(pred, y)
P.SmoothL1Loss(beta=0.5)(pred, y)
P.BCEWithLogitsLoss(reduction='none')(logits, y, weight, pos_weight)
P.SigmoidCrossEntropyWithLogits()(logits, y)
ops.BCEWithLogitsLoss()
ops.KLDivLoss(reduction='sum')(a, b)
ops.BinaryCrossEntropy('sum')(pred, y, w)
ops.NLLLoss(reduction='none')(logits, labels, weight)
ops.SoftmaxCrossEntropyWithLogits()(logits, labels)
ops.SparseSoftmaxCrossEntropyWithLogits()(logits, labels)
`
  .trim()
  .split('\n');

/** Names in the programs that are not tensors; all others are. */
const OTHERS =
  /^(?:args|cfg|avg|reduce|margin|beta|delta|blank|eps|ignore_index|reduction|label_smoothing|p|PAD_IDX|is_sparse|distance_function|input_lengths|target_lengths|swap|log_input)$/;

const BUILD = join(PACKAGE_ROOT, 'build');
mkdirSync(BUILD, { recursive: true });
const folder = mkdtempSync(join(BUILD, 'migrated-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The names in a TypeScript call that the surrounding program has to declare. */
function freeNames(code: string): string[] {
  const words = code.replaceAll(/'[^']*'/g, '').matchAll(/(?<![\w.])[A-Za-z_]\w*(?!\w*:)/g);
  return [...words]
    .map(([word]) => word)
    .filter((word) => !/^(new|torch|mindspore|true|false|null|Infinity)$/.test(word));
}

describe('calls in the style of programs', () => {
  it('are understood, except for removed names', () => {
    const refused = CALLS.filter((call) => {
      try {
        explainMigration(call);
        return false;
      } catch {
        return true;
      }
    });
    expect(refused).toEqual(['criterion = nn.NLLLoss2d(weight)']);
  });

  it('become TypeScript that compiles under strict', () => {
    const codes = CALLS.filter((call) => !call.includes('NLLLoss2d')).flatMap((call) =>
      NAMESPACES.flatMap((to) => {
        const { from, to: target } = explainMigration(call, to);
        return [from.typescript, target.typescript];
      }),
    );
    const programs = [...new Set(codes)].map((code, index) => {
      const names = [...new Set(freeNames(code))].map((name) => `${name}: ${OTHERS.test(name) ? 'any' : 'Tensor'}`);
      return `export const call${index} = (${names.join(', ')}) => ${code};`;
    });
    expect(programs.length).toBeGreaterThan(350);
    const program = `import { mindspore, type Tensor, torch } from '../../lib/index.js';\n${programs.join('\n')}\n`;
    writeFileSync(join(folder, 'calls.ts'), program);
    const options = { noEmit: true, strict: true, module: 'nodenext', target: 'es2023', skipLibCheck: true };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...options, types: ['node'] }, files: ['calls.ts'] }),
    );
    const compiler = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    const errors = stdout
      .split('\n')
      .filter((line) => line.includes('calls.ts('))
      .map((line) => `${programs[Number(/\((\d+),/.exec(line)?.[1]) - 2]} ${line}`);
    expect(errors).toEqual([]);
  }, 120_000);

  it.each([
    ['loss = F.l1_loss(a, b)', { before: 'loss =', between: '', after: '' }],
    ['nn.L1Loss().cuda()', { before: '', between: '', after: '.cuda()' }],
    ['nn.L1Loss().to(dev)(a, b) / n  # half', { before: '', between: '.to(dev)', after: '/ n  # half' }],
    ['print(F.l1_loss(a, b).mean(-1))', { before: 'print(', between: '', after: '.mean(-1))' }],
    ['F.l1_loss(a, b)', undefined],
  ])('leaves out what surrounds %s', (call, setAside) => {
    const migration = explainMigration(call, 'mindspore.ops');
    expect(migration.setAside).toEqual(setAside);
    expect(migration.to.python).toMatch(/^mindspore\.ops\.l1_loss\(\w+, \w+\)$/);
    expect(call).toContain(migration.from.python);
  });

  it('accepts comments and line ends inside calls', () => {
    const call =
      "F.l1_loss(\n    a,  # of the model\n    b +\n      c, # of the data, it's real\n    reduction='sum',\n)";
    expect(explainMigration(call, 'mindspore.ops').to.python).toBe("mindspore.ops.l1_loss(a, b + c, reduction='sum')");
    const continued = 'loss = \\\n  F.l1_loss(a, \\\n  b)';
    expect(explainMigration(continued, 'mindspore.ops').to.python).toBe('mindspore.ops.l1_loss(a, b)');
  });
});

describe('names', () => {
  it.each([
    ['from torch import nn\nnn.L1Loss()', 'torch.nn', 'L1Loss'],
    ['from mindspore import nn\nnn.L1Loss()', 'mindspore.nn', 'L1Loss'],
    ["import mindspore.nn as nn\nnn.SmoothL1Loss(1.0, 'sum')", 'mindspore.nn', 'SmoothL1Loss'],
    ['import torch.nn.functional as tnf\ntnf.l1_loss(a, b)', 'torch.nn.functional', 'l1_loss'],
    ['from torch.nn import functional\nfunctional.l1_loss(a, b)', 'torch.nn.functional', 'l1_loss'],
    ['from torch.nn import (\n  L1Loss as Mae,\n  MSELoss,\n)\nloss = Mae()', 'torch.nn', 'L1Loss'],
    ['from torch.nn.functional import cross_entropy\ncross_entropy(a, b)', 'torch.nn.functional', 'cross_entropy'],
    ['from torch.nn.modules.loss import L1Loss\nL1Loss()', 'torch.nn', 'L1Loss'],
    ['from torch.nn import *\nL1Loss()', 'torch.nn', 'L1Loss'],
    ['from mindspore.ops import functional as F\nF.l1_loss(a, b)', 'mindspore.ops', 'l1_loss'],
    ['from mindspore.ops import operations as P\nP.SmoothL1Loss()', 'mindspore.nn', 'SmoothL1Loss'],
    ['import mindspore as M, numpy as np\nM.ops.l1_loss(a, b)', 'mindspore.ops', 'l1_loss'],
    ['from mindspore.mint import nn\nnn.L1Loss()', 'torch.nn', 'L1Loss'],
    ['th.nn.L1Loss()', 'torch.nn', 'L1Loss'],
  ] as const)('%j is of %s', (call, namespace, name) => {
    expect(explainMigration(call).from).toMatchObject({ namespace, name });
  });

  it('of MindSpore are recognised as losses', () => {
    const of = (call: string, to: Namespace) => explainMigration(call, to).to.python;
    expect(of('nn.SoftmaxCrossEntropyWithLogits(sparse=True)', 'torch.nn')).toBe(
      "torch.nn.CrossEntropyLoss(reduction='none')",
    );
    expect(of("ms.nn.SoftmaxCrossEntropyWithLogits(True, 'mean')(x, y)", 'torch.nn.functional')).toBe(
      'torch.nn.functional.cross_entropy(x, y)',
    );
    expect(of('mindspore.nn.MAELoss()', 'torch.nn')).toBe('torch.nn.L1Loss()');
    expect(of('P.SmoothL1Loss()', 'torch.nn')).toBe("torch.nn.SmoothL1Loss(reduction='none')");
    expect(of('ops.BCEWithLogitsLoss()(x, y, w, p)', 'torch.nn.functional')).toBe(
      'torch.nn.functional.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p)',
    );
    expect(of('ops.NLLLoss()(x, y, w)', 'torch.nn')).toBe('torch.nn.NLLLoss(weight=w)(x, y)');
    expect(of("ops.MultiMarginLoss(reduction='sum')(x, y, w)", 'torch.nn.functional')).toBe(
      "torch.nn.functional.multi_margin_loss(x, y, weight=w, reduction='sum')",
    );
    expect(of('ops.SigmoidCrossEntropyWithLogits()(x, y)', 'torch.nn')).toBe(
      "torch.nn.BCEWithLogitsLoss(reduction='none')(x, y)",
    );
    const { notes } = explainMigration('nn.SoftmaxCrossEntropyWithLogits(sparse=True)', 'torch.nn');
    expect(notes.join(' ')).toContain('with sparse=True, labels are class indices');
  });

  it('of modules that only one framework has are reported', () => {
    const { to, notes } = explainMigration(
      'nn.TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance())',
      'mindspore.nn',
    );
    expect(to.typescript).toBe('new mindspore.nn.TripletMarginWithDistanceLoss({ distance_function })');
    expect(notes).toContain('nn.PairwiseDistance() uses PyTorch: rewrite it for the other framework.');
  });
});

describe('values', () => {
  it('with a computed size_average choose the reduction', () => {
    expect(explainMigration('nn.L1Loss(size_average=self.average)', 'mindspore.nn').to).toMatchObject({
      python: "mindspore.nn.L1Loss(reduction='mean' if self.average else 'sum')",
      typescript: 'new mindspore.nn.L1Loss({ reduction })',
    });
    expect(explainMigration('nn.L1Loss(avg, red)', 'torch.nn').to.python).toBe(
      "torch.nn.L1Loss(reduction=('mean' if avg else 'sum') if red else 'none')",
    );
    expect(explainMigration('nn.L1Loss(False, red)', 'torch.nn').to.python).toBe(
      "torch.nn.L1Loss(reduction='sum' if red else 'none')",
    );
  });

  it('with a number as variance get a tensor if one is needed', () => {
    const { from, to, kinds } = explainMigration('F.gaussian_nll_loss(a, b, 0.5)', 'mindspore.ops');
    expect(from.typescript).toBe('torch.nn.functional.gaussian_nll_loss(a, b, torch.full_like(a, 0.5))');
    expect(to.python).toBe('mindspore.ops.gaussian_nll_loss(a, b, mindspore.ops.full_like(a, 0.5))');
    expect(kinds).toContainEqual({ parameter: 'var', from: 'a Tensor or a number', to: 'a Tensor' });
    expect(() => explainMigration('F.l1_loss(a, 0.5)')).toThrow('expected a tensor for target at column 14, got `0.5`');
  });

  it('describe labels in the kinds that MindSpore takes', () => {
    const kinds = (call: string, to: Namespace) => explainMigration(call, to).kinds.map(({ to: taken }) => taken);
    expect(kinds('ops.cross_entropy(a, b)', 'mindspore.nn')).toContain(
      'int32 class indices, or probabilities of float16 or float32',
    );
    expect(kinds('F.nll_loss(a, b)', 'mindspore.ops')).toContain('int32 or int64');
    expect(kinds('F.cross_entropy(a, b)', 'mindspore.ops')).toContain(
      'int32 or int64 class indices, or probabilities of float16 or float32',
    );
  });
});

const PROGRAM = `"""Trains: nn.L1Loss() in a docstring is text."""
import torch
from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.criterion = nn.CrossEntropyLoss(weight=weight).cuda()  # nn.L1Loss()

    def cross_entropy(self, a, b):
        return F.kl_div(a, b, log_target=True) + 0.5 * F.l1_loss(
            a,
            b,
        )


def total(a, b):
    return 1 / F.l1_loss(a, b, weight=w, **extra), nn.Linear(3, 4), F.smooth_l1_loss(a, b)
`;

describe('programs', () => {
  it('list each call with its position and its answer', () => {
    const { calls } = explainSource(PROGRAM, 'mindspore.nn');
    expect(
      calls.map(({ line, column, migration, problem }) => [line, column, migration?.to.python ?? problem]),
    ).toEqual([
      [10, 26, 'mindspore.nn.CrossEntropyLoss(weight=weight)'],
      [13, 16, 'mindspore.nn.KLDivLoss()(a, b.exp())'],
      [13, 56, 'mindspore.nn.L1Loss()(a, b)'],
      [20, 16, 'expected arguments one by one, each written out at column 27, got `**extra), nn.Linear(…`'],
      [20, 69, "mindspore.nn.SmoothL1Loss(reduction='mean')(a, b)"],
    ]);
  });

  it('are rewritten with an import of the framework, and unchanged if nothing is understood', () => {
    const { python } = explainSource(PROGRAM, 'mindspore.nn');
    const lines = python.split('\n');
    expect(lines[4]).toBe('import mindspore');
    expect(python).toContain('self.criterion = mindspore.nn.CrossEntropyLoss(weight=weight).cuda()  # nn.L1Loss()');
    expect(python).toContain('+ 0.5 * mindspore.nn.L1Loss()(a, b)\n');
    expect(python).toContain('1 / F.l1_loss(a, b, weight=w, **extra), nn.Linear(3, 4), mindspore.nn.SmoothL1Loss(');
    expect(explainSource(PROGRAM).python).toBe(PROGRAM);
    expect(explainSource('', 'torch.nn')).toEqual({ calls: [], python: '' });
    const weighted = explainSource(
      'import torch.nn.functional as F\nx = 1 / F.l1_loss(a, b, weight=w)',
      'mindspore.ops',
    );
    expect(weighted.python).toContain("x = 1 / ((mindspore.ops.l1_loss(a, b, reduction='none') * w).sum() / w.sum())");
  });

  it('are explained by the command as text, JSON and a diff', () => {
    const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
    const file = join(folder, 'train.py');
    writeFileSync(file, PROGRAM);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [cli, 'explain', '--file', ...args], {
        encoding: 'utf8',
        cwd: folder,
        input: PROGRAM,
      });
    const text = run('train.py', '--to', 'mindspore.nn');
    expect(text.status).toBe(1);
    expect(text.stdout).toContain(
      "train.py:20:69\n  F.smooth_l1_loss(a, b)\n  Python:     mindspore.nn.SmoothL1Loss(reduction='mean')(a, b)\n" +
        "  TypeScript: new mindspore.nn.SmoothL1Loss({ reduction: 'mean' })(a, b)\n  - default of reduction: 'mean' becomes 'none'\n  - ",
    );
    expect(text.stdout).toContain('5 calls of losses, 4 understood\n');
    const json = JSON.parse(run('-', '--to', 'mindspore.nn', '--json').stdout);
    expect(json.file).toBe('stdin.py');
    expect(json.calls).toHaveLength(5);
    const diff = run('train.py', '--to', 'mindspore.nn', '--diff').stdout;
    expect(diff).toMatch(/^--- a\/train\.py\n\+\+\+ b\/train\.py\n@@ -2,19 \+2,17 @@\n/);
    const patched = spawnSync('patch', ['-p1', '-s', '-o', '-'], { encoding: 'utf8', cwd: folder, input: diff });
    if (patched.error === undefined) expect(patched.stdout).toBe(explainSource(PROGRAM, 'mindspore.nn').python);
    expect(run('nowhere.py')).toMatchObject({ status: 1, stderr: expect.stringContaining('nowhere.py') });
  });
});

/** The growth of the time shows the number of steps: twice the text must not take far more than twice the time. */
describe('the time for a text', () => {
  const spaces = (n: number) => `F.l1_loss([${' '.repeat(n)}x], b)`;
  it.each([
    ['spaces in a list', spaces],
    ['spaces before a bracket', (n: number) => `F.l1_loss${' '.repeat(n)}x`],
    ['line ends', (n: number) => `F.l1_loss(a${' \n'.repeat(n)}, b)`],
    ['comments', (n: number) => `F.l1_loss(a,${'#x\n'.repeat(n)} b)`],
    ['integers', (n: number) => `F.ctc_loss(a, b, [${'1, '.repeat(n)}], c)`],
    ['digits', (n: number) => `F.huber_loss(a, b, delta=${'1_'.repeat(n)})`],
    ['names', (n: number) => `F.l1_loss(${'a.'.repeat(n)}b, c)`],
    ['arguments', (n: number) => `F.l1_loss(${Array.from({ length: n }, (_, index) => `a${index}=1`).join(',')})`],
    ['brackets', (n: number) => `F.l1_loss(${'('.repeat(n)}${')'.repeat(n)}, b)`],
    ['quotes', (n: number) => `F.l1_loss(${"'' ".repeat(n)}, b)`],
    ['open quotes', (n: number) => `F.l1_loss(${'"'.repeat(2 * n + 1)}`],
    ['backslashes', (n: number) => `F.l1_loss('${'\\'.repeat(2 * n)}', b)`],
    ['nested calls', (n: number) => `${'F.l1_loss('.repeat(n)}a${', b)'.repeat(n)}`],
    ['calls', (n: number) => 'F.l1_loss(a, b)\n'.repeat(n)],
    ['calls on a line', (n: number) => 'F.l1_loss(a, b);'.repeat(n)],
    ['imports', (n: number) => `${'from torch import nn as n1\n'.repeat(n)}n1.L1Loss()`],
    ['words of an import', (n: number) => `from torch import ${'  a'.repeat(n)}\nnn.L1Loss()`],
  ])('grows linearly with %s', (_, make) => {
    const time = (n: number) => {
      const text = make(n);
      const start = process.hrtime.bigint();
      for (const explain of [explainMigration, explainSource]) {
        try {
          explain(text);
        } catch (error) {
          expect(error).toHaveProperty('code', 'ERR_USAGE');
        }
      }
      return Number(process.hrtime.bigint() - start) / 1e6;
    };
    const least = (n: number) => Math.min(...Array.from({ length: 3 }, () => time(n)));
    least(500);
    // A quadratic algorithm takes 256 times as long for 16 times the text.
    expect(least(16_000)).toBeLessThan(128 * Math.max(least(1000), 0.5));
  });
});
