/** `torch.save` and `torch.load` with support for parameters. */
import { Parameter } from '../nn/parameter.js';
import { registerParameter } from '../serialization/index.js';

registerParameter({
  is: (tensor) => tensor instanceof Parameter,
  make: (data, requires_grad) => new Parameter(data, requires_grad),
});

export { type Load, type LoadOptions, load, type MapLocation, type Save, save } from '../serialization/index.js';
