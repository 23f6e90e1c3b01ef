import type { AsyncBuffer, ColumnMetaData, PageHeader } from 'hyparquet';
import { loadPeer } from '../optional_package.js';

/** The bytes that are read for the header of a page. */
export const HEADER_BYTES = 2 ** 14;

/** Checks the headers of a chunk's pages, in order. Decoders trust the numbers in them. */
export class PageCheck {
  readonly #end: number;
  readonly #values: number;
  readonly #most: number;
  /** How many values the data pages have so far. */
  found = 0;

  /**
   * @param most - the largest size of a page
   */
  constructor(chunk: ColumnMetaData, most: number) {
    this.#end = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset) + Number(chunk.total_compressed_size);
    this.#values = Number(chunk.num_values);
    this.#most = most;
  }

  /**
   * Checks the next page.
   *
   * @param position - where the page begins, after its header
   * @throws RangeError if the page is larger than allowed, or the pages declare more values than the chunk has
   */
  take(header: PageHeader, position: number): void {
    const { uncompressed_page_size: size, compressed_page_size: length } = header;
    const words = header.dictionary_page_header?.num_values ?? 0;
    const values = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    this.found += values;
    const end = position + length;
    if (
      !(
        length >= 0 &&
        end <= this.#end &&
        size >= 0 &&
        size <= this.#most &&
        words >= 0 &&
        words <= Math.max(this.#values, size) &&
        values >= 0 &&
        this.found <= this.#values
      )
    )
      throw new RangeError(
        `the page that ends at ${end} is too large: expected at most ${this.#most} bytes and ${this.#values} values`,
      );
  }
}

/**
 * Checks the page headers of a column chunk before the pages are decoded. The decoder trusts the numbers in them, so a few
 * bytes could keep it busy for hours.
 *
 * @throws RangeError as {@link PageCheck.take} does
 */
export async function checkPages(chunk: ColumnMetaData, most: number, file: AsyncBuffer): Promise<void> {
  const { parquetHeader } = await loadPeer(
    () => import('hyparquet/src/column.js'),
    'hyparquet',
    'Reading Parquet files',
  );
  const check = new PageCheck(chunk, most);
  const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
  const end = start + Number(chunk.total_compressed_size);
  for (let position = start; position < end; ) {
    const view = new DataView(await file.slice(position, Math.min(end, position + HEADER_BYTES)));
    const reader = { view, offset: 0 };
    const header = parquetHeader(reader);
    position += reader.offset;
    check.take(header, position);
    position += header.compressed_page_size;
  }
}
