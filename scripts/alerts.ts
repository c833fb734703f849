/** `npm run check:alerts`: Prometheus' own opinion of its configuration, and the tests of each alert. */
import { runCommand } from '../src/launcher/command.ts';
import { checkAlerts } from '../test/support/prometheus.ts';

await runCommand('npm run check:alerts', async () => {
  console.log(await checkAlerts());
});
