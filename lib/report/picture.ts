/** Renders samples as pictures to embed in a page. */
import { crc32, deflateSync } from 'node:zlib';
import { ArgumentRangeError } from '../base/errors.js';
import type { Shape } from '../base/types.js';

/** How the elements of a sample map to pixels. */
interface Layout {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** The stride between the channels of a pixel. */
  readonly stride: number;
}

/** The longest side of a picture. It is shown much smaller. */
const MOST_PIXELS = 512;

/**
 * How samples of a shape map to pictures: `[H, W]`, `[1, H, W]`, `[3, H, W]`, `[H, W, 1]`, `[H, W, 3]`, or a square in one
 * dimension.
 *
 * @throws RangeError for other shapes
 */
export function layoutOf(shape: Shape, parameter: string): Layout {
  const [first = 0, second = 0, third = 0] = shape;
  const side = Math.sqrt(first);
  if (shape.length === 1 && side > 0 && Number.isInteger(side)) {
    return { height: side, width: side, channels: 1, stride: 0 };
  }
  if (shape.every((size) => size > 0)) {
    if (shape.length === 2) return { height: first, width: second, channels: 1, stride: 0 };
    if (shape.length === 3 && (first === 1 || first === 3)) {
      return { height: second, width: third, channels: first, stride: second * third };
    }
    if (shape.length === 3 && (third === 1 || third === 3)) {
      return { height: first, width: second, channels: third, stride: 1 };
    }
  }
  const expected = 'pictures of [H, W], [3, H, W], [H, W, 3] or a square of pixels';
  throw new ArgumentRangeError(parameter, expected, `[${shape.join(', ')}]`);
}

/**
 * Encodes a sample as a PNG in a `data:` URL. Pixels of a large sample are averaged until no side has more than
 * {@link MOST_PIXELS}.
 *
 * @param values - the elements; bytes are shown unchanged, other dtypes are scaled from their minimum to their maximum
 * @param isBytes - whether they are bytes
 */
export function renderPicture(values: ArrayLike<number>, layout: Layout, isBytes: boolean): string {
  const { channels, stride } = layout;
  const { least, greatest } = isBytes ? { least: 0, greatest: 255 } : rangeOf(values);
  const scale = Math.ceil(Math.max(layout.height, layout.width) / MOST_PIXELS);
  const [height, width] = [Math.ceil(layout.height / scale), Math.ceil(layout.width / scale)];
  const rows = Buffer.alloc(height * (1 + width * channels));
  let at = 0;
  for (let row = 0; row < height; row++) {
    at += 1; // the filter of the row: 0, none
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++) {
        const share = (meanAt(row * scale, column * scale, channel) - least) / (greatest - least);
        rows[at++] = Number.isFinite(share) ? Math.round(share * 255) : 0;
      }
    }
  }
  return `data:image/png;base64,${encode(rows, height, width, channels).toString('base64')}`;

  /** The mean of the pixels that are merged into one. */
  function meanAt(top: number, left: number, channel: number): number {
    const [bottom, right] = [Math.min(top + scale, layout.height), Math.min(left + scale, layout.width)];
    let sum = 0;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const pixel = (row * layout.width + column) * (stride === 1 ? channels : 1);
        sum += values[pixel + channel * stride] as number;
      }
    }
    return sum / ((bottom - top) * (right - left));
  }
}

/** The least and the largest finite element. */
function rangeOf(values: ArrayLike<number>): { least: number; greatest: number } {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return { least, greatest };
}

function encode(rows: Buffer, height: number, width: number, channels: 1 | 3): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits of a channel
  header[9] = channels === 1 ? 0 : 2; // grey, or red, green and blue
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
