// A program under TypeScript's strictest options, with the declarations of the built package checked as well.
import { mindspore, type Tensor, torch } from 'torchloss';
import { open, type OpenOptions } from 'torchloss/data';
import { type EvaluateOptions, evaluate, mergeResults, valueAndGrad } from 'torchloss/evaluate';
import { explainMigration } from 'torchloss/migration';
import { compareWithPython } from 'torchloss/parity';
import { Accuracy, type FitResult, Trainer } from 'torchloss/train';

const x = torch.tensor(
  [
    [1, 2],
    [3, 4],
  ],
  { requires_grad: true },
);
torch.ops.aten.logsumexp(x, [1]).sum().backward();
export const gradient: Tensor | null = x.grad;
export const schema: string = torch.ops.aten.huber_loss.default.schema;
export const [values, indices] = torch.ops.aten.max.dim(x, 1) as [Tensor, Tensor];

const target = torch.tensor([1n, 0n]);
export const loss: number = torch.nn.functional.cross_entropy(x, target, { label_smoothing: 0.1 }).item();
export const module: number = new torch.nn.CrossEntropyLoss({ weight: torch.tensor([1, 2]) })(x, target).item();
export const other: number = new mindspore.nn.MSELoss()(x, torch.zeros([2, 2])).item();
export const label = new mindspore.nn.MultilabelMarginLoss()(torch.tensor([[0.1, 0.2]]), torch.tensor([[1n, -1n]]));

const options: EvaluateOptions = { prefetch: 2 };
export const results = await evaluate({ ce: torch.nn.functional.cross_entropy }, { input: x, target }, options);
export const merged = mergeResults([]);
export const pair = await valueAndGrad(torch.nn.functional.cross_entropy, x, target);

const how: OpenOptions = { dtype: 'float32' };
export const source = open('data.bin', how);
export const compared = compareWithPython;
export const explained = explainMigration;

const linear = new torch.nn.Linear(2, 2);
export const trainer = new Trainer({
  model: linear,
  loss: new torch.nn.CrossEntropyLoss(),
  optimizer: new torch.optim.SGD(linear.parameters(), { lr: 0.1 }),
});
export const fitted: FitResult = await trainer.fit([[x, target]], {
  epochs: 1,
  validation: [[x, target]],
  metrics: { accuracy: new Accuracy() },
});
export const predicted: Tensor = await trainer.predict(x);
