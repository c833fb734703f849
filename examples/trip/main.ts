/** `npm run example:trip`: books trips on the Temporal that `npm start` has brought up. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { runCommand } from '../../src/launcher/command.ts';
import { Complaint } from '../../src/launcher/complaint.ts';
import { findTemporal } from '../../src/launcher/endpoints.ts';
import { listens } from '../../src/launcher/ports.ts';
import { tellTrips } from './story.ts';

// Attempts that fail are part of the story; as warnings they would drown it.
Runtime.install({ logger: new DefaultLogger('ERROR') });
await runCommand('usage: npm run example:trip', async () => {
  const address = findTemporal(process.env);
  // Nobody may have run since it was written down.
  if (!(await listens(address))) {
    throw new Complaint(`no Temporal listens on ${address}: run \`npm start\` in another terminal`);
  }
  const taskQueue = process.env['TRIP_TASK_QUEUE'] ?? 'trip';
  await tellTrips({ address, taskQueue, say: (line) => console.log(line) });
});
