import { readFileSync } from 'node:fs';

/** Something that a system package manager provides. */
export type Tool = 'cmake' | 'compiler' | 'make' | 'openmp' | 'libtorch';

interface Manager {
  /** `ID` or `ID_LIKE` in `/etc/os-release` of the systems that have it. */
  readonly systems: readonly string[];
  readonly command: string;
  readonly packages: Readonly<Record<Tool, string>>;
}

const MANAGERS: readonly Manager[] = [
  {
    systems: ['debian', 'ubuntu'],
    command: 'apt install',
    packages: { cmake: 'cmake', compiler: 'g++', make: 'make', openmp: 'libgomp1', libtorch: 'libtorch-dev' },
  },
  {
    systems: ['fedora', 'rhel', 'centos'],
    command: 'dnf install',
    packages: { cmake: 'cmake', compiler: 'gcc-c++', make: 'make', openmp: 'libgomp', libtorch: 'python3-torch-devel' },
  },
  {
    systems: ['arch'],
    command: 'pacman -S',
    packages: { cmake: 'cmake', compiler: 'gcc', make: 'make', openmp: 'gcc-libs', libtorch: 'python-pytorch' },
  },
];

const HOMEBREW: Readonly<Record<Tool, string>> = {
  cmake: 'brew install cmake',
  compiler: 'xcode-select --install',
  make: 'xcode-select --install',
  openmp: 'brew install libomp',
  libtorch: 'brew install pytorch',
};

const WINDOWS: Readonly<Record<Tool, string>> = {
  cmake: 'winget install Kitware.CMake',
  compiler: "winget install Microsoft.VisualStudio.2022.BuildTools (with the workload 'Desktop development with C++')",
  make: 'winget install Ninja-build.Ninja',
  openmp: 'winget install Microsoft.VCRedist.2015+.x64',
  libtorch: 'pip install torch, in a virtual environment that is active when Node starts',
};

/** The command that installs `tools` on this system, ready to be pasted. */
export function installCommand(tools: readonly Tool[]): string {
  if (process.platform === 'win32') return unique(tools.map((tool) => WINDOWS[tool])).join(' && ');
  if (process.platform === 'darwin') return unique(tools.map((tool) => HOMEBREW[tool])).join(' && ');
  const like = systemNames();
  const manager = MANAGERS.find(({ systems }) => systems.some((system) => like.includes(system)));
  if (!manager) return `use your package manager for ${tools.join(', ')}`;
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}${manager.command} ${unique(tools.map((tool) => manager.packages[tool])).join(' ')}`;
}

/** The names of this Linux and of those it is like, from `/etc/os-release`, in lower case. */
function systemNames(): string[] {
  let text = '';
  try {
    text = readFileSync('/etc/os-release', 'utf8');
  } catch {
    return [];
  }
  const values = Array.from(text.matchAll(/^ID(?:_LIKE)?=(.*)$/gm), ([, value = '']) => value.replaceAll('"', ''));
  return values.join(' ').toLowerCase().split(/\s+/);
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}
