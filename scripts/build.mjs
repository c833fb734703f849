/** `npm run build`: dist/ with everything production runs, the workflows as one bundle and its ID. */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { compile } from './compile.mjs';
import { mentionsOfFailpoints } from './no-failpoints.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const inRoot = (path) => fileURLToPath(new URL(path, new URL('..', import.meta.url)));

// The bundle names its modules relative to where it is made.
process.chdir(root);
rmSync(inRoot('dist'), { recursive: true, force: true });
compile(inRoot('dist'));
await bundle();
refuseFailpoints();

async function bundle() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: inRoot('dist/workflows/index.js'),
    logger: new DefaultLogger('WARN'),
  });
  const size = Buffer.byteLength(code);
  mkdirSync(inRoot('dist'), { recursive: true });
  writeFileSync(inRoot('dist/workflows.js'), code);
  const buildId = buildIdOf(code);
  writeFileSync(inRoot('dist/build-id'), `${buildId}\n`);
  process.stdout.write(`dist/workflows.js: ${(size / 1e6).toFixed(2)} MB, build ${buildId}\n`);
  // Every cached workflow runs an instance of it: something that big got in by mistake.
  if (size >= 2_000_000) {
    process.stderr.write('the workflow bundle must stay below 2 MB\n');
    process.exit(1);
  }
}

function refuseFailpoints() {
  const found = mentionsOfFailpoints([inRoot('dist')]);
  if (found.length === 0) return;
  process.stderr.write(`failpoints are for tests only:\n${found.join('\n')}\n`);
  process.exit(1);
}

/**
 * The same for the same workflow code and SDK, wherever and whenever it is built: orders need not
 * stay on an older worker for the sake of an activity that has changed.
 */
function buildIdOf(code) {
  // The source map holds the paths of this machine.
  const ran = code.replace(/^\/\/# sourceMappingURL=.*$/m, '');
  return createHash('sha256').update(ran).digest('hex').slice(0, 12);
}
