// What is made after torch.set_default_dtype, which affects the whole process: argv[2] is torchloss.
const { torch } = await import(process.argv[2]);
const before = torch.get_default_dtype();
torch.set_default_dtype(torch.float64);
const weight = torch.arange(0, 6).to(torch.float64).reshape(2, 3).sin();

/** The weights after three steps. */
function train(name, options) {
  const layer = new torch.nn.Linear(3, 2);
  torch.no_grad(() => {
    layer.weight.copy_(weight);
    layer.bias.fill_(0.5);
  });
  const optimizer = new torch.optim[name](layer.parameters(), options);
  for (let step = 1; step <= 3; step++) {
    optimizer.zero_grad();
    layer(torch.ones([1, 3]).mul(step))
      .pow(2)
      .sum()
      .backward();
    optimizer.step();
  }
  return layer.weight.flatten().tolist();
}

const made = [
  torch.tensor([1.5]),
  torch.tensor([1], { dtype: 'int64' }).div(3),
  torch.zeros(2),
  torch.rand([2]),
  torch.arange(0, 1, 0.5),
  torch.full([1], 2),
  torch.nn.Transformer.generate_square_subsequent_mask(2),
  new torch.nn.Linear(1, 1).weight,
];
const texts = [torch.tensor([1.5]), torch.tensor([1], { dtype: 'float32' }), torch.zeros([0])].map(String);
console.log(
  JSON.stringify({
    before,
    dtypes: made.map(({ dtype }) => dtype),
    eps: torch.finfo().eps,
    texts,
    Adam: train('Adam', {}),
    ASGD: train('ASGD', { lambd: 0.01, t0: 1 }),
    SGD: train('SGD', { lr: 0.1, momentum: 0.9 }),
  }),
);
