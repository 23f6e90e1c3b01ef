/** Tensors: their types by how they are made, and what is assignable to what. */
import { type DType, type Float, mindspore, type Shape, Tensor, torch } from '../../lib/index.js';
import { is } from './equal.js';
import { labels, logits, plain, sized } from './given.js';

// Nested arrays.
is<Tensor<readonly [2, 3], 'float32'>>()(
  torch.tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
);
is<Tensor<readonly [2], 'int64'>>()(torch.tensor([1n, 2n]));
is<Tensor<readonly [1], 'bool'>>()(torch.tensor([true]));
is<Tensor<readonly [], 'float32'>>()(torch.tensor(5));
is<Tensor<readonly [0], 'float32'>>()(torch.tensor([]));
is<Tensor<readonly [2, 0], 'float32'>>()(torch.tensor([[], []]));
is<Tensor<readonly [2, 1], 'float64'>>()(torch.tensor([[1], [2]], { dtype: 'float64', requires_grad: true }));
is<Tensor<readonly [1], 'float16'>>()(torch.tensor([1], { dtype: torch.float16 }));
declare const rows: number[][];
is<Tensor<readonly [number, number], 'float32'>>()(torch.tensor(rows));

// Typed arrays.
is<Tensor<readonly [number], 'float64'>>()(torch.tensor(new Float64Array(3)));
is<Tensor<readonly [2, 3], 'int64'>>()(torch.tensor(new BigInt64Array(6), { shape: [2, 3] }));
is<Tensor<readonly [2, 3], 'float32'>>()(torch.tensor({ data: new Float32Array(6), dims: [2, 3] }));
is<Tensor<readonly [number], 'bfloat16'>>()(torch.tensor(new Uint16Array(2), { dtype: 'bfloat16' }));

// Arbitrary data has an unknown rank and matches every dtype.
const parsed = torch.tensor(JSON.parse('[[1, 2]]'));
const unknownRank: Tensor<Shape, 'float64'> = parsed;
torch.nn.functional.smooth_l1_loss(parsed, logits);

// MindSpore's constructor, with and without new.
is<Tensor<readonly [3], 'int32'>>()(mindspore.Tensor([1, 0, 4], mindspore.int32));
is<Tensor<readonly [1, 3], 'float32'>>()(new mindspore.Tensor([[1, 0, 4]]));
const shared: mindspore.Tensor = logits;

is<Tensor<readonly [8, 10], 'float32'>>()(torch.zeros([8, 10]));
is<Tensor<readonly [8], 'int64'>>()(torch.randint(0, 5, [8]));
is<Tensor<readonly [2, 3], 'float64'>>()(torch.eye(2, { m: 3, dtype: 'float64' }));
is<Tensor<readonly [number], 'int64'>>()(torch.arange(5n));
is<Tensor<readonly [5, 2, 2], 'float32'>>()(torch.arange(0, 20).reshape([5, 2, 2]));

// A tensor is assignable to less specific types, and a plain one to all.
const anything: Tensor = logits;
const floats: Tensor<Shape, Float> = logits;
const matrix: Tensor<readonly [number, number], 'float32' | 'float64'> = logits;
const exactly: Tensor<readonly [8, 10], 'float32'> = plain;
const several: readonly Tensor<Shape, DType>[] = [logits, labels, plain];
// @ts-expect-error a size known only at run time is no 8
const eight: Tensor<readonly [8, 10], 'float32'> = sized;
// @ts-expect-error a matrix is no vector
const vector: Tensor<readonly [number]> = logits;
// @ts-expect-error labels are no floats
const real: Tensor<Shape, Float> = labels;
// @ts-expect-error shapes are not changed in place
logits.shape[0] = 9;
// @ts-expect-error ones are float32, whatever they are wanted as
const wanted: Tensor<readonly [4], 'int64'> = torch.ones([4]);
// @ts-expect-error a typed array has no shape that its type tells
const flat: Tensor<readonly [4]> = torch.tensor(new Float32Array(4));
// @ts-expect-error the constructor is for results of the addon
new Tensor([1, 2]);
// @ts-expect-error an unknown dtype
torch.zeros([2], { dtype: 'float' });
// @ts-expect-error an unknown device
torch.zeros([2], { device: 'gpu' });
// @ts-expect-error the option of other libraries
torch.zeros([2], { requiresGrad: true });

// What tensors return.
is<number>()(logits.sum().item());
is<number>()(torch.tensor(1n).item());
is<bigint>()(torch.tensor(1n).item({ bigint: true }));
is<number>()(logits.sum().item({ bigint: true }));
is<boolean>()(torch.tensor(true).item());
is<number>()(plain.item());
is<bigint>()(plain.item({ bigint: true }));
declare const some: Tensor<Shape, DType>;
is<number | boolean>()(some.item());
is<number[][]>()(logits.tolist());
is<number[]>()(labels.tolist());
is<bigint[]>()(labels.tolist({ bigint: true }));
is<Promise<bigint[]>>()(labels.tolistAsync({ bigint: true }));
is<Promise<number>>()(labels.sum().itemAsync());
is<readonly [8, 10]>()(logits.shape);
is<'float32'>()(logits.dtype);
is<Tensor<readonly [8, 10], 'float32'>>()(logits.grad);
is<Tensor<readonly [8], 'int32'>>()(labels.to('int32'));
is<Tensor<readonly [8], 'int64'>>()(labels.to('cpu'));
is<Tensor<readonly [8, 10], 'float32'>>()(torch.no_grad(() => logits.clone()));

// Operators: the dtype is given where it is certain.
is<Tensor<readonly [8, 10], 'float32'>>()(logits.mul(2));
is<Tensor<readonly [8, 10], 'float32'>>()(logits.add(logits));
is<Tensor<readonly [8, 3], 'float32'>>()(logits.matmul(torch.ones([10, 3])));
is<Tensor<readonly [8, 10], 'float32'>>()(logits.add(torch.ones([10])));
is<Tensor<readonly [8]>>()(labels.mul(0.5));
is<Tensor<readonly [8]>>()(labels.div(labels));
is<Tensor>()(plain.add(1));
is<Tensor>()(logits.mul(plain));
