/** Triplets: with the p-norm, and with custom distances. */
import { type Tensor, torch } from 'torchloss';

const F = torch.nn.functional;

torch.manual_seed(0);
const triplet = new torch.nn.TripletMarginLoss({ margin: 1, p: 2, eps: 1e-7 });
const samples = () => torch.randn([100, 128], { requires_grad: true });
const output = triplet(samples(), samples(), samples());
output.backward();
console.log(output);
// tensor(1.1370, grad_fn=<MeanBackward0>)

torch.manual_seed(0);
const table = torch.randn([1000, 128]);
const ids = () => torch.randint(0, 1000, [16]);
const [anchor, positive, negative] = [ids(), ids(), ids()].map((list) => F.embedding(list, table)) as [
  Tensor,
  Tensor,
  Tensor,
];

const euclidean = new torch.nn.TripletMarginWithDistanceLoss({
  distance_function: (x, y) => F.pairwise_distance(x, y),
});
console.log(euclidean(anchor, positive, negative));
// tensor(1.8349)

const chebyshev = (x: Tensor, y: Tensor) => torch.ops.aten.amax(x.sub(y).abs(), [1]);
const largest = new torch.nn.TripletMarginWithDistanceLoss({ distance_function: chebyshev, margin: 1.5 });
console.log(largest(anchor, positive, negative));
// tensor(1.3928)

const cosine = (x: Tensor, y: Tensor) => F.cosine_similarity(x, y).neg().add(1);
const angles = new torch.nn.TripletMarginWithDistanceLoss({ distance_function: cosine });
console.log(angles(anchor, positive, negative));
// tensor(1.0660)
