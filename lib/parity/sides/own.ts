/** Torchloss's side of a comparison: calls a case through the public API. */
import type { Tensor } from '../../tensor/tensor.js';
import type { Device } from '../../base/types.js';
import { findCallable, MODULES, plain, CaseTensors } from './calls.js';
import {
  COTANGENT,
  type CaseTensor,
  type CaseValue,
  isCaseTensor,
  isCaseTensors,
  isDistance,
  isRecordedObject,
  makeObject,
  type ParityCase,
  plainValue,
} from '../cases/cases.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import { distanceFunction } from '../cases/distances.js';

/** An error as both sides report it. */
export interface SideError {
  readonly type: string;
  readonly message: string;
  /** The code of torchloss's own errors; an error without one is a bug in torchloss. */
  readonly code?: string;
}

/** One side's outcome of a case. */
export interface SideResult {
  /** The error of the call. */
  readonly error?: SideError;
  readonly output?: PlainTensor;
  /** The gradient of each argument that requires one; `null` if there is none. */
  readonly gradients: ReadonlyMap<string, PlainTensor | null>;
  /** The error of the backward pass. */
  readonly gradError?: SideError;
}

/** Calls the loss of a case and runs backward. Never throws: an error of the call is part of the result. */
export function runCase(given: ParityCase, device: Device = 'cpu'): SideResult {
  const scope = new CaseTensors();
  try {
    return call(given, device, scope);
  } finally {
    scope.dispose();
  }
}

function call({ api, name, args, kwargs, cotangent }: ParityCase, device: Device, scope: CaseTensors): SideResult {
  const gradients = new Map<string, PlainTensor | null>();
  const make = (value: CaseValue): unknown => makeValue(value, device, scope);
  const inputs = args.map(({ value }) => make(value));
  const options = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, make(value)]));
  let output: unknown;
  try {
    const results = [findCallable(MODULES[api], api, name)(inputs, options)].flat();
    for (const result of results) scope.keep(result);
    [output] = results;
  } catch (error) {
    return { error: describeError(error), gradients };
  }
  const tensor = output as Tensor;
  const found = { output: plain(tensor), gradients };
  const wanted = args.filter(({ value }) => isCaseTensor(value as CaseValue) && (value as CaseTensor).requires_grad);
  if (wanted.length === 0) return found;
  try {
    if (tensor.requires_grad) {
      tensor.backward(
        cotangent === undefined ? seedOf(tensor, scope) : { gradient: makeTensor(cotangent, device, scope) },
      );
    }
    for (const argument of wanted) {
      const gradient = scope.keep((inputs[args.indexOf(argument)] as Tensor).grad);
      gradients.set(argument.name, gradient === null ? null : plain(gradient));
    }
    return found;
  } catch (error) {
    gradients.clear();
    return { ...found, gradError: describeError(error) };
  }
}

/** The initial gradient of the backward pass, the same as on the Python side. */
function seedOf(output: Tensor, scope: CaseTensors): { gradient?: Tensor } {
  const { shape, dtype } = output;
  if (shape.length === 0) return {};
  const values = Float32Array.from(
    { length: output.numel() },
    (_, index) => COTANGENT[index % COTANGENT.length] as number,
  );
  const made = scope.tensor(values, { dtype: 'float32', shape });
  return { gradient: scope.keep(made.to({ dtype, device: output.device as Device })) };
}

function makeValue(value: CaseValue, device: Device, scope: CaseTensors): unknown {
  if (isCaseTensor(value)) return makeTensor(value, device, scope);
  if (isCaseTensors(value)) return value.map((item) => makeTensor(item, device, scope));
  if (isDistance(value)) return distanceFunction(value);
  if (isRecordedObject(value)) return makeObject(value);
  return plainValue(value);
}

function makeTensor(
  { dtype, shape, data, requires_grad, strided }: CaseTensor,
  device: Device,
  scope: CaseTensors,
): Tensor {
  const place = (tensor: Tensor): Tensor => (device === 'cpu' ? tensor : scope.keep(tensor.to(device)));
  let made: Tensor;
  if (strided === undefined) made = place(scope.tensor(data, { dtype, shape }));
  else {
    const storage = place(scope.tensor(strided.storage, { dtype, shape: [strided.storage.length] }));
    made = scope.keep(storage.as_strided(shape, strided.strides, strided.offset));
  }
  return requires_grad === true ? made.requires_grad_() : made;
}

function describeError(error: unknown): SideError {
  const { name = 'Error', message = String(error), code } = error as Partial<Error> & { code?: string };
  return { type: name, message: message.split('\n', 1)[0] as string, ...(code !== undefined && { code }) };
}
