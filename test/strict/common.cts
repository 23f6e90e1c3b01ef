// The same from CommonJS.
import torchloss = require('torchloss');
import data = require('torchloss/data');

const { torch } = torchloss;
export const loss: number = torch.nn.functional.mse_loss(torch.zeros([2]), torch.ones([2])).item();
export const opened = data.open('x.npy');
