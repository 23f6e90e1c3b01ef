/** Two machines, simulated by network namespaces, and a cable between them. Needs Linux, `ip` and root. */
import { spawnSync } from 'node:child_process';

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

/** Whether this process may make network namespaces. */
export function canMakeCables(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const name = `torchloss-${process.pid}-try`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false;
  const linked = spawnSync('ip', ['-n', name, 'link', 'add', 'name', 'one', 'type', 'veth', 'peer', 'name', 'two']);
  spawnSync('ip', ['netns', 'delete', name]);
  return linked.status === 0;
}

/** A cable between two machines. */
export class Cable implements Disposable {
  readonly hosts: readonly [string, string] = [`torchloss-${process.pid}-0`, `torchloss-${process.pid}-1`];
  readonly addresses: readonly [string, string] = ['10.213.0.1', '10.213.0.2'];

  constructor() {
    const [first, second] = this.hosts;
    for (const host of this.hosts) ip('netns', 'add', host);
    ip('-n', first, 'link', 'add', 'name', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', second);
    for (const [rank, host] of this.hosts.entries()) {
      ip('-n', host, 'address', 'add', `${this.addresses[rank]}/24`, 'dev', 'cable');
      for (const link of ['lo', 'cable']) ip('-n', host, 'link', 'set', link, 'up');
    }
  }

  /** The command that runs another command on a machine. */
  on(rank: 0 | 1, command: readonly string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.hosts[rank], ...command];
  }

  cut(): void {
    ip('-n', this.hosts[0], 'link', 'set', 'cable', 'down');
  }

  [Symbol.dispose](): void {
    for (const host of this.hosts) ip('netns', 'delete', host);
  }
}
