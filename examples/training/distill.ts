// Distillation: a student learns from the labels and from the softened predictions of a teacher.
import { type Tensor, torch } from 'torchloss';

const { nn, optim } = torch;
const F = nn.functional;

class Net extends nn.Module {
  conv1 = new nn.Conv2d(3, 4, 3, { stride: 1, padding: 1 });
  bn1 = new nn.BatchNorm2d(4);
  fc1 = new nn.Linear(64, 16);
  fcbn1 = new nn.BatchNorm1d(16);
  fc2 = new nn.Linear(16, 10);

  override forward(x: Tensor): Tensor {
    const maps = F.relu(F.max_pool2d(this.bn1(this.conv1(x)), 2)).view([-1, 64]);
    const hidden = F.relu(this.fcbn1(this.fc1(maps)));
    return this.fc2(F.dropout(hidden, { p: 0.5, training: this.training }));
  }
}

/** The loss of each step. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(10);
  const student = new Net();
  const teacher = new Net();
  teacher.eval();
  const optimizer = new optim.SGD(student.parameters(), { lr: 0.1, momentum: 0.9, weight_decay: 5e-4 });
  const scheduler = new optim.lr_scheduler.StepLR(optimizer, 2, 0.2);
  const x = torch.randn([4, 3, 8, 8]);
  const labels = torch.randint(0, 10, [4]);
  const [temperature, share] = [4, 0.9];
  const criterion = new nn.KLDivLoss();
  const thought = torch.no_grad(() => teacher(x));
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) {
    const output = student(x);
    const soft = criterion(
      F.log_softmax(output.div(temperature), { dim: 1 }),
      F.softmax(thought.div(temperature), { dim: 1 }),
    );
    const loss = soft.mul(share * temperature * temperature).add(F.cross_entropy(output, labels).mul(1 - share));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    scheduler.step();
    losses.push(loss.item());
  }
  return { losses, tensors: Object.values(student.state_dict()) };
}
