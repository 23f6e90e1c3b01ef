// Holds tensors and a graph, then ends in the way that the first argument says. The second is the package.
const [way, entry] = process.argv.slice(2);
const { torch } = await import(entry);
const x = torch.randn([64, 64], { requires_grad: true });
const held = Array.from({ length: 50 }, (_, index) => x.mul(index).sigmoid());
const loss = torch.nn.functional.binary_cross_entropy_with_logits(x, torch.ones([64, 64]));
loss.backward({ retain_graph: true });
globalThis.held = [held, loss];

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
  default:
    throw new Error(`no way ${way}`);
}
