// Deep Q-learning: the policy network learns from a fixed target network's estimates of the next states.
import { type Tensor, torch } from 'torchloss';

const { nn, optim } = torch;
const F = nn.functional;

class DQN extends nn.Module {
  conv1 = new nn.Conv2d(3, 4, 5, { stride: 2 });
  bn1 = new nn.BatchNorm2d(4);
  head = new nn.Linear(256, 2);

  override forward(x: Tensor): Tensor {
    const maps = F.relu(this.bn1(this.conv1(x)));
    return this.head(maps.view([maps.size(0), -1]));
  }
}

/** The loss of each step. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(7);
  const policy = new DQN();
  const target = new DQN();
  target.load_state_dict(policy.state_dict());
  target.eval();
  const optimizer = new optim.RMSprop(policy.parameters());
  const states = torch.randn([4, 3, 20, 20]);
  const nexts = torch.randn([3, 3, 20, 20]);
  const actions = torch.tensor([[0n], [1n], [1n], [0n]]);
  const rewards = torch.tensor([1, 1, 0, 1]);
  // The third episode ended there.
  const goesOn = torch.tensor([true, true, false, true]);
  const criterion = new nn.SmoothL1Loss();
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const chosen = policy(states).gather(1, actions);
    const values = torch.zeros([4]);
    values.index_put_([goesOn], target(nexts).max(1)[0].detach());
    const expected = values.mul(0.999).add(rewards);
    const loss = criterion(chosen, expected.unsqueeze(1));
    optimizer.zero_grad();
    loss.backward();
    for (const { grad } of policy.parameters()) grad?.data.clamp_(-1, 1);
    optimizer.step();
    losses.push(loss.item());
  }
  return { losses, tensors: Object.values(policy.state_dict()) };
}
