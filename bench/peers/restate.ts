/** The checkout on Restate: a service whose handler runs five journaled steps. */
import * as restate from '@restatedev/restate-sdk';
import { createSteps } from '../compare/apps/steps.ts';

const act = createSteps(process.env);

const checkout = restate.service({
  name: 'checkout',
  handlers: {
    async place(context: restate.Context, id: string): Promise<string> {
      const compensations: (() => Promise<void>)[] = [];
      try {
        await context.run('reserve stock', () => act.reserveStock(id));
        compensations.unshift(() => context.run('release stock', () => act.releaseStock(id)));
        const intentId = await context.run('authorize payment', () => act.authorizePayment(id));
        compensations.unshift(() =>
          context.run('void authorization', () => act.voidAuthorization(id, intentId)),
        );
        await context.run('capture payment', () => act.capturePayment(id, intentId));
        await context.run('request shipment', () => act.requestShipment(id));
        await context.run('send receipt', () => act.sendReceipt(id));
        return id;
      } catch (error) {
        if (error instanceof restate.TerminalError) {
          for (const compensate of compensations) await compensate();
        }
        throw error;
      }
    },
  },
});

await restate.serve({ services: [checkout], port: Number(process.env['BENCH_PORT']) });
