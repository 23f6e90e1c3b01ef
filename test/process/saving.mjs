// Saves a checkpoint repeatedly, each time with another number in every element, until it is killed. Reports when the first one
// is saved.
const [module, file, form] = process.argv.slice(2);
const { torch } = await import(module);
for (let turn = 0; ; turn++) {
  const value = { turn, weight: torch.full([200_000], turn) };
  if (form === 'async') await torch.save.async(value, file);
  else torch.save(value, file);
  value.weight.dispose();
  if (turn === 0) process.stdout.write('saved\n');
}
