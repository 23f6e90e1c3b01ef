import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

/** Next to what the programs import, in a folder that git ignores. */
const BUILD = join(PACKAGE_ROOT, 'build');
mkdirSync(BUILD, { recursive: true });
const folder = mkdtempSync(join(BUILD, 'types-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tsc(project: string, ...options: string[]) {
  const compiler = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', project, '--noEmit', '--pretty', 'false', ...options];
  return spawnSync(process.execPath, args, { cwd: PACKAGE_ROOT, encoding: 'utf8' });
}

const PRELUDE = `import { mindspore, type Tensor, torch } from '../../lib/index.js';
const { functional: F } = torch.nn;
declare const logits: Tensor<readonly [8, 10], 'float32'>;
declare const narrow: Tensor<readonly [8, 9], 'float32'>;
declare const images: Tensor<readonly [8, 3, 4, 5], 'float32'>;
declare const labels: Tensor<readonly [8], 'int64'>;
declare const labels7: Tensor<readonly [7], 'int64'>;
declare const labels32: Tensor<readonly [8], 'int32'>;
declare const weights9: Tensor<readonly [9], 'float32'>;
declare const logProbs: Tensor<readonly [50, 4, 20], 'float32'>;
declare const targets: Tensor<readonly [4, 12], 'int32'>;
declare const lengths3: Tensor<readonly [3], 'int32'>;
`;

/** Wrong programs, and the types and names that their single error must show. The compiler's wording is not checked. */
const PROGRAMS: Readonly<Record<string, readonly [program: string, ...says: string[]]>> = {
  'a batch of 7 labels for 8': [
    'F.cross_entropy(logits, labels7);',
    'Tensor<readonly [7], "int64">',
    'Tensor<readonly [8], "int64">',
  ],
  'a weight of 9 for 10 classes': [
    'F.cross_entropy(logits, labels, { weight: weights9 });',
    'readonly [9]',
    'readonly [10]',
  ],
  'a class with a weight of 9 for 10 classes': [
    'new torch.nn.CrossEntropyLoss({ weight: weights9 })(logits, labels);',
    'Tensor<readonly [8, 10], "float32">',
    'Tensor<readonly [8, 9], "float32">',
  ],
  'labels for images rather than for pixels': [
    'F.cross_entropy(images, labels);',
    'readonly [8]',
    'readonly [8, 4, 5]',
  ],
  "int32 labels in PyTorch's cross entropy": ['F.cross_entropy(logits, labels32);', '"int32"', '"int64" | "uint8"'],
  "uint8 labels in MindSpore's cross entropy": [
    "mindspore.ops.cross_entropy(logits, torch.zeros([8], { dtype: 'uint8' }));",
    '"uint8"',
    '"int32" | "int64"',
  ],
  'float64 logits in mindspore.nn.CrossEntropyLoss': [
    "new mindspore.nn.CrossEntropyLoss()(logits.to('float64'), labels32);",
    '"float64"',
    '"float16" | "float32"',
  ],
  'a misspelt option': [
    'F.smooth_l1_loss(logits, logits, { betta: 1 });',
    "'betta'",
    'SmoothL1Options<"mean"> & OwnOptions',
    "'beta'",
  ],
  'a misspelt option of a class': [
    'new mindspore.nn.SmoothL1Loss({ betta: 1 });',
    "'betta'",
    'MindSporeSmoothL1Options<"none"> & OwnOptions',
    "'beta'",
  ],
  'batchmean where it does not exist': [
    "F.smooth_l1_loss(logits, logits, { reduction: 'batchmean' });",
    '"batchmean"',
    'Reduction | undefined',
  ],
  "log_target in MindSpore's divergence": [
    'new mindspore.nn.KLDivLoss({ log_target: true });',
    "'log_target'",
    'MindSporeKLDivOptions<"mean"> & OwnOptions',
  ],
  "PyTorch's old options in MindSpore": [
    'mindspore.ops.binary_cross_entropy_with_logits(logits, logits, { size_average: true });',
    "'size_average'",
    'MindSporeBCEWithLogitsOptions<"mean"> & OwnOptions',
  ],
  'two dtypes in MindSpore': ["mindspore.ops.smooth_l1_loss(logits, logits.to('float64'));", '"float64"', '"float32"'],
  'a target of integers': ["F.kl_div(logits, logits.to('int64'));", '"int64"', "'Float'"],
  'a target with a column too few': [
    'F.binary_cross_entropy_with_logits(logits, narrow);',
    'readonly [8, 9]',
    'readonly [8, 10]',
  ],
  '3 lengths for a batch of 4': ['F.ctc_loss(logProbs, targets, lengths3, [1, 2, 3, 4]);', "'3'", "'4'"],
  'lengths in float32': ['F.ctc_loss(logProbs, targets, torch.ones([4]), [1, 2, 3, 4]);', '"float32"', "'Integer'"],
  'a negative of another shape': [
    'new torch.nn.TripletMarginWithDistanceLoss()(logits, logits, narrow);',
    "'9'",
    "'10'",
  ],
  'an array instead of a tensor': ['F.smooth_l1_loss([1, 2], logits);', 'number[]', 'Tensor<'],
};

/** The errors of the programs, by the name of their file. */
function compileAll(): Record<string, string> {
  const extended = { extends: '../../tsconfig.json', compilerOptions: { rootDir: '../..' }, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(extended));
  for (const [index, [program]] of Object.values(PROGRAMS).entries()) {
    writeFileSync(join(folder, `p${index}.ts`), `${PRELUDE}${program}\n`);
  }
  const errors: Record<string, string> = {};
  for (const part of tsc(folder).stdout.split(/\n(?=\S)/)) {
    const [, file = ''] = /(p\d+)\.ts\(\d+,\d+\): error /.exec(part) ?? [];
    errors[file] = (errors[file] ?? '') + part;
  }
  return errors;
}

describe('errors of the compiler', () => {
  const errors = compileAll();

  it.each(Object.entries(PROGRAMS).map(([name, [, ...says]], index) => [name, `p${index}`, says] as const))(
    '%s',
    (_, file, says) => {
      for (const text of says) expect(errors[file]).toContain(text);
      // An argument, a value or an option that does not match, on the program's own line.
      const places = Array.from(errors[file]?.matchAll(/\((\d+),\d+\): error TS(\d+)/g) ?? [], ([, ...at]) => at);
      expect(places).toEqual([
        [String(PRELUDE.split('\n').length), expect.stringMatching(/^(2322|2345|2353|2561|2739|2740)$/)],
      ]);
    },
  );

  it('has one error for each program and no other', () => {
    expect(Object.keys(errors)).toHaveLength(Object.keys(PROGRAMS).length);
  });
});

describe('the compiler', () => {
  it.each([
    ['the programs that test the types', 'test/types'],
    ['the whole test suite', 'test'],
  ])('takes %s', (_, project) => {
    expect(tsc(project)).toMatchObject({ stdout: '', status: 0 });
  });
});

describe('the declarations of the package', () => {
  it("compile under the compiler's strictest options, for ES modules and CommonJS", () => {
    const { stdout, status } = tsc('test/strict');
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

describe('test/types', () => {
  const names = [
    'cross_entropy',
    'ctc',
    'kl_div',
    'bce_with_logits',
    'smooth_l1',
    'triplet_margin_with_distance',
    'l1',
    'mse',
    'huber',
    'soft_margin',
    'hinge_embedding',
    'margin_ranking',
    'poisson_nll',
    'gaussian_nll',
    'nll',
    'bce',
    'multi_label_margin',
    'multi_label_soft_margin',
    'multi_margin',
    'cosine_embedding',
    'triplet_margin',
  ];
  it.each(names.flatMap((name) => [`torch_${name}`, `mindspore_${name}`]))('has programs for %s', (name) => {
    const text = readFileSync(join(PACKAGE_ROOT, 'test', 'types', `${name}.ts`), 'utf8');
    expect(text.match(/^is</gm)?.length).toBeGreaterThanOrEqual(2);
    expect(text.match(/@ts-expect-error \S/g)?.length).toBeGreaterThanOrEqual(4);
  });
});
