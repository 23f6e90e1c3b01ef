/** The process warnings that `work` causes, as `NAME: text`. Each text is issued once per process. */
export async function warningsOf(work: () => unknown): Promise<string[]> {
  const texts: string[] = [];
  const listen = ({ name, message }: Error) => texts.push(`${name}: ${message}`);
  process.on('warning', listen);
  try {
    await work();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } finally {
    process.off('warning', listen);
  }
  return texts;
}
