// Writes ONNX models (protocol buffers), as far as a graph of a few operators needs.

/** The numbers of the fields that are written, from onnx.proto. */
const MODEL = { ir_version: 1, graph: 7, opset_import: 8 };
const OPSET = { version: 2 };
const GRAPH = { node: 1, name: 2, input: 11, output: 12 };
const NODE = { input: 1, output: 2, op_type: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, s: 4, ints: 8, type: 20 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor_type: 1 };
const TENSOR = { elem_type: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIMENSION = { dim_value: 1 };

const ELEMENTS = { float32: 1, int64: 7 };
/** The field for an attribute's value, and the number of its type. */
const ATTRIBUTE_KINDS = { number: ['i', 2], string: ['s', 3], object: ['ints', 7] };
const IR_VERSION = 8;
const OPSET_VERSION = 17;

/**
 * A model of some operators.
 *
 * @param {{ name: string, dtype: string, shape: number[] }[]} inputs
 * @param {{ op: string, inputs: string[], output: string, attributes?: Record<string, number | string | number[]> }[]} nodes
 *   in order of computation; the last one's output, a float32 scalar, is the model's
 */
export function encodeModel(inputs, nodes) {
  const graph = message(GRAPH, {
    node: nodes.map(({ op, inputs, output, attributes = {} }) =>
      message(NODE, { input: inputs, output, op_type: op, attribute: Object.entries(attributes).map(encodeAttribute) }),
    ),
    name: 'loss',
    input: inputs.map(encodeValue),
    output: encodeValue({ name: nodes.at(-1).output, dtype: 'float32', shape: [] }),
  });
  return message(MODEL, { ir_version: IR_VERSION, graph, opset_import: message(OPSET, { version: OPSET_VERSION }) });
}

function encodeAttribute([name, value]) {
  const [field, type] = ATTRIBUTE_KINDS[typeof value];
  return message(ATTRIBUTE, { name, [field]: value, type });
}

function encodeValue({ name, dtype, shape }) {
  const dimensions = message(SHAPE, { dim: shape.map((size) => message(DIMENSION, { dim_value: size })) });
  const tensor = message(TENSOR, { elem_type: ELEMENTS[dtype], shape: dimensions });
  return message(VALUE, { name, type: message(TYPE, { tensor_type: tensor }) });
}

/** A message: numbers as variable-length integers, texts and messages with their lengths, and lists as repeated fields. */
function message(fields, values) {
  const parts = Object.entries(values).flatMap(([field, value]) => {
    const key = fields[field] << 3;
    return [value].flat().map((one) => {
      if (typeof one === 'number') return Buffer.from([...varint(key), ...varint(one)]);
      const bytes = Buffer.from(one);
      return Buffer.concat([Buffer.from([...varint(key | 2), ...varint(bytes.length)]), bytes]);
    });
  });
  return Buffer.concat(parts);
}

function varint(value) {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
