import type { AsyncBuffer, ColumnMetaData } from 'hyparquet';
import { loadPeer } from '../optional_package.js';

/** The bytes that are read for the header of a page. */
const HEADER_BYTES = 2 ** 14;

/**
 * Checks the page headers of a column chunk before the pages are decoded. The decoder trusts the numbers in them, so a few
 * bytes could keep it busy for hours.
 *
 * @param most - the largest size of a page
 * @throws RangeError if a page is larger, or the pages declare more values than the chunk has
 */
export async function checkPages(chunk: ColumnMetaData, most: number, file: AsyncBuffer): Promise<void> {
  const { parquetHeader } = await loadPeer(
    () => import('hyparquet/src/column.js'),
    'hyparquet',
    'Reading Parquet files',
  );
  const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  const values = Number(chunk.num_values);
  let found = 0;
  for (let position = start; position < end; ) {
    const view = new DataView(await file.slice(position, Math.min(end, position + HEADER_BYTES)));
    const reader = { view, offset: 0 };
    const header = parquetHeader(reader);
    const { uncompressed_page_size: size, compressed_page_size: length } = header;
    const words = header.dictionary_page_header?.num_values ?? 0;
    found += (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    position += reader.offset + length;
    if (
      !(
        length >= 0 &&
        position <= end &&
        size >= 0 &&
        size <= most &&
        words <= Math.max(values, size) &&
        found <= values
      )
    )
      throw new RangeError(
        `the page that ends at ${position} is too large: expected at most ${most} bytes and ${values} values`,
      );
  }
}
