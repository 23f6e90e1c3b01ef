// A CNN that classifies images: convolutions, dropout, Adadelta, and a learning rate that falls after each epoch.
import { type Tensor, torch } from 'torchloss';

const { nn, optim } = torch;
const F = nn.functional;

class Net extends nn.Module {
  conv1 = new nn.Conv2d(1, 4, 3);
  conv2 = new nn.Conv2d(4, 8, 3);
  dropout1 = new nn.Dropout(0.25);
  dropout2 = new nn.Dropout(0.5);
  fc1 = new nn.Linear(1152, 16);
  fc2 = new nn.Linear(16, 10);

  override forward(x: Tensor): Tensor {
    const maps = F.max_pool2d(F.relu(this.conv2(F.relu(this.conv1(x)))), 2);
    const flat = torch.flatten(this.dropout1(maps), 1);
    return F.log_softmax(this.fc2(this.dropout2(F.relu(this.fc1(flat)))), { dim: 1 });
  }
}

/** The loss of each batch, with the number of correct answers after each epoch. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(1);
  const model = new Net();
  const optimizer = new optim.Adadelta(model.parameters(), { lr: 1 });
  const scheduler = new optim.lr_scheduler.StepLR(optimizer, { step_size: 1, gamma: 0.7 });
  const data = torch.randn([16, 1, 28, 28]);
  const target = torch.randint(0, 10, [16]);
  const losses: number[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    model.train();
    for (let i = 0; i < 16; i += 4) {
      // The tensors of a step are freed at its end; the model and the optimizer's state stay.
      torch.scope(() => {
        optimizer.zero_grad();
        const loss = F.nll_loss(model(data.slice(i, i + 4)), target.slice(i, i + 4));
        loss.backward();
        optimizer.step();
        losses.push(loss.item());
      });
    }
    model.eval();
    torch.no_grad(() => {
      const guess = model(data).argmax({ dim: 1, keepdim: true });
      losses.push(guess.eq(target.view_as(guess)).sum().item());
    });
    scheduler.step();
  }
  return { losses, tensors: model.parameters() };
}
