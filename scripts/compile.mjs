/** The sources as production runs them: the TypeScript compiled, and what browsers get as it is. */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Ends the process where that fails. `words` are for the compiler. */
export function compile(directory, words = []) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const command = [tsc, '-p', 'tsconfig.build.json', '--outDir', directory, ...words];
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  cpSync(join(root, 'src', PAGE), join(directory, PAGE), { recursive: true, filter: isServed });
  cpSync(join(root, 'src', THREAD), join(directory, THREAD));
}

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = 'api/operations-page';
const THREAD = 'workflow-thread.mjs';

/** Types are for the compiler; a directory has no extension. */
function isServed(path) {
  return !['.ts', '.json'].includes(extname(path));
}
