/** A Siamese network, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
const { Dataset, DataLoader } = torch.utils.data;
torch.manual_seed(5);
class BasicBlock extends nn.Module {
  conv1;
  bn1;
  relu = new nn.ReLU({ inplace: true });
  conv2;
  bn2;
  downsample: any = null;
  constructor(inplanes: number, planes: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(inplanes, planes, { kernel_size: 3, stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(planes);
    this.conv2 = new nn.Conv2d(planes, planes, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(planes);
    if (stride !== 1 || inplanes !== planes)
      this.downsample = new nn.Sequential(
        new nn.Conv2d(inplanes, planes, 1, { stride, bias: false }),
        new nn.BatchNorm2d(planes),
      );
  }
  override forward(x: Tensor): Tensor {
    let identity = x;
    let out: Tensor = this.relu(this.bn1(this.conv1(x)));
    out = this.bn2(this.conv2(out));
    if (this.downsample !== null) identity = this.downsample(x);
    out.add_(identity);
    return this.relu(out);
  }
}
class ResNet extends nn.Module {
  conv1 = new nn.Conv2d(3, 4, 7, { stride: 2, padding: 3, bias: false });
  bn1 = new nn.BatchNorm2d(4);
  relu = new nn.ReLU(true);
  maxpool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  layer1 = new nn.Sequential(new BasicBlock(4, 4), new BasicBlock(4, 8, 2));
  avgpool = new nn.AdaptiveAvgPool2d([1, 1]);
  fc = new nn.Linear(8, 10);
  override forward(x: Tensor): Tensor {
    x = this.maxpool(this.relu(this.bn1(this.conv1(x))));
    x = this.avgpool(this.layer1(x));
    return this.fc(torch.flatten(x, 1));
  }
}
class SiameseNetwork extends nn.Module {
  resnet: torch.nn.Module;
  fc: torch.nn.Sequential;
  sigmoid = new nn.Sigmoid();
  fc_in_features: number;
  constructor() {
    super();
    const resnet = new ResNet();
    resnet.conv1 = new nn.Conv2d(1, 4, { kernel_size: [7, 7], stride: [2, 2], padding: [3, 3], bias: false });
    this.fc_in_features = resnet.fc.in_features;
    this.resnet = new nn.Sequential(...resnet.children().slice(0, -1));
    this.fc = new nn.Sequential(
      new nn.Linear(this.fc_in_features * 2, 16),
      new nn.ReLU({ inplace: true }),
      new nn.Linear(16, 1),
    );
    this.resnet.apply(this.init_weights);
    this.fc.apply(this.init_weights);
  }
  init_weights(m: torch.nn.Module) {
    if (m instanceof nn.Linear) {
      nn.init.xavier_uniform_(m.weight);
      m.bias.data.fill_(0.01);
    }
  }
  forward_once(x: Tensor): Tensor {
    const output = this.resnet(x);
    return output.view(output.size()[0], -1);
  }
  override forward(input1: Tensor, input2: Tensor): Tensor {
    const output1 = this.forward_once(input1),
      output2 = this.forward_once(input2);
    let output = torch.cat([output1, output2], 1);
    output = this.fc(output);
    return this.sigmoid(output);
  }
}
class AppMatcher extends Dataset<[Tensor, Tensor, Tensor]> {
  readonly images: Tensor;
  readonly targets: Tensor;
  constructor(images: Tensor, targets: Tensor) {
    super();
    this.images = images;
    this.targets = targets;
  }
  override get length() {
    return this.images.size(0);
  }
  override getItem(i: number): [Tensor, Tensor, Tensor] {
    const j = (i + 1) % this.length;
    return [
      this.images.select(0, i),
      this.images.select(0, j),
      torch.tensor(this.targets.index([i]).item() === this.targets.index([j]).item() ? 1 : 0),
    ];
  }
}
const model = new SiameseNetwork();
const optimizer = new optim.Adadelta(model.parameters(), { lr: 1.0 });
const scheduler = new optim.lr_scheduler.StepLR(optimizer, { step_size: 1, gamma: 0.7 });
const loader = new DataLoader(new AppMatcher(torch.randn([8, 1, 16, 16]), torch.randint(0, 2, [8])), {
  batch_size: 4,
  shuffle: true,
});
const criterion = new nn.BCELoss();
const L: number[] = [];
for (let epoch = 1; epoch <= 2; epoch++) {
  model.train();
  for (const [images_1, images_2, targets] of loader) {
    optimizer.zero_grad();
    const outputs = model(images_1, images_2).squeeze();
    const loss = criterion(outputs, targets);
    loss.backward();
    optimizer.step();
    L.push(loss.item());
  }
  model.eval();
  let test_loss = 0,
    correct = 0;
  torch.no_grad(() => {
    for (const [images_1, images_2, targets] of loader) {
      const outputs = model(images_1, images_2).squeeze();
      test_loss += criterion(outputs, targets).sum().item();
      const pred = torch.where(outputs.gt(0.5), 1, 0);
      correct += pred.eq(targets.view_as(pred)).sum().item();
    }
  });
  L.push(test_loss / 8, correct);
  scheduler.step();
}
export const losses = L;
export const tensors: readonly Tensor[] = Object.values(model.state_dict());
