// A variational autoencoder: a random code between encoder and decoder, and a loss of two parts.
import { type Tensor, torch } from 'torchloss';

const { nn, optim } = torch;
const F = nn.functional;

class VAE extends nn.Module {
  fc1 = new nn.Linear(784, 40);
  fc21 = new nn.Linear(40, 5);
  fc22 = new nn.Linear(40, 5);
  fc3 = new nn.Linear(5, 40);
  fc4 = new nn.Linear(40, 784);

  override forward(x: Tensor): [Tensor, Tensor, Tensor] {
    const hidden = F.relu(this.fc1(x.view([-1, 784])));
    const mean = this.fc21(hidden);
    const logvar = this.fc22(hidden);
    const std = torch.exp(logvar.mul(0.5));
    const code = mean.add(torch.randn_like(std).mul(std));
    return [torch.sigmoid(this.fc4(F.relu(this.fc3(code)))), mean, logvar];
  }
}

/** The loss of each batch. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(4);
  const model = new VAE();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const data = torch.rand([16, 1, 28, 28]);
  const losses: number[] = [];
  for (let i = 0; i < 16; i += 4) {
    torch.scope(() => {
      const x = data.slice(i, i + 4);
      optimizer.zero_grad();
      const [image, mean, logvar] = model(x);
      const error = F.binary_cross_entropy(image, x.view([-1, 784]), { reduction: 'sum' });
      const distance = logvar.add(1).sub(mean.pow(2)).sub(logvar.exp()).sum().mul(-0.5);
      const loss = error.add(distance);
      loss.backward();
      optimizer.step();
      losses.push(loss.item());
    });
  }
  return { losses, tensors: model.parameters() };
}
