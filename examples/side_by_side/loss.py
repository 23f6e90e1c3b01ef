"""A loss, its gradient and a step of gradient descent in PyTorch; loss.ts has the same in torchloss."""

import torch

input = torch.tensor([[1.5, 0.3, -0.8], [0.2, 2.1, 0.4], [-0.5, 0.1, 0.9]], requires_grad=True)
target = torch.tensor([0, 1, 2])
weight = torch.tensor([1.0, 2.0, 0.5])

loss = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1)
output = loss(input, target)
output.backward()
print(output)
print(input.grad)

with torch.no_grad():
    stepped = input - 0.5 * input.grad
print(stepped)
print(torch.nn.functional.cross_entropy(stepped, target, reduction="none"))

anchor = torch.tensor([[0.3, 0.7], [0.5, 0.5]], requires_grad=True)
positive = torch.tensor([[0.4, 0.6], [0.4, 0.6]])
negative = torch.tensor([[0.2, 0.9], [0.3, 0.7]])
triplet = torch.nn.functional.triplet_margin_loss(anchor, positive, negative, margin=0.5, p=1, swap=True)
triplet.backward()
print(triplet)
print(anchor.grad)
