/** Directories of runs that were killed; their servers have ended by their tethers. */
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^makegood-bench-(\d+)$/.exec(name) ?? [];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}
