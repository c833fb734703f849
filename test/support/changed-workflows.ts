/** A release that never was: the workflows with one place changed, as a bundle. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

export interface Change {
  /** Below `src`. */
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Answers the file with the bundle, which is there until the work is done. */
export async function withChange<T>(
  { file, from, to }: Change,
  work: (bundle: string) => Promise<T>,
): Promise<T> {
  // In the project, where its packages are found.
  const state = join(root, '.makegood');
  await mkdir(state, { recursive: true });
  const directory = await mkdtemp(join(state, 'changed-'));
  try {
    for (const folder of ['domain', 'saga', 'workflows']) {
      await cp(join(root, 'src', folder), join(directory, folder), { recursive: true });
    }
    const code = await readFile(join(directory, file), 'utf8');
    const changed = code.replace(from, to);
    assert.notEqual(changed, code, `there is no ${String(from)} in ${file} any more`);
    await writeFile(join(directory, file), changed);
    const bundle = await bundleWorkflowCode({
      workflowsPath: join(directory, 'workflows', 'index.ts'),
      logger: new DefaultLogger('WARN'),
    });
    await writeFile(join(directory, 'workflows.js'), bundle.code);
    return await work(join(directory, 'workflows.js'));
  } finally {
    await rm(directory, { recursive: true });
  }
}
