// Loads the package twice in one thread. The argument is the package's folder of compiled modules.
const folder = process.argv[2];
const first = await import(`${folder}index.js`);
// Every module below must be another instance too.
const { register } = await import('node:module');
register(
  `data:text/javascript,${encodeURIComponent(`export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    const second = context.parentURL?.includes('?second') || specifier.includes('?second');
    const ours = found.url.startsWith(${JSON.stringify(folder)}) && !found.url.includes('?second');
    return second && ours ? { ...found, url: found.url + '?second' } : found;
  }`)}`,
);
const second = await import(`${folder}index.js?second`);
if (first.torch.Tensor === second.torch.Tensor) throw new Error('the modules are the same');

const results = [first, second].map(({ torch }) => {
  const x = torch.tensor([1, 2, 3], { requires_grad: true });
  x.mul(x).sum().backward();
  return x.grad.tolist().join();
});
if (results[0] !== '2,4,6' || results[1] !== results[0]) throw new Error(results.join(' and '));

// A tensor of one instance is foreign to the other, and errors belong to the instance that was called.
try {
  first.torch.tensor([1]).add(second.torch.tensor([1]));
  throw new Error('a foreign tensor was taken');
} catch (error) {
  if (error.code !== 'ERR_INVALID_ARG_TYPE') throw error;
}
for (const { torch } of [first, second]) {
  try {
    torch.tensor([1, 2]).item();
  } catch (error) {
    if (error.code !== 'ERR_TORCH') throw error;
  }
}
console.log('done');
