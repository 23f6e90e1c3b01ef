/**
 * Evaluates the logits and labels in a .safetensors file, batch by batch, so that a file of any size takes the memory of
 * one batch.
 *
 * node evaluate.ts FILE [BATCH]
 */
import { argv } from 'node:process';
import { torch } from 'torchloss';
import { open, readTensor } from 'torchloss/data';

const [, , file = 'examples/safetensors/digits.safetensors', size = '128'] = argv;
const batch = Number(size);
const logits = await open(`${file}#logits`);
const labels = await open(`${file}#labels`);
const samples = labels.shape[0];

let sum = 0;
let right = 0;
for (let start = 0; start < samples; start += batch) {
  const end = Math.min(start + batch, samples);
  await torch.scope(async () => {
    const input = (await readTensor(logits, start, end)).to('float64');
    const target = await readTensor(labels, start, end);
    const losses = await torch.nn.functional.cross_entropy.async(input, target, { reduction: 'none' });
    sum += losses.sum().item();
    right += Number(
      torch.ops.aten
        .eq(input.argmax({ dim: 1 }), target)
        .sum()
        .item(),
    );
  });
}
await logits.close();
await labels.close();

console.log(`loss      ${(sum / samples).toFixed(8)}`);
console.log(`accuracy  ${((100 * right) / samples).toFixed(2)} %`);
console.log(`samples   ${samples}`);
