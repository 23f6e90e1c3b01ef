// Settings that affect the whole process: argv[2] is torchloss.
const { torch } = await import(process.argv[2]);
const modes = [];
const note = () =>
  modes.push([
    torch.are_deterministic_algorithms_enabled(),
    torch.is_deterministic_algorithms_warn_only_enabled(),
    torch.get_deterministic_debug_mode(),
  ]);
note();
torch.use_deterministic_algorithms(true);
note();
torch.use_deterministic_algorithms(true, { warn_only: true });
note();
torch.set_deterministic_debug_mode('error');
note();
// An operator without a deterministic algorithm: the order of its sums is unspecified.
let refused;
try {
  torch.ops.aten.put_(torch.zeros([2]), torch.tensor([0, 0], { dtype: 'int64' }), torch.ones([2]), false);
} catch (error) {
  refused = error.message;
}
torch.set_deterministic_debug_mode(0);
note();
const precisions = [torch.get_float32_matmul_precision()];
for (const precision of ['medium', 'high']) {
  torch.set_float32_matmul_precision(precision);
  precisions.push(torch.get_float32_matmul_precision());
}
torch.set_num_interop_threads(3);
console.log(JSON.stringify({ modes, refused, precisions, interop: torch.get_num_interop_threads() }));
