/** A step that is refused leaves parameters and states as they were, the counts of steps included. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

const { optim } = torch;
type Params = Tensor[];

/** Optimizers that read a learning rate at each step, which may be a tensor and no longer be there. */
const OPTIMIZERS: Record<string, (params: Params, lr: Tensor) => torch.optim.Optimizer> = {
  Adadelta: (params, lr) => new optim.Adadelta(params, { lr }),
  RMSprop: (params, lr) => new optim.RMSprop(params, { lr, momentum: 0.5, centered: true }),
  Adagrad: (params, lr) => new optim.Adagrad(params, { lr }),
  Adamax: (params, lr) => new optim.Adamax(params, { lr }),
  NAdam: (params, lr) => new optim.NAdam(params, { lr }),
  RAdam: (params, lr) => new optim.RAdam(params, { lr }),
  ASGD: (params, lr) => new optim.ASGD(params, { lr }),
  Adam: (params, lr) => new optim.Adam(params, { lr, foreach: false }),
};

describe.each(Object.entries(OPTIMIZERS))('%s', (_, make) => {
  it('counts no step without a learning rate', () => {
    const param = torch.tensor([1, 2], { requires_grad: true });
    const lr = torch.tensor(0.1);
    const optimizer = make([param], lr);
    const step = () => {
      optimizer.zero_grad();
      param.pow(2).sum().backward();
      optimizer.step();
    };
    step();
    const plain = () =>
      [...Object.values(optimizer.state.get(param) as object)].map((value) =>
        torch.is_tensor(value) ? value.tolist() : (value as number),
      );
    const before = [param.tolist(), plain()];
    lr.dispose();
    expect(thrownBy(step)).toMatchObject({ code: 'ERR_DISPOSED' });
    expect([param.tolist(), plain()]).toEqual(before);
  });
});
