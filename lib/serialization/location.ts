/** The target device of storages, for which a file names the original one. */
import { checkDevice } from '../addon/arguments.js';
import { isPlainObject } from '../base/plain_object.js';
import { invalidType, TorchError } from '../base/errors.js';
import type { Device } from '../base/types.js';

/** One device for everything, or devices by their names in the file. */
export type MapLocation = Device | Readonly<Record<string, Device>>;

/** Checks a `map_location`. */
export function checkMapLocation(map: unknown): asserts map is MapLocation | undefined {
  if (map === undefined || map === null) return;
  if (typeof map === 'string') checkDevice(map, 'map_location');
  else if (isPlainObject(map)) {
    for (const [name, device] of Object.entries(map)) checkDevice(device, `map_location['${name}']`);
  } else throw invalidType('map_location', 'a device or an object of devices by the names in the file', map);
}

/** The target device of a storage. */
export function placeOf(location: string, map: MapLocation | undefined | null, name: string): Device {
  if (typeof map === 'string') return map;
  const device = map != null && Object.hasOwn(map, location) ? (map[location] as Device) : location;
  try {
    checkDevice(device);
  } catch (cause) {
    const message = `${name}: it contains tensors of the device '${location.slice(0, 40)}', which is not available: load it with map_location: 'cpu'`;
    throw new TorchError('ERR_FILE_FORMAT', message, { cause });
  }
  return device;
}
