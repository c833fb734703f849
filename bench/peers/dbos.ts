/** The checkout on DBOS: a workflow of five steps in the process of its web server. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { serve } from '../compare/apps/front.ts';
import { createSteps } from '../compare/apps/steps.ts';

const act = createSteps(process.env);

async function checkoutWorkflow(id: string): Promise<string> {
  const compensations: (() => Promise<void>)[] = [];
  const step = <T>(name: string, run: () => Promise<T>) => DBOS.runStep(run, { name });
  try {
    await step('reserveStock', () => act.reserveStock(id));
    compensations.unshift(() => step('releaseStock', () => act.releaseStock(id)));
    const intentId = await step('authorizePayment', () => act.authorizePayment(id));
    compensations.unshift(() =>
      step('voidAuthorization', () => act.voidAuthorization(id, intentId)),
    );
    await step('capturePayment', () => act.capturePayment(id, intentId));
    await step('requestShipment', () => act.requestShipment(id));
    await step('sendReceipt', () => act.sendReceipt(id));
    return id;
  } catch (error) {
    for (const compensate of compensations) await compensate();
    throw error;
  }
}

const checkout = DBOS.registerWorkflow(checkoutWorkflow, { name: 'checkout' });

DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: process.env['DBOS_SYSTEM_DATABASE_URL'] ?? '',
  systemDatabasePoolSize: Number(process.env['BENCH_DBOS_POOL']),
  logLevel: 'error',
});
await DBOS.launch();

serve(
  async (id) => {
    const handle = await DBOS.startWorkflow(checkout, { workflowID: id })(id);
    const answer = await handle.getResult();
    if (answer !== id) throw new Error(`the workflow answered ${answer}`);
  },
  () => DBOS.shutdown(),
);
