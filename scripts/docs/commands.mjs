// The site's pages on the command line: one per command, written from the help that the command prints.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, Stop } from '../root.mjs';

/**
 * Asks the program for its commands and their help.
 *
 * @returns {{ name: string, summary: string, page: string }[]} one entry per command, with its page in Markdown
 */
export function commandPages() {
  const commands = Array.from(help([]).matchAll(/^ {2}([a-z]+) {2,}(\S.*)$/gm), ([, name, summary]) => ({
    name,
    summary,
  }));
  if (commands.length === 0) throw new Stop('torchloss --help lists no commands');
  return commands.map(({ name, summary }) => ({ name, summary, page: commandPage(name, help([name])) }));
}

/** The page that lists the commands. */
export function commandsPage(commands) {
  const rows = commands.map(({ name, summary }) => `| [\`torchloss ${name}\`](${name}.md) | ${cell(summary)} |`);
  return `# Command line\n\nRun a command with \`npx torchloss\`, or \`torchloss\` in a script of \`package.json\`.\n\n| Command | What it does |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** A command's help as a page: the usage as code, prose as paragraphs, options as tables. */
export function commandPage(name, text) {
  const [usage, ...blocks] = text.trim().split(/\n\s*\n/);
  const parts = [`# torchloss ${name}`, `\`\`\`sh\n${usage}\n\`\`\``, ...blocks.flatMap(block)];
  return `${parts.join('\n\n')}\n`;
}

function help(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist', 'cli.js'), ...args, '--help'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Stop(`torchloss ${args.join(' ')} --help failed: ${stderr}`);
  return stdout;
}

/** A block of help between two blank lines: prose, or options under an optional heading. */
function block(text) {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.startsWith('  '));
  if (first < 0) return paragraphs(lines);
  const [heading, ...rest] = lines.slice(0, first);
  const title = heading === undefined ? [] : [`## ${escape(heading)}`, ...paragraphs(rest)];
  return [...title, table(lines.slice(first))];
}

/** Lines of prose as one paragraph; a line that is a command becomes code. */
function paragraphs(lines) {
  const parts = [];
  for (const line of lines) {
    const code = line.startsWith('torchloss ');
    const last = parts.at(-1);
    if (last?.code === code) last.lines.push(line);
    else parts.push({ code, lines: [line] });
  }
  return parts.map(({ code, lines: own }) => (code ? `\`\`\`sh\n${own.join('\n')}\n\`\`\`` : escape(own.join('\n'))));
}

/** Options in two columns, each with the lines that continue its description. */
function table(lines) {
  const rows = [];
  for (const line of lines) {
    const [, name, about = ''] = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    if (name === undefined) rows.at(-1).about.push(line.trim());
    else rows.push({ name, about: [about] });
  }
  const cells = rows.map(
    ({ name, about }) => `| \`${name.replaceAll('|', '\\|')}\` | ${cell(about.join(' ').trim())} |`,
  );
  return `| Option | Meaning |\n| --- | --- |\n${cells.join('\n')}`;
}

function cell(text) {
  return escape(text).replaceAll('|', '\\|');
}

function escape(text) {
  return text.replaceAll(/[<*]/g, '\\$&');
}
