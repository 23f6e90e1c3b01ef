// Learns to recognise digits: a small convolutional network, tested on unseen images. Usage: node train.ts [FOLDER] the folder
// gets the checkpoints
import { existsSync } from 'node:fs';
import { argv } from 'node:process';
import { type Tensor, torch } from 'torchloss';
import { load_file } from 'torchloss/safetensors';
import { Accuracy, Trainer } from 'torchloss/train';

const { nn, optim, utils } = torch;

class Net extends nn.Module {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  norm1 = new nn.BatchNorm2d(16);
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  norm2 = new nn.BatchNorm2d(32);
  dropout = new nn.Dropout(0.4);
  fc = new nn.Linear(32 * 4 * 4, 10);

  override forward(images: Tensor): Tensor {
    const pixels = images.view([-1, 1, 8, 8]);
    const edges = this.norm1(this.conv1(pixels)).relu();
    const maps = nn.functional.max_pool2d(this.norm2(this.conv2(edges)).relu(), 2);
    return this.fc(this.dropout(maps.flatten(1)));
  }
}

const EPOCHS = 6;
const [, , checkpoint = 'run'] = argv;

const data = await load_file.async('examples/digits/digits.safetensors');

/** Images and labels; pixels from 0 to 16 become numbers from 0 to 1. */
function samples(part: 'train' | 'test') {
  const images = data[`${part}.images`].to({ dtype: 'float32' }).div(16);
  return new utils.data.TensorDataset(images, data[`${part}.labels`]);
}

torch.manual_seed(0);
const model = new Net();
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.003 });
using trainer = new Trainer({
  model,
  loss: new nn.CrossEntropyLoss({ label_smoothing: 0.1 }),
  optimizer,
  scheduler: new optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS),
  clip_grad_norm: 5,
});
// A stopped run continues where it ended.
if (existsSync(checkpoint)) console.log(`from ${await trainer.restore(checkpoint)}`);
const loader = new utils.data.DataLoader(samples('train'), { batch_size: 32, shuffle: true });
const { checkpoint: last } = await trainer.fit(loader, {
  epochs: EPOCHS,
  validation: new utils.data.DataLoader(samples('test'), { batch_size: 180 }),
  metrics: { accuracy: new Accuracy() },
  checkpoint,
  onEpoch({ epoch, loss, validation }) {
    const accuracy = 100 * (validation?.metrics['accuracy'] as number);
    console.log(`epoch ${epoch}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(2)} % of unseen images`);
  },
});
console.log(`saved as ${last}`);
