// Makes tensors and a graph, then ends in the way given by the first argument. The second is the package.
const [way, entry] = process.argv.slice(2);
const { torch } = await import(entry);
const x = torch.randn([64, 64], { requires_grad: true });
const held = Array.from({ length: 50 }, (_, index) => x.mul(index).sigmoid());
const loss = torch.nn.functional.binary_cross_entropy_with_logits(x, torch.ones([64, 64]));
loss.backward({ retain_graph: true });
globalThis.held = [held, loss];

/** Losses on two lanes that take a while. */
function slow() {
  const [a, b] = [torch.ones([3000, 3000]), new torch.Lane()];
  const { binary_cross_entropy_with_logits } = torch.nn.functional;
  void binary_cross_entropy_with_logits.async(a, a, { lane: b });
  return binary_cross_entropy_with_logits.async(a, a);
}

switch (way) {
  case 'return':
    break;
  case 'exit':
    process.exit(3);
    break;
  case 'exit within a callback':
    torch.no_grad(() => process.exit(4));
    break;
  case 'throw':
    throw new Error('thrown on purpose');
  case 'reject':
    void Promise.reject(new Error('thrown on purpose'));
    break;
  case 'torch error':
    x.add(torch.zeros([3]));
    break;
  case 'exit while an error is handled':
    try {
      x.add(torch.zeros([3]));
    } catch {
      process.exit(5);
    }
    break;
  case 'exit listener':
    process.on('exit', () => console.log(loss.item() > 0 && x.grad.shape.length === 2));
    break;
  case 'return while a lane runs':
    void slow().then((result) => console.log(result.item() > 0));
    break;
  case 'exit while a lane runs':
    void slow();
    setTimeout(() => process.exit(6), 5);
    break;
  case 'throw while a lane runs':
    void slow();
    setTimeout(() => {
      throw new Error('thrown on purpose');
    }, 5);
    break;
  case 'reject while a lane runs':
    void slow().then(() => {
      throw new Error('thrown on purpose');
    });
    break;
  case 'lanes without work':
    globalThis.lanes = Array.from({ length: 4 }, () => new torch.Lane());
    break;
  default:
    throw new Error(`no way ${way}`);
}
