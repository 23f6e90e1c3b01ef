/** Migrations, checked against the frameworks' documents: answers, refused calls, the parser and the command. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snakeKeys } from '../../lib/base/json.js';
import { entryOf, NAMESPACES } from '../../lib/losses/catalogue.js';
import { TorchError } from '../../lib/base/errors.js';
import type { Namespace } from '../../lib/loss/call_types.js';
import { explainMigration, type Migration } from '../../lib/migration/index.js';
import { parseCall } from '../../lib/migration/python.js';
import { ENTRIES } from '../helpers/losses.js';

/** A migration after a round trip through JSON. */
function migrate(call: string, to?: Namespace): Migration {
  return JSON.parse(JSON.stringify(explainMigration(call, to)));
}

/** Every loss, from each namespace that has it to each other. */
const COMMON = ENTRIES.filter(({ row }) => entryOf(row, 'mindspore.nn') !== undefined);
const PAIRS = COMMON.flatMap((entry) => NAMESPACES.map((to) => ({ ...entry, from: entry.namespace, to })));

describe("notable calls migrate as the frameworks' documents say", () => {
  it.each([
    // In MindSpore, smooth L1 is unreduced by default and beta comes first.
    ['torch.nn.SmoothL1Loss(beta=0.5)', 'mindspore.nn', "mindspore.nn.SmoothL1Loss(beta=0.5, reduction='mean')"],
    ['ms.nn.SmoothL1Loss()', 'torch.nn', "torch.nn.SmoothL1Loss(reduction='none')"],
    ["F.smooth_l1_loss(x, y, reduction='none')", 'mindspore.ops', 'mindspore.ops.smooth_l1_loss(x, y)'],
    [
      'F.smooth_l1_loss(x, y, None, None, "sum", 2)',
      'mindspore.ops',
      "mindspore.ops.smooth_l1_loss(x, y, beta=2.0, reduction='sum')",
    ],
    // MindSpore spells the multi-label class with a small l.
    ['nn.MultiLabelMarginLoss()', 'mindspore.nn', 'mindspore.nn.MultilabelMarginLoss()'],
    ['nn.MultilabelMarginLoss()', 'torch.nn', 'torch.nn.MultiLabelMarginLoss()'],
    // Margins are floats in the classes, integers in the multi-class function.
    ['nn.MultiMarginLoss(margin=2)', 'mindspore.nn', 'mindspore.nn.MultiMarginLoss(margin=2.0)'],
    ['nn.MultiMarginLoss(margin=2.0)(x, y)', 'mindspore.ops', 'mindspore.ops.multi_margin_loss(x, y, margin=2)'],
    ['nn.CosineEmbeddingLoss(1)(a, b, c)', 'mindspore.nn', 'mindspore.nn.CosineEmbeddingLoss(margin=1.0)(a, b, c)'],
    // A norm is an integer in MindSpore.
    ['nn.TripletMarginLoss(2.0, 1.0)', 'mindspore.nn', 'mindspore.nn.TripletMarginLoss(p=1, margin=2.0)'],
    // Arguments of the instance's call apply if the constructor's are the defaults.
    ['mindspore.nn.TripletMarginLoss()(a, b, c, 0.5)', 'torch.nn', 'torch.nn.TripletMarginLoss(margin=0.5)(a, b, c)'],
    [
      'mindspore.nn.TripletMarginLoss(margin=2.0)(a, b, c, 0.5)',
      'torch.nn',
      'torch.nn.TripletMarginLoss(margin=2.0)(a, b, c)',
    ],
    ['mindspore.nn.MultiMarginLoss()(x, y, w)', 'mindspore.ops', 'mindspore.ops.multi_margin_loss(x, y, weight=w)'],
    // mindspore.ops.ctc_loss returns a pair, and MindSpore takes lengths as tensors.
    [
      'F.ctc_loss(p, t, (3, 2), [2, 1], 1)',
      'mindspore.ops',
      'mindspore.ops.ctc_loss(p, t, mindspore.Tensor([3, 2], mindspore.int32), mindspore.Tensor([2, 1], mindspore.int32), blank=1)[0]',
    ],
    ['ops.ctc_loss(p, t, m, n)', 'torch.nn', 'torch.nn.CTCLoss()(p, t, m, n)'],
    ['ops.ctc_loss(p, t, m, n)', 'mindspore.ops', 'mindspore.ops.ctc_loss(p, t, m, n)'],
    // PyTorch is case-sensitive.
    [
      "ops.binary_cross_entropy(x, y, None, 'SUM')",
      'torch.nn.functional',
      "torch.nn.functional.binary_cross_entropy(x, y, reduction='sum')",
    ],
    ["nn.MSELoss(reduction='elementwise_mean')", 'mindspore.nn', 'mindspore.nn.MSELoss()'],
    // The class and the function of BCE with logits order their options differently.
    [
      "mindspore.nn.BCEWithLogitsLoss('sum', w, p)(x, y)",
      'mindspore.ops',
      "mindspore.ops.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction='sum')",
    ],
    // torch.nn.PoissonNLLLoss has an option and a tensor of the same name.
    [
      'nn.PoissonNLLLoss(log_input=False)(log_input=x, target=y)',
      'torch.nn.functional',
      'torch.nn.functional.poisson_nll_loss(x, y, log_input=False)',
    ],
    ["nn.HuberLoss(delta=float('inf'))", 'mindspore.nn', "mindspore.nn.HuberLoss(delta=float('inf'))"],
    [
      'nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]), ignore_index=-1)',
      'mindspore.nn',
      'mindspore.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]), ignore_index=-1)',
    ],
  ] as const)('%s in %s is %s', (call, to, python) => {
    expect(migrate(call, to).to.python).toBe(python);
  });

  it('names, orders and defaults of smooth L1', () => {
    expect(migrate('torch.nn.SmoothL1Loss(beta=0.5)', 'mindspore.nn')).toMatchObject({
      loss: 'smooth_l1_loss',
      from: {
        signature: "torch.nn.SmoothL1Loss(size_average=None, reduce=None, reduction='mean', beta=1)(input, target)",
      },
      to: { signature: "mindspore.nn.SmoothL1Loss(beta=1, reduction='none')(logits, labels)" },
      renamed: [
        { from: 'input', to: 'logits' },
        { from: 'target', to: 'labels' },
      ],
      moved: [
        { parameter: 'reduction', from: 3, to: 2 },
        { parameter: 'beta', from: 4, to: 1 },
      ],
      defaults: [{ parameter: 'reduction', from: "'mean'", to: "'none'" }],
      vanished: [{ parameter: 'size_average', given: false }, { parameter: 'reduce' }],
      added: [],
      refused: [],
    });
  });

  it('only the default of smooth L1 changes', () => {
    const changed = PAIRS.filter(({ path, to }) => migrate(`${path}()`, to).defaults.length > 0);
    expect(changed.map(({ row, from, to }) => [row.op, from[0], to[0]])).toEqual(
      changed.map(({ from }) => ['smooth_l1_loss', from[0], from.startsWith('t') ? 'm' : 't']),
    );
    expect(changed).toHaveLength(8);
  });

  it('keyword-only options have no position', () => {
    const { moved } = migrate('nn.TripletMarginWithDistanceLoss()', 'mindspore.nn');
    expect(moved.map(({ parameter, from, to }) => [parameter, from, to])).toEqual([
      ['distance_function', null, 1],
      ['margin', null, 4],
      ['swap', null, 2],
      ['reduction', null, 3],
    ]);
  });

  it('in MindSpore labels are int32 and lengths tensors, and the loss is the first of a pair', () => {
    expect(migrate('nn.NLLLoss()', 'mindspore.nn').kinds).toEqual([
      { parameter: 'labels', from: 'int64 or uint8', to: 'int32 or int64' },
      { parameter: 'weight', from: 'a Tensor or None', to: 'a Tensor of float16 or float32, or None' },
    ]);
    expect(migrate('mindspore.ops.multilabel_margin_loss()', 'torch.nn').kinds).toEqual([
      { parameter: 'target', from: 'int32', to: 'int64' },
    ]);
    const ctc = migrate('nn.CTCLoss()', 'mindspore.ops');
    expect(ctc.kinds.map(({ parameter }) => parameter)).toEqual(['targets', 'input_lengths', 'target_lengths']);
    expect(ctc.notes).toContain('mindspore.ops.ctc_loss returns a pair, the loss and log_alpha; [0] is the loss.');
    expect(migrate('ops.ctc_loss()', 'torch.nn').notes).toContain(
      'The result is only the loss: torch.nn does not return log_alpha.',
    );
  });

  it("values out of the target's range are named, with the namespaces that accept them", () => {
    expect(migrate('nn.MultiMarginLoss(margin=0.5)', 'mindspore.ops').refused).toEqual([
      {
        parameter: 'margin',
        expected: 'an integer',
        got: '0.5',
        takenBy: ['torch.nn', 'torch.nn.functional', 'mindspore.nn'],
      },
    ]);
    expect(migrate('nn.SmoothL1Loss(beta=0)', 'mindspore.nn').refused).toEqual([
      { parameter: 'beta', expected: 'a number above 0', got: '0', takenBy: ['torch.nn', 'torch.nn.functional'] },
    ]);
    expect(migrate('nn.CosineEmbeddingLoss(margin=2)', 'mindspore.ops').refused).toMatchObject([
      { expected: 'a number from -1 to 1' },
    ]);
    expect(migrate('ms.nn.TripletMarginLoss(margin=-1.0)', 'torch.nn').refused).toMatchObject([
      { expected: 'a number above 0 with LibTorch 2.4 and newer', got: '-1' },
    ]);
  });

  it("the deviations are the row's, only between frameworks", () => {
    for (const { row, path, from, to } of PAIRS) {
      const { deviations } = migrate(`${path}()`, to);
      const known = row.deviations.map(({ about, torch, mindspore }) => ({ about, torch, mindspore }));
      expect(deviations).toEqual(from.split('.')[0] === to.split('.')[0] ? [] : known);
    }
  });

  it('reserved words of TypeScript are renamed, and Python-only expressions become names', () => {
    const { from, to, placeholders } = migrate('F.gaussian_nll_loss(x[:, 0], y, var)', 'mindspore.nn');
    expect(from.typescript).toBe('torch.nn.functional.gaussian_nll_loss(input, y, var_)');
    expect(to.typescript).toBe('new mindspore.nn.GaussianNLLLoss()(input, y, var_)');
    expect(to.python).toBe('mindspore.nn.GaussianNLLLoss()(x[:, 0], y, var)');
    expect(placeholders).toEqual([{ typescript: 'input', python: 'x[:, 0]' }]);
  });
});

describe('calls that are refused', () => {
  it.each([
    ['', 'expected the name of a loss at column 1, got the end'],
    ['torch.nn.L1Loss', "expected '(' at column 16, got the end"],
    ['nn.L1Loss(', "expected ')' at column 11, got the end"],
    ['nn.L1Loss(reduction=)', 'expected a value at column 21, got `)`'],
    ["nn.L1Loss(reduction='sum)", "expected a string that ends at column 21, got `'sum)`"],
    ["nn.L1Loss(reduction='sum'))", 'expected the end of the call at column 27, got `)`'],
    ['nn.L1Loss([)', 'expected brackets that match at column 12, got `)`'],
    ['nn.L1Loss(*args)', 'expected arguments one by one, each written out at column 11, got `*args)`'],
    ["nn.L1Loss(reduction='sum', None)", 'expected a named argument after a named one at column 28, got `None`'],
    ["nn.L1Loss(reduction='sum', reduction='sum')", 'expected reduction once at column 28, got it again'],
    ['nn.L1Loss(None, size_average=True)', 'expected size_average once at column 17, got it again'],
    ['nn.L1Loss(a = b = c)', "expected ',' or ')' at column 17, got `= c)`"],
    ['nn.L1Loss() mean', 'expected the end of the call at column 13, got `mean`'],
    ['print(nn.L1Loss()', 'expected the end of the call at column 18, got the end'],
    ['[nn.L1Loss()', 'expected the end of the call at column 13, got the end'],
    ["nn.L1Loss(reduction='avg')", "expected 'none', 'mean' or 'sum' for reduction at column 11, got `'avg'`"],
    ["ms.nn.L1Loss(reduction='Mean')", "expected 'none', 'mean' or 'sum' for reduction at column 14, got `'Mean'`"],
    ['nn.L1Loss(beta=1)', 'expected a parameter of L1Loss (size_average, reduce, reduction) at column 11, got `beta`'],
    [
      'nn.L1Loss(1, 2, 3, 4)',
      'expected at most 3 arguments by place (size_average, reduce, reduction) at column 20, got `4`',
    ],
    ['nn.L1Loss(size_average=1)', 'expected True, False or None for size_average at column 11, got `1`'],
    ['nn.GaussianNLLLoss(True)', 'expected at most 0 arguments by place at column 20, got `True`'],
    ['nn.HuberLoss(delta="1")', 'expected a number for delta at column 14, got `"1"`'],
    ['nn.NLLLoss(ignore_index=1.0)', 'expected an integer for ignore_index at column 12, got `1.0`'],
    ['nn.NLLLoss(weight=3)', 'expected a tensor or None for weight at column 12, got `3`'],
    ['nn.KLDivLoss(log_target=1)', 'expected True or False for log_target at column 14, got `1`'],
    ['ms.nn.HuberLoss(delta=0.0)', 'expected a number above 0 for delta at column 17, got `0.0`'],
    ['F.l1_loss(input)', 'expected a tensor for target at column 16, got none'],
    ['nn.L1Loss()()', 'expected a tensor for input at column 13, got none'],
    ['F.l1_loss(a, b)(c)', 'expected the call of l1_loss alone at column 18, got a second one'],
    [
      'L1Loss()',
      'expected a loss of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops at column 1, got `L1Loss`; is it torch.nn.L1Loss or mindspore.nn.L1Loss? An import line before the call says so',
    ],
    [
      'losses.smooth_l1_loss(a, b)',
      'expected a loss of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops at column 1, got `losses.smooth_l1_loss`; is it torch.nn.functional.smooth_l1_loss or mindspore.ops.smooth_l1_loss? An import line before the call says so',
    ],
    [
      "partial(F.cross_entropy, reduction='none')",
      'expected a loss of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops at column 1, got `partial`; give the call that it stands for',
    ],
    ["nn.L1Loss('max')", "expected True, False or None for size_average at column 11, got `'max'`"],
    [
      "nn.L1Loss('sum')",
      "expected True, False or None for size_average at column 11, got `'sum'`. nn is read as PyTorch's; mindspore.nn takes this call: write mindspore.nn for nn, or give the import line before the call",
    ],
    [
      'mindspore.nn.FocalLoss()',
      'expected a loss that both frameworks have at column 1, got `mindspore.nn.FocalLoss`, which only MindSpore has; torchloss has it under the same name',
    ],
    [
      'ops.CTCLoss(ctc_merge_repeated=True)',
      'expected a loss that both frameworks have at column 1, got `ops.CTCLoss`, which is a primitive, what functions and layers of MindSpore are made of, and takes sparse labels; mindspore.ops.ctc_loss takes dense ones',
    ],
    ['ops.ReLU()', 'expected a loss of mindspore.ops at column 1, got `ops.ReLU`, which is a primitive if anything'],
    [
      'ops.SparseSoftmaxCrossEntropyWithLogits(True)(x, y)',
      'expected False for is_grad (True gives a gradient, no loss) at column 41, got `True`',
    ],
    [
      'mindspore.nn.MultiLabelMarginLoss()',
      'expected a loss of mindspore.nn, such as mindspore.nn.MultilabelMarginLoss, at column 1, got `mindspore.nn.MultiLabelMarginLoss`',
    ],
    [
      'ops.poisson_nll_loss(a, b)',
      'expected a loss of mindspore.ops, such as mindspore.nn.PoissonNLLLoss, at column 1, got `ops.poisson_nll_loss`',
    ],
    [
      'torch.nn.smooth_l1_loss(a, b)',
      'expected a loss of torch.nn, such as torch.nn.SmoothL1Loss, at column 1, got `torch.nn.smooth_l1_loss`',
    ],
  ])('%s', (call, message) => {
    expect(() => explainMigration(call, 'mindspore.nn')).toThrow(
      expect.objectContaining({ name: 'TorchError', code: 'ERR_USAGE', message: `call: ${message}` }),
    );
  });

  it('values that must be literals', () => {
    expect(() => explainMigration('F.kl_div(a, b, log_target=flag)', 'mindspore.ops')).toThrow('True or False');
    expect(() => explainMigration('F.l1_loss(a, b, reduction=r, weight=w)', 'mindspore.ops')).toThrow(
      'a literal reduction',
    );
    expect(migrate('F.l1_loss(a, b, reduction=r)', 'mindspore.ops').to.typescript).toBe(
      'mindspore.ops.l1_loss(a, b, { reduction: r })',
    );
  });

  it('invalid calls and namespaces', () => {
    expect(() => explainMigration(3 as never)).toThrow('call: expected a string, got 3');
    expect(() => explainMigration('nn.L1Loss()', 'torch' as never)).toThrow(
      "namespace: expected one of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops, got 'torch'",
    );
  });
});

/** Runs the compiled program without a LibTorch. */
function explain(...args: string[]) {
  const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');
  const env = { ...process.env, LIBTORCH: '/nowhere' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'explain', ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

describe('torchloss explain --from', () => {
  it('prints both calls in both languages, and what changes', () => {
    expect(explain('--from', 'torch.nn.SmoothL1Loss(beta=0.5)', '--to', 'mindspore.nn')).toEqual({
      status: 0,
      stderr: '',
      stdout: `From torch.nn.SmoothL1Loss to mindspore.nn.SmoothL1Loss

Python

    torch.nn.SmoothL1Loss(beta=0.5)
    mindspore.nn.SmoothL1Loss(beta=0.5, reduction='mean')

TypeScript

    new torch.nn.SmoothL1Loss({ beta: 0.5 })
    new mindspore.nn.SmoothL1Loss({ beta: 0.5, reduction: 'mean' })

Defaults that change

- reduction: 'mean' becomes 'none'

Tensors with another name

- input is logits
- target is labels

Options in another order

- reduction: third in torch.nn, second in mindspore.nn
- beta: fourth in torch.nn, first in mindspore.nn

Parameters without an equivalent

- size_average: use reduction
- reduce: use reduction

Tensors with other dtypes or shapes

- labels: mindspore.nn accepts the shape and dtype of the first tensor; torch.nn, any shape that
  broadcasts

Results and checks that differ

case                              PyTorch and torchloss             MindSpore
--------------------------------  --------------------------------  --------------------------------
beta given as an integer          accepted: JavaScript has one      TypeError before 2.6
                                  number type
bfloat16 on the CPU               computed                          no kernel in 2.10
float16 on the CPU in older       a TorchError where LibTorch 1.13  computed
LibTorch versions                 has no kernel
a tensor without elements         0 for the sum, nan for the mean   uninitialized memory, an error
                                                                    or a crash (SIGFPE) in 2.10 on
                                                                    the CPU
the rounding of float16 and       rounded after each of the         rounded after each of its own
bfloat16 on the CPU               LibTorch operations that make up  operations: less accurate, and
                                  the loss, some of which are       inf or nan where an intermediate
                                  fused; in float32 by evaluate     value exceeds 65504
subnormal numbers, below 1.2e-38  used as they are                  flushed to 0 by the worker
in float32                                                          threads on the CPU but not by
                                                                    the main thread: in long tensors
                                                                    some elements are 0
NaN or an infinity in the inputs  the result of LibTorch's formula  possibly another NaN or number,
                                                                    since it computes in other steps
numbers above 1e15, or 50 in      the rounding, inf or nan of       different ones: it computes in
float16                           LibTorch's steps                  another order
sums of thousands of elements in  pairwise summation                added one by one on the CPU: off
float32                                                             by about 2e-5 of the sum

Names, orders and defaults are those of PyTorch 2.13 and MindSpore 2.10.
`,
    });
  });

  it('names the nearest namespace that has a missing loss, and refused values', () => {
    const { stdout } = explain('--from', "F.poisson_nll_loss(a, b, reduction='sum')", '--to', 'mindspore.ops');
    expect(stdout).toContain('\n\nmindspore.ops does not have this loss; the nearest is in mindspore.nn.\n\nPython\n');
    expect(stdout).toContain("\n    mindspore.nn.PoissonNLLLoss(reduction='sum')(a, b)\n");
    expect(explain('--from', 'nn.MultiMarginLoss(margin=0.5)', '--to', 'mindspore.ops').stdout).toContain(
      '\nValues that are rejected\n\n- margin: mindspore.ops expects an integer, got 0.5; accepted by torch.nn, torch.nn.functional,\n  mindspore.nn\n',
    );
  });

  it('prints expressions unchanged', () => {
    expect(explain('--from', 'nn.MSELoss()(y ** 2, w[0](x))', '--to', 'mindspore.ops').stdout).toContain(
      '\n    mindspore.ops.mse_loss(y ** 2, w[0](x))\n\nTypeScript\n\n' +
        '    new torch.nn.MSELoss()(input, target)\n    mindspore.ops.mse_loss(input, target)\n\n' +
        'Names for Python-only expressions\n\n    input = y ** 2\n    target = w[0](x)\n\n',
    );
  });

  it('prints the TypeScript of the same namespace without --to, and JSON', () => {
    const { stdout } = explain('--from', "F.mse_loss(a, b, reduction='sum')");
    expect(stdout).toMatch(
      /^torch\.nn\.functional\.mse_loss\n\nPython\n\n {4}F\.mse_loss\(a, b, reduction='sum'\)\n\nTypeScript\n\n {4}torch\.nn\.functional\.mse_loss\(a, b, { reduction: 'sum' }\)\n$/,
    );
    const call = 'nn.BCELoss(weight=w)(x, y)';
    const json = explain('--from', call, '--to', 'mindspore.ops', '--json').stdout;
    expect(JSON.parse(json)).toEqual({ version: 1, ...(snakeKeys(migrate(call, 'mindspore.ops')) as object) });
  });

  it('exits with 2 without a call, a namespace or --from', () => {
    expect(explain('--from', 'nn.L1Loss(')).toEqual({
      status: 2,
      stdout: '',
      stderr: "torchloss: call: expected ')' at column 11, got the end [ERR_USAGE]\n",
    });
    expect(explain('--from', 'nn.L1Loss()', '--to', 'torch')).toMatchObject({
      status: 2,
      stderr:
        "torchloss: --to: expected one of torch.nn, torch.nn.functional, mindspore.nn, mindspore.ops, got 'torch' [ERR_USAGE]\n",
    });
    expect(explain('--to', 'torch.nn')).toMatchObject({
      status: 2,
      stderr: 'torchloss: explain: --to needs --from CALL or --file FILE [ERR_USAGE]\n',
    });
    expect(explain('L1Loss', '--from', 'nn.L1Loss()')).toMatchObject({ status: 2 });
  });
});

describe('the parser', () => {
  it('reads literals, and leaves expressions unchanged', () => {
    const { args, second } = parseCall(
      ` a.b ( 1_000 , x = -.5e-3, y=lambda a, b=(1, 2): [a, b], z=d["k,)"] == 'it\\'s', t=(1,), e=f(), n=-float("inf"), ) ( p )`,
    );
    expect(args.map(({ name, text, value }) => [name, text, Object.values(value).at(-1)])).toEqual([
      [undefined, '1_000', true],
      ['x', '-.5e-3', false],
      ['y', 'lambda a, b=(1, 2): [a, b]', 'expression'],
      ['z', `d["k,)"] == 'it\\'s'`, 'expression'],
      ['t', '(1,)', [1]],
      ['e', 'f()', 'expression'],
      ['n', '-float("inf")', Number.NEGATIVE_INFINITY],
    ]);
    expect(args[0]?.value).toEqual({ kind: 'literal', value: 1000, whole: true });
    expect(second).toMatchObject([{ text: 'p' }]);
  });

  const piece = fc.constantFrom(
    'torch.nn.',
    'F.',
    'nn.',
    'L1Loss',
    'cross_entropy',
    'ctc_loss',
    '(',
    ')',
    ',',
    '=',
    "'sum'",
    '"',
    "'",
    '\\',
    '[',
    'reduction',
    'weight=',
    'lambda x, y: ',
    '1e-6',
    '-100',
    "float('inf')",
    'True',
    ' ',
    '\n',
    '#',
    '*',
    '(1, 2)',
    '==',
    ':',
  );

  it('throws only errors with a column', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 12 }).map((pieces) => `F.nll_loss(${pieces.join('')})`),
      fc.array(piece, { maxLength: 12 }).map((pieces) => `nn.TripletMarginLoss(${pieces.join('')})(a, b, c)`),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...NAMESPACES), (text, namespace) => {
        try {
          const { to } = explainMigration(text, namespace);
          // The output can be parsed again, except for placeholders of parameters.
          if (!/^\(|\[0\]$/.test(to.python)) parseCall(to.python);
        } catch (error) {
          expect(error).toBeInstanceOf(TorchError);
          expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringMatching(/ at column \d+, got /) });
        }
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('reads every number', () => {
    fc.assert(
      fc.property(
        fc.double().filter((value) => !Object.is(value, -0)),
        (value) => {
          const text = Number.isNaN(value) ? "float('nan')" : String(value).replace(/(-?)Infinity/, "$1float('inf')");
          expect(parseCall(`f(${text})`).args[0]?.value).toMatchObject({ kind: 'literal', value });
        },
      ),
      { seed: 1 },
    );
  });
});
