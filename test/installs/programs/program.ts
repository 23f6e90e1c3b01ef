// A TypeScript program that uses every entry, with a shape and a dtype inferred by the types.
import { type Reduction, type Tensor, TorchError, torch } from 'torchloss';
import { open } from 'torchloss/data';
import { evaluate } from 'torchloss/evaluate';
import { explainMigration } from 'torchloss/migration';
import { nn } from 'torchloss/mindspore';
import { replay } from 'torchloss/parity';
import { safe_open } from 'torchloss/safetensors';
import { nn as torchNn } from 'torchloss/torch';

const reduction: Reduction = 'none';
const input = torch.tensor([1, 2, 4]);
const loss: Tensor<readonly [3], 'float32'> = new torchNn.L1Loss({ reduction })(input, torch.tensor([1, 0, 1]));
const failed: boolean = ((error: unknown) => error instanceof TorchError)(undefined);
// @ts-expect-error a loss has no such reduction
const wrong = () => new nn.SmoothL1Loss({ reduction: 'median' });
console.log(
  JSON.stringify([
    loss.tolist(),
    failed,
    typeof wrong,
    typeof open,
    typeof evaluate,
    typeof explainMigration,
    typeof replay,
    typeof safe_open,
  ]),
);
