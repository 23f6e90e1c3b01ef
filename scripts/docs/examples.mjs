// Rewrites the example of a loss from torch.nn.functional to another namespace.
import { entryOf, pageOf } from '../../dist/losses/catalogue.js';

/** The lines of an example of `torch.nn.functional`, with its calls rewritten for the loss's entry in a namespace. */
export function exampleFor({ row, namespace }, lines) {
  const { name, inputs } = entryOf(row, namespace);
  const known = `torch.nn.functional.${pageOf(row)}(`;
  return lines.map((line) => {
    const at = line.indexOf(known);
    if (at < 0) return line;
    const { args, end } = readArguments(line, at + known.length);
    const tensors = args.slice(0, inputs.length).join(', ');
    const options = args.slice(inputs.length);
    const call = namespace.endsWith('.nn')
      ? `new ${namespace}.${name}(${options.join(', ')})(${tensors})`
      : `${namespace}.${name}(${[tensors, ...options].join(', ')})`;
    return line.slice(0, at) + call + line.slice(end);
  });
}

/** The arguments of a call, read from after its opening parenthesis, and where the call ends. */
function readArguments(line, start) {
  const args = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < line.length; at++) {
    if ('([{'.includes(line[at])) depth++;
    else if (depth > 0 && ')]}'.includes(line[at])) depth--;
    else if (depth === 0 && (line[at] === ',' || line[at] === ')')) {
      args.push(line.slice(from, at).trim());
      from = at + 1;
      if (line[at] === ')') return { args, end: at + 1 };
    }
  }
  throw new Error(`a call without its closing parenthesis: ${line}`);
}
