/**
 * `npm run pack:saga [-- --out directory]`: the saga engine as a package that another project can
 * install. It needs nothing but the Temporal SDK: the checkout's own dependencies, its API and
 * its PostgreSQL are not the business of somebody's other saga. The repository's own `exports` name
 * the sources, which Node does not run from node_modules; so the package has its own manifest.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
const out = resolve(values.out);
const folder = join(out, 'package');

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
run(process.execPath, [
  tsc,
  '-p',
  join(root, 'tsconfig.pack.json'),
  '--outDir',
  join(folder, 'saga'),
]);
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
copyFileSync(join(root, 'docs/writing-a-saga.md'), join(folder, 'README.md'));
copyFileSync(join(root, 'docs/saga-engine.md'), join(folder, 'saga-engine.md'));
run('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder });

function manifest() {
  const { name, version, license, engines, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return {
    name,
    version,
    description: 'The saga engine of makegood, for Temporal workflows.',
    license,
    private: true,
    type: 'module',
    engines,
    sideEffects: false,
    exports: { './saga': { types: './saga/index.d.ts', default: './saga/index.js' } },
    files: ['saga', 'saga-engine.md'],
    // A peer, because two copies of it in one workflow bundle do not know each other's scopes.
    peerDependencies: { '@temporalio/workflow': `^${dependencies['@temporalio/workflow']}` },
  };
}

function run(command, args, options) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0) process.exit(1);
}
