// `npm run docs` writes the site, build/site: guides, a page for each loss and each command, and the reference, made from
// the declarations. TypeDoc needs the TypeScript API that TypeScript 7 no longer has, so it is installed separately, with
// its own TypeScript, in docs/site; so is KaTeX. Every link of the site is checked.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandPages, commandsPage } from './docs/commands.mjs';
import { checkLinks } from './docs/links.mjs';
import { installIn, prepare, runNode, runScript } from './prepare.mjs';
import { createTypesetter, finishPages } from './docs/typeset.mjs';
import { ROOT, Stop } from './root.mjs';

const TOOLS = join(ROOT, 'docs', 'site');
/** Copies of the files for TypeDoc, with the front matter it needs. */
const SOURCE = join(ROOT, 'build', 'site-source');
const SITE = join(ROOT, 'build', 'site');

/** The guides in reading order; any others come last. */
const GUIDES = [
  'install',
  'versions',
  'tour',
  'from_pytorch',
  'pytorch_names',
  'from_mindspore',
  'training',
  'train_as_a_service',
  'data',
  'save_and_load',
  'torchscript',
  'evaluate',
  'parity',
  'memory_and_async',
  'cuda',
  'errors',
  'performance',
];

await runScript(async () => {
  await prepare();
  installIn(TOOLS);
  rmSync(SOURCE, { recursive: true, force: true });
  rmSync(SITE, { recursive: true, force: true });
  const { listLosses } = await import('../dist/losses/catalogue.js');
  const losses = listLosses();
  const typesetter = createTypesetter(TOOLS, losses);
  const options = stage(typesetter);
  const typedoc = join(TOOLS, 'node_modules', 'typedoc', 'bin', 'typedoc');
  if (runNode([typedoc, '--options', options]) !== 0)
    throw new Stop('the site could not be built; see the output above');
  typesetter.copyFonts(join(SITE, 'assets', 'fonts'));
  const formulas = finishPages(htmlFiles(), typesetter);
  if (formulas < losses.length)
    throw new Stop(`only ${formulas} formulas were typeset; each of ${losses.length} losses has one`);
  const { pages, links, problems } = checkLinks(SITE);
  for (const problem of problems) console.error(problem);
  console.log(`build/site: ${pages} pages, ${links} links, ${problems.length} of them broken`);
  return problems.length === 0 ? 0 : 1;
});

function htmlFiles() {
  return readdirSync(SITE, { recursive: true })
    .map((file) => join(SITE, String(file)))
    .filter((file) => file.endsWith('.html'));
}

/** Puts the files for TypeDoc in place and returns the path of its options. */
function stage(typesetter) {
  const guides = [...GUIDES.map((name) => `${name}.md`), ...list('docs/guides').toSorted()]
    .filter((name, index, names) => names.indexOf(name) === index && name !== 'README.md')
    .filter((name) => existsSync(join(ROOT, 'docs/guides', name)));
  const losses = list('docs/losses').filter((name) => name.endsWith('.md') && name !== 'README.md');
  const examples = list('examples').filter((name) => existsSync(join(ROOT, 'examples', name, 'README.md')));
  const commands = commandPages();
  for (const { name, page } of commands) documentFrom(`cli/${name}.md`, page);
  const documents = [
    document('docs/guides/README.md', { title: 'Guides', children: guides }),
    document('docs/losses/README.md', { children: losses }),
    documentFrom('cli/README.md', commandsPage(commands), { children: commands.map(({ name }) => `${name}.md`) }),
    document('examples/README.md', { children: examples.map((name) => `${name}/README.md`) }),
    document('bench/README.md'),
    ...list('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => document(`docs/${name}`)),
  ];
  for (const folder of ['losses', 'pictures']) {
    cpSync(join(ROOT, 'docs', folder), join(SOURCE, 'docs', folder), {
      recursive: true,
      filter: (file) => !file.endsWith('.md'),
    });
  }
  // TypeDoc writes the heading of the home page itself.
  write(
    'home.md',
    read('docs/guides/README.md')
      .replace(/^# .*\n+/, '')
      .replaceAll(/\]\((\w+\.md)/g, '](docs/guides/$1')
      .replaceAll('](../losses', '](docs/losses'),
  );
  const entryPoints = declarations();
  const { version } = JSON.parse(read('package.json'));
  write(
    'tsconfig.json',
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { rootDir: 'dist', outDir: 'none', noEmit: true },
      include: ['dist'],
    }),
  );
  return write(
    'typedoc.json',
    JSON.stringify(
      {
        name: `torchloss ${version}`,
        entryPoints,
        tsconfig: join(SOURCE, 'tsconfig.json'),
        projectDocuments: documents,
        readme: join(SOURCE, 'home.md'),
        out: SITE,
        customCss: write('style.css', typesetter.styles() + read('docs/site/style.css')),
        searchInComments: true,
        searchInDocuments: true,
        skipErrorChecking: true,
        disableSources: true,
        disableGit: true,
        hideGenerator: true,
        excludeProtected: true,
        includeVersion: false,
        includeHierarchySummary: false,
        sort: ['kind', 'alphabetical-ignoring-documents'],
        navigation: { includeGroups: false, includeFolders: false },
        validation: { notExported: false, notDocumented: false, invalidLink: true, rewrittenLink: true },
        treatWarningsAsErrors: true,
      },
      undefined,
      2,
    ),
  );
}

/** Copies a document and those below it in the navigation, with their titles in the front matter. */
function document(path, { title, children = [] } = {}) {
  for (const child of children) document(join(dirname(path), child));
  return documentFrom(path, read(path), { title, children });
}

/** Writes a document with its title in the front matter. */
function documentFrom(path, text, { title, children = [] } = {}) {
  const [heading, own] = /^# (.*)$/m.exec(text) ?? [];
  if (own === undefined) throw new Stop(`${path}: no title`);
  const head = [`title: ${JSON.stringify(title ?? own)}`, `children: ${JSON.stringify(children)}`].join('\n');
  return write(path, `---\n${head}\n---\n\n${text.replace(heading, `# ${title ?? own}`)}`);
}

/** Copies the declarations, names the modules, and links the losses to their pages. */
function declarations() {
  for (const file of list('dist', { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
    const path = join('dist', file);
    const up = '../'.repeat(path.split(/[\\/]/).length - 1);
    write(path, read(path).replaceAll(/node_modules\/torchloss\/(docs\/losses\/\w+\.md)/g, `[$1](${up}$1)`));
  }
  const { exports } = JSON.parse(read('package.json'));
  // The two frameworks are namespaces of the first module.
  const others = ['./torch', './mindspore'];
  const modules = Object.entries(exports).filter(([name, file]) => typeof file !== 'string' && !others.includes(name));
  return modules.map(([name, conditions]) => {
    const { types } = conditions.import;
    const text = read(join('build/site-source', types));
    const tag = `@module ${name.replace('.', 'torchloss')}`;
    const [comment] = /^\/\*\*[^]*?\*\//.exec(text) ?? [''];
    const body = comment
      .replace(/^\/\*\*/, '')
      .replace(/\*\/$/, '')
      .replace('@packageDocumentation', '')
      .trimEnd();
    return write(types, `/**${body}\n *\n * ${tag}\n */\n${text.slice(comment.length)}`);
  });
}

function list(folder, options = {}) {
  return readdirSync(join(ROOT, folder), options).map(String);
}

function read(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

function write(path, text) {
  const file = join(SOURCE, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
