/** Two releases of the worker whose workflows differ, as builds that stand side by side. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The file with the next release's workflows; gone after the tests of the block. */
export function nextRelease(): () => string {
  let directory = '';
  const bundle = () => join(directory, 'workflows.js');
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'makegood-release-'));
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('next-workflows.ts', import.meta.url)),
      logger: new DefaultLogger('WARN'),
    });
    await writeFile(bundle(), code);
  });
  after(() => rm(directory, { recursive: true }));
  return bundle;
}
