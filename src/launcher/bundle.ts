/**
 * The workflow bundle, made once per state of the workflow code: bundling costs a second or two at
 * every start of a worker. The name carries a hash of all that goes into it, the SDK's version too.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Answers the file with the bundle, making it first when the code has changed. */
export async function workflowBundle(directory: string): Promise<string> {
  const bundle = join(directory, `workflows-${fingerprint()}.js`);
  if (existsSync(bundle)) return bundle;
  // Loaded only when needed: the bundler brings a hundred megabytes of webpack and SWC.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(source, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  await mkdir(directory, { recursive: true });
  await removeOld(directory);
  const unfinished = `${bundle}.${process.pid}`;
  await writeFile(unfinished, code);
  await rename(unfinished, bundle);
  return bundle;
}

// Whatever uses a bundle has read it long before, and yesterday's code is seldom started again.
const keptMs = 24 * 3_600_000;

async function removeOld(directory: string): Promise<void> {
  for (const file of readdirSync(directory).map((name) => join(directory, name))) {
    if (Date.now() - statSync(file).mtimeMs > keptMs) await rm(file, { force: true });
  }
}

const source = fileURLToPath(new URL('..', import.meta.url));

function fingerprint(): string {
  const hash = createHash('sha256');
  // The manifest says the version.
  const manifest = createRequire(import.meta.url).resolve('@temporalio/worker/package.json');
  hash.update(readFileSync(manifest));
  for (const folder of ['domain', 'saga', 'workflows']) {
    const files = readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts')).sort()) {
      hash.update(`${folder}/${file}\n`).update(readFileSync(join(source, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
