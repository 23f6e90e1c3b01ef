/** The compiler's language server, used like by an editor. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

/** A problem that the compiler reports in a program. */
export interface Diagnostic {
  readonly line: number;
  readonly message: string;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly items?: readonly unknown[] };
  readonly result?: unknown;
}

/** A server with its own programs, in a folder next to the declarations that they import. */
export class LanguageServer {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #folder: string;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #received = Buffer.alloc(0);
  #last = 0;

  private constructor() {
    mkdirSync(join(PACKAGE_ROOT, 'build'), { recursive: true });
    this.#folder = mkdtempSync(join(PACKAGE_ROOT, 'build', 'editor-'));
    const settings = {
      extends: '../../tsconfig.json',
      compilerOptions: { rootDir: '.', noEmit: true },
      include: ['*.ts'],
    };
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(settings));
    const compiler = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    this.#server = spawn(process.execPath, [compiler, '--lsp', '--stdio'], { cwd: this.#folder });
    this.#server.stdout.on('data', (data: Buffer) => this.#read(data));
  }

  static async start(): Promise<LanguageServer> {
    const server = new LanguageServer();
    const textDocument = { hover: { contentFormat: ['markdown'] }, diagnostic: {} };
    const rootUri = pathToFileURL(server.#folder).href;
    await server.#request('initialize', { processId: process.pid, rootUri, capabilities: { textDocument } });
    server.#send({ method: 'initialized', params: {} });
    return server;
  }

  /** Opens a program, and returns its address for the other calls. */
  open(name: string, text: string): string {
    const file = join(this.#folder, name);
    writeFileSync(file, text);
    const uri = pathToFileURL(file).href;
    const textDocument = { uri, languageId: 'typescript', version: 1, text };
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } });
    return uri;
  }

  /** The hover at a position in a program, as Markdown. */
  async hover(uri: string, line: number, character: number): Promise<string> {
    const params = { textDocument: { uri }, position: { line, character } };
    const result = (await this.#request('textDocument/hover', params)) as { contents: { value: string } } | null;
    return result?.contents.value ?? '';
  }

  async diagnostics(uri: string): Promise<Diagnostic[]> {
    const result = await this.#request('textDocument/diagnostic', { textDocument: { uri } });
    const { items } = result as { items: { message: string; range: { start: { line: number } } }[] };
    return items.map(({ message, range }) => ({ line: range.start.line, message }));
  }

  close(): void {
    this.#server.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #request(method: string, params: object): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method, params });
    });
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const header = this.#received.indexOf('\r\n\r\n');
      if (header < 0) return;
      const size = Number(/Content-Length: (\d+)/.exec(this.#received.toString('latin1', 0, header))?.[1]);
      const end = header + 4 + size;
      if (this.#received.length < end) return;
      this.#take(JSON.parse(this.#received.toString('utf8', header + 4, end)));
      this.#received = this.#received.subarray(end);
    }
  }

  /** A response, or a request from the server, which gets no answer. */
  #take({ id, method, params, result }: Message): void {
    if (id === undefined) return;
    if (method !== undefined) this.#send({ id, result: params?.items?.map(() => null) ?? null });
    else this.#waiting.get(id)?.(result);
  }
}
