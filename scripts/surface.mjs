// `node scripts/surface.mjs`: writes lib/tensor/surface/ from the names that Python has in `Tensor`, `torch`,
// `torch.nn.functional`, `torch.linalg`, `torch.special` and `torch.fft` (test/fixtures/spec/operators.json.gz).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { surfaceFiles } from './surface/files.mjs';
import { ROOT } from './root.mjs';

for (const [file, text] of Object.entries(surfaceFiles())) writeFileSync(join(ROOT, file), text);
