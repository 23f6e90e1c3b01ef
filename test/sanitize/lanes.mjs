// Lanes, scopes and shared memory under load: calls overlap, are cancelled and lose their tensors. The argument is the package;
// every wrong number is an error.
const { torch } = await import(process.argv[2]);
const { functional: F } = torch.nn;
const rounds = Number(process.argv[3] ?? 20);

function same(given, wanted) {
  if (JSON.stringify(given) !== JSON.stringify(wanted)) throw new Error(`${given} instead of ${wanted}`);
}

for (let round = 0; round < rounds; round++) {
  const lanes = [new torch.Lane({ threads: 1 }), new torch.Lane()];
  const input = torch.tensor([1, 2, 3, 4], { requires_grad: true });
  const target = torch.zeros([4]);
  const losses = await Promise.all(lanes.map((lane) => F.mse_loss.async(input, target, { lane })));
  for (const loss of losses) same(loss.item(), 7.5);
  await losses[0].backwardAsync({ lane: lanes[0] });
  same(input.grad.tolist(), [0.5, 1, 1.5, 2]);

  // The tensors are disposed of before the calls run, and some calls are cancelled.
  const controller = new AbortController();
  const given = Array.from({ length: 8 }, (_, index) => torch.full([64], index));
  const calls = given.map((tensor, index) =>
    F.l1_loss.async(tensor, tensor, { lane: lanes[index % 2], ...(index > 4 && { signal: controller.signal }) }),
  );
  for (const tensor of given) tensor.dispose();
  controller.abort();
  const results = await Promise.allSettled(calls);
  for (const { status, value, reason } of results) {
    if (status === 'fulfilled') same(value.item(), 0);
    else same(reason.name, 'AbortError');
  }
  for (const lane of lanes) lane.dispose();

  const kept = torch.scope((keep) => {
    for (let index = 0; index < 50; index++) torch.full([index], index).exp();
    return keep(torch.ones([3]).add(1));
  });
  same(kept.tolist(), [2, 2, 2]);

  let data = new Float32Array([1, 2, 3, 4]);
  const shared = torch.frombuffer(data);
  data[0] = 10;
  data = null;
  globalThis.gc?.();
  same(shared.tolist(), [10, 2, 3, 4]);
  const view = shared.toTypedArray({ copy: false });
  shared.dispose();
  globalThis.gc?.();
  same([...view], [10, 2, 3, 4]);
}
console.log('done');
