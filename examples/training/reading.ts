// Recognises lines of text: a CNN extracts features along the line, bidirectional LSTMs read them, CTC aligns the letters.
import { type Tensor, torch } from 'torchloss';

const { nn, optim } = torch;
const F = nn.functional;

class TwoWay extends nn.Module {
  rnn;
  embedding;

  constructor(input: number, hidden: number, output: number) {
    super();
    this.rnn = new nn.LSTM(input, hidden, { bidirectional: true });
    this.embedding = new nn.Linear(2 * hidden, output);
  }

  override forward(x: Tensor): Tensor {
    const [read] = this.rnn(x);
    const [time, batch, features] = read.shape as [number, number, number];
    return this.embedding(read.view([time * batch, features])).view([time, batch, -1]);
  }
}

class Reader extends nn.Module {
  cnn = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, 1, 1),
    new nn.BatchNorm2d(4),
    new nn.ReLU(true),
    new nn.MaxPool2d(2, 2),
    new nn.MaxPool2d([2, 2], [2, 1], [0, 1]),
    new nn.Conv2d(4, 8, 2, 1, 0),
  );
  rnn = new nn.Sequential(new TwoWay(8, 6, 6), new TwoWay(6, 6, 11));

  override forward(x: Tensor): Tensor {
    return this.rnn(this.cnn(x).squeeze(2).permute([2, 0, 1]));
  }
}

/** The loss of each step, with the sum of the letters that were read. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(9);
  const model = new Reader();
  model.apply((module) => {
    if (module instanceof nn.Conv2d) nn.init.normal_(module.weight, 0, 0.02);
  });
  const criterion = new nn.CTCLoss();
  const optimizer = new optim.RMSprop(model.parameters(), { lr: 0.01 });
  const images = torch.randn([2, 1, 8, 16]);
  const letters = torch.tensor(Int32Array.of(1, 2, 3, 4, 5));
  const lengths = torch.tensor(Int32Array.of(3, 2));
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const scores = F.log_softmax(model(images), { dim: 2 });
    const times = torch.tensor(Int32Array.of(scores.size(0), scores.size(0)));
    const loss = criterion(scores, letters, times, lengths).div(2);
    model.zero_grad();
    loss.backward();
    optimizer.step();
    const [, best] = scores.max(2);
    losses.push(loss.item(), best.transpose(1, 0).contiguous().view([-1]).sum().item());
  }
  return { losses, tensors: Object.values(model.state_dict()) };
}
