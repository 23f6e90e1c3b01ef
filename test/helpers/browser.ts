/** Views pages in a real browser. */
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const { findChromium } = (await import(new URL('../../scripts/chromium.mjs', import.meta.url).href)) as {
  findChromium(): string;
};

/** Whether there is a browser. If CHROMIUM names one, it must exist. */
export const hasBrowser = process.env.CHROMIUM ? true : isThere();

function isThere(): boolean {
  try {
    findChromium();
    return true;
  } catch {
    return false;
  }
}

/** No GPU, no network, no stored data. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the system's Chromium. */
export async function openBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: findChromium(), args: isRoot ? [...FLAGS, '--no-sandbox'] : FLAGS });
}

/** How a page is viewed. */
export interface View {
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  /** The folder of files that the page may load besides itself. */
  readonly folder?: string;
}

/** An open page, and what went wrong while it was opened. */
export interface Viewed {
  readonly page: Page;
  /** Console messages, errors, and requests to the network. */
  readonly problems: readonly string[];
}

/** Opens a file and passes it to `look`; any request for another file outside `folder` is refused and recorded. */
export async function viewFile<T>(
  browser: Browser,
  file: string,
  view: View,
  look: (viewed: Viewed) => Promise<T>,
): Promise<T> {
  const [found] = await viewFiles(browser, [file], view, look);
  return found as T;
}

/** Opens files one after the other like `viewFile`, and returns the results of `look`. */
export async function viewFiles<T>(
  browser: Browser,
  files: readonly string[],
  { scheme, width, folder }: View,
  look: (viewed: Viewed) => Promise<T>,
): Promise<T[]> {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: 800 },
    offline: true,
  });
  try {
    const page = await context.newPage();
    let problems: string[] = [];
    let own = '';
    page.on('console', (message) => problems.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
    await context.route('**', async (route) => {
      const url = route.request().url();
      if (url === own || (folder !== undefined && url.startsWith(`${pathToFileURL(folder).href}/`))) {
        return route.continue();
      }
      problems.push(`request: ${url}`);
      return route.abort();
    });
    const results: T[] = [];
    for (const file of files) {
      problems = [];
      own = pathToFileURL(file).href;
      await page.goto(own);
      results.push(await look({ page, problems }));
    }
    return results;
  } finally {
    await context.close();
  }
}
