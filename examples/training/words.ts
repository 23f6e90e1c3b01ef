// An LSTM language model: truncated backpropagation, tied weights, clipping, hand-written steps.
import { type Tensor, torch } from 'torchloss';

const { nn } = torch;
const F = nn.functional;
type State = [Tensor, Tensor];

class LanguageModel extends nn.Module {
  drop = new nn.Dropout(0.2);
  encoder = new nn.Embedding(50, 16);
  rnn = new nn.LSTM(16, 16, { num_layers: 2, dropout: 0.2 });
  decoder = new nn.Linear(16, 50);

  constructor() {
    super();
    // One table of words, for input and output.
    this.decoder.weight = this.encoder.weight;
    nn.init.uniform_(this.encoder.weight, -0.1, 0.1);
    nn.init.zeros_(this.decoder.bias);
    nn.init.uniform_(this.decoder.weight, -0.1, 0.1);
  }

  override forward(words: Tensor, state: State): [Tensor, State] {
    const [output, next] = this.rnn(this.drop(this.encoder(words)), state);
    const scores = this.decoder(this.drop(output)).view([-1, 50]);
    return [F.log_softmax(scores, { dim: 1 }), next];
  }
}

/** The loss of each step. */
export function train(): { losses: number[]; tensors: Tensor[] } {
  torch.manual_seed(2);
  const model = new LanguageModel();
  const corpus = torch.randint(0, 50, [83]);
  const text = corpus.narrow(0, 0, 80).view([4, -1]).t().contiguous();
  const criterion = new nn.NLLLoss();
  const losses: number[] = [];
  let state: State = [torch.zeros([2, 4, 16]), torch.zeros([2, 4, 16])];
  for (let i = 0; i < text.size(0) - 1; i += 5) {
    const length = Math.min(5, text.size(0) - 1 - i);
    const words = text.slice(i, i + length);
    const following = text.slice(i + 1, i + 1 + length).view([-1]);
    model.zero_grad();
    const [output, next] = model(words, state.map((part) => part.detach()) as State);
    state = next;
    const loss = criterion(output, following);
    loss.backward();
    nn.utils.clip_grad_norm_(model.parameters(), 0.25);
    for (const parameter of model.parameters()) parameter.data.add_(parameter.grad, { alpha: -20 });
    losses.push(loss.item());
  }
  return { losses, tensors: model.parameters() };
}
