/** Super resolution, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
const { init } = nn;
torch.manual_seed(8);
class Net extends nn.Module {
  relu;
  conv1;
  conv2;
  conv3;
  conv4;
  pixel_shuffle;
  constructor(upscale_factor: number) {
    super();
    this.relu = new nn.ReLU();
    this.conv1 = new nn.Conv2d(1, 8, [5, 5], [1, 1], [2, 2]);
    this.conv2 = new nn.Conv2d(8, 8, [3, 3], [1, 1], [1, 1]);
    this.conv3 = new nn.Conv2d(8, 4, [3, 3], [1, 1], [1, 1]);
    this.conv4 = new nn.Conv2d(4, upscale_factor ** 2, [3, 3], [1, 1], [1, 1]);
    this.pixel_shuffle = new nn.PixelShuffle(upscale_factor);
    this._initialize_weights();
  }
  override forward(x: Tensor) {
    x = this.relu(this.conv1(x));
    x = this.relu(this.conv2(x));
    x = this.relu(this.conv3(x));
    return this.pixel_shuffle(this.conv4(x));
  }
  _initialize_weights() {
    init.orthogonal_(this.conv1.weight, init.calculate_gain('relu'));
    init.orthogonal_(this.conv2.weight, init.calculate_gain('relu'));
    init.orthogonal_(this.conv3.weight, init.calculate_gain('relu'));
    init.orthogonal_(this.conv4.weight);
  }
}
const { DataLoader, TensorDataset } = torch.utils.data;
const device = torch.device('cpu');
const train = new DataLoader({
  dataset: new TensorDataset(torch.rand([8, 1, 8, 8]), torch.rand([8, 1, 16, 16])),
  num_workers: 0,
  batch_size: 4,
  shuffle: true,
});
const test = new DataLoader(new TensorDataset(torch.rand([2, 1, 8, 8]), torch.rand([2, 1, 16, 16])), {
  batch_size: 1,
  shuffle: false,
});
const model = new Net(2).to(device);
const criterion = new nn.MSELoss();
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
const L: number[] = [];
for (let epoch = 1; epoch <= 2; epoch++) {
  let epoch_loss = 0;
  for (const [input, target] of train) {
    optimizer.zero_grad();
    const loss = criterion(model(input.to(device)), target.to(device));
    epoch_loss += loss.item();
    loss.backward();
    optimizer.step();
  }
  L.push(epoch_loss / train.length);
  let avg_psnr = 0;
  torch.no_grad(() => {
    for (const batch of test) {
      const [input, target] = [batch[0].to(device), batch[1].to(device)];
      const mse = criterion(model(input), target);
      avg_psnr += 10 * Math.log10(1 / mse.item());
    }
  });
  L.push(avg_psnr / test.length);
}
export const losses = L;
export const tensors: readonly Tensor[] = [...model.parameters()];
