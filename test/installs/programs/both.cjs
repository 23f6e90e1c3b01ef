// A process that requires and imports torchloss, and mixes what the two give.
const { Tensor, torch } = require('torchloss');

void import('torchloss').then((esm) => {
  const sum = torch.tensor([1, 2]).add(esm.torch.tensor([3, 4]));
  console.log(
    JSON.stringify({ same: esm.torch.Tensor === torch.Tensor, sum: sum.tolist(), is: sum instanceof Tensor }),
  );
});
