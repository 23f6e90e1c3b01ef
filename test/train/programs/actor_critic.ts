/** An actor and a critic, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
const F = torch.nn.functional;
const { Categorical } = torch.distributions;
torch.manual_seed(6);
class Policy extends nn.Module {
  affine1 = new nn.Linear(4, 16);
  action_head = new nn.Linear(16, 2);
  value_head = new nn.Linear(16, 1);
  saved_actions: { log_prob: Tensor; value: Tensor }[] = [];
  rewards: number[] = [];
  override forward(x: Tensor): [Tensor, Tensor] {
    x = F.relu(this.affine1(x));
    const action_prob = F.softmax(this.action_head(x), { dim: -1 });
    return [action_prob, this.value_head(x)];
  }
}
const model = new Policy();
const optimizer = new optim.Adam(model.parameters(), { lr: 3e-2 });
const eps = torch.finfo(torch.float32).eps;
const L: number[] = [];
function select_action(state: Tensor) {
  const [probs, state_value] = model(state);
  const m = new Categorical(probs);
  const action = m.sample();
  model.saved_actions.push({ log_prob: m.log_prob(action), value: state_value });
  L.push(m.entropy().item());
  return action.item();
}
function finish_episode() {
  let R = 0;
  const policy_losses: Tensor[] = [],
    value_losses: Tensor[] = [],
    rs: number[] = [];
  for (const r of model.rewards.toReversed()) {
    R = r + 0.99 * R;
    rs.unshift(R);
  }
  let returns: Tensor = torch.tensor(rs);
  returns = returns.sub(returns.mean()).div(returns.std().add(eps));
  const rets = [...returns];
  model.saved_actions.forEach(({ log_prob, value }, i) => {
    const R = rets[i]!;
    const advantage = R.sub(value.item());
    policy_losses.push(log_prob.neg().mul(advantage));
    value_losses.push(F.smooth_l1_loss(value, torch.tensor([R])));
  });
  optimizer.zero_grad();
  const loss = torch.stack(policy_losses).sum().add(torch.stack(value_losses).sum());
  loss.backward();
  optimizer.step();
  model.rewards = [];
  model.saved_actions = [];
  return loss.item();
}
for (let ep = 0; ep < 3; ep++) {
  for (let t = 0; t < 5; t++) {
    const a = select_action(torch.randn([4]));
    model.rewards.push(a === 1 ? 1 : 0.5 * t);
  }
  L.push(finish_episode());
}
export const losses = L;
export const tensors: readonly Tensor[] = [...model.parameters()];
