/** A buffer that grows. */
export class Bytes {
  #buffer = Buffer.allocUnsafe(4096);
  #length = 0;

  /** Makes room for more bytes and gives where they begin. */
  #grow(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * this.#length);
      this.#buffer.copy(larger, 0, 0, start);
      this.#buffer = larger;
    }
    return start;
  }

  byte(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  /** One of the operations that are letters. */
  letter(operation: string): void {
    this.byte(operation.charCodeAt(0));
  }

  uint16(value: number): void {
    const at = this.#grow(2);
    this.#buffer.writeUInt16LE(value, at);
  }

  int32(value: number): void {
    const at = this.#grow(4);
    this.#buffer.writeInt32LE(value, at);
  }

  uint32(value: number): void {
    const at = this.#grow(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  double(value: number): void {
    const at = this.#grow(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** What was written. */
  whole(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
