/** A DCGAN, in the style of a PyTorch program. */
import { type Tensor, torch } from '../../../lib/index.js';
const { nn, optim } = torch;
torch.manual_seed(3);
const nz = 6,
  ngf = 4,
  ndf = 4,
  nc = 1;
function weights_init(m: any) {
  const classname: string = m.constructor.name;
  if (classname.indexOf('Conv') !== -1) nn.init.normal_(m.weight, 0.0, 0.02);
  else if (classname.indexOf('BatchNorm') !== -1) {
    nn.init.normal_(m.weight, 1.0, 0.02);
    nn.init.zeros_(m.bias);
  }
}
class Generator extends nn.Module {
  main: torch.nn.Sequential;
  constructor() {
    super();
    this.main = new nn.Sequential(
      new nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, { bias: false }),
      new nn.BatchNorm2d(ngf * 2),
      new nn.ReLU(true),
      new nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, { bias: false }),
      new nn.BatchNorm2d(ngf),
      new nn.ReLU(true),
      new nn.ConvTranspose2d(ngf, nc, 4, 2, 1, { bias: false }),
      new nn.Tanh(),
    );
  }
  override forward(input: Tensor): Tensor {
    return this.main(input);
  }
}
class Discriminator extends nn.Module {
  main = new nn.Sequential(
    new nn.Conv2d(nc, ndf, 4, 2, 1, { bias: false }),
    new nn.LeakyReLU(0.2, { inplace: true }),
    new nn.Conv2d(ndf, ndf * 2, 4, 2, 1, { bias: false }),
    new nn.BatchNorm2d(ndf * 2),
    new nn.LeakyReLU(0.2, true),
    new nn.Conv2d(ndf * 2, 1, 4, 1, 0, { bias: false }),
    new nn.Sigmoid(),
  );
  override forward(input: Tensor) {
    return this.main(input).view(-1, 1).squeeze(1);
  }
}
const device = torch.device(torch.cuda.is_available() ? 'cuda' : 'cpu');
const netG = new Generator().to(device);
netG.apply(weights_init);
const netD = new Discriminator().to(device);
netD.apply(weights_init);
const criterion = new nn.BCELoss();
const fixed_noise = torch.randn(4, nz, 1, 1, { device });
const real_label = 1,
  fake_label = 0;
const optimizerD = new optim.Adam(netD.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
const optimizerG = new optim.Adam(netG.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
const L: number[] = [];
for (let i = 0; i < 3; i++) {
  netD.zero_grad();
  const real_cpu = torch.rand(4, 1, 16, 16).mul(2).sub(1).to(device);
  const batch_size = real_cpu.size(0);
  const label = torch.full([batch_size], real_label, { dtype: real_cpu.dtype, device });
  let output = netD(real_cpu);
  const errD_real = criterion(output, label);
  errD_real.backward();
  const D_x = output.mean().item();
  const noise = torch.randn(batch_size, nz, 1, 1, { device });
  const fake = netG(noise);
  label.fill_(fake_label);
  output = netD(fake.detach());
  const errD_fake = criterion(output, label);
  errD_fake.backward();
  const errD = errD_real.add(errD_fake);
  optimizerD.step();
  netG.zero_grad();
  label.fill_(real_label);
  output = netD(fake);
  const errG = criterion(output, label);
  errG.backward();
  const D_G_z2 = output.mean().item();
  optimizerG.step();
  L.push(errD.item(), errG.item(), D_x, D_G_z2);
}
const fake = netG(fixed_noise).detach();
L.push(fake.sum().item());
torch.save(netG.state_dict());
export const losses = L;
export const tensors: readonly Tensor[] = [...Object.values(netG.state_dict()), ...Object.values(netD.state_dict())];
