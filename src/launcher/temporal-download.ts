/**
 * Lets the Temporal SDK download its dev server into the directory given. A program of its own,
 * because the SDK's native runtime can only be interrupted together with its process.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

process.once('disconnect', () => process.exit(1));

const [downloadDir = '.'] = process.argv.slice(2);
const server = { executable: { type: 'cached-download' as const, downloadDir } };
const environment = await TestWorkflowEnvironment.createLocal({ server });
await environment.teardown();
process.exit(0);
