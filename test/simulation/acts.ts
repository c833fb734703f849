/** What people do in a story, and what befalls whole processes. */
import type { Clients } from './clients.ts';
import type { Act } from './story.ts';
import type { World } from './world.ts';

type Perform = (world: World, act: Act, clients: Clients) => void;

export function perform(world: World, clients: Clients, act: Act): void {
  const lasts = LASTING.has(act.kind) ? act.amount : 0;
  const { scheduler, troubled } = world;
  troubled.at = Math.max(troubled.at, scheduler.now() + Math.max(60, lasts) * 1_000);
  PERFORM[act.kind](world, act, clients);
}

const LASTING = new Set<Act['kind']>([
  'a worker is killed',
  'a worker is stopped',
  'all workers are gone',
  'an API process is killed',
]);

const asks: Perform = (_, act, clients) => clients.act(act);

/** An operator at Temporal, about the run of the order that the act names. */
const operates =
  (operate: (server: World['server'], id: string, amount: number) => void): Perform =>
  ({ server }, { order, amount }, { journal }) => {
    const [id] = journal.orders[order] ?? [];
    if (id !== undefined) operate(server, id, amount);
  };

const PERFORM: Readonly<Record<Act['kind'], Perform>> = {
  'the client cancels': asks,
  'the client asks for all of it back': asks,
  'the client asks for a part of it back': asks,
  'the client asks for some goods back': asks,
  'the client places it again': asks,
  'the merchant ships a part': asks,
  'the merchant ships the rest': asks,
  'an operator resets the run': operates((server, id, amount) => server.reset(id, amount)),
  'an operator terminates the run': operates((server, id) => server.terminate(id)),
  'an operator cancels the run': operates((server, id) => server.cancel(id)),
  'an operator starts it again': operates((server, id) => server.startAnyway(id)),
  'a worker is killed'({ workers, scheduler }, { amount }) {
    const worker = workers.pick(scheduler.random);
    if (worker !== undefined) workers.kill(worker, amount);
  },
  'a worker is stopped'({ workers, scheduler }, { amount }) {
    const worker = workers.pick(scheduler.random);
    if (worker !== undefined) workers.stop(worker, amount);
  },
  'a worker forgets its runs'({ workers, scheduler }) {
    workers.pick(scheduler.random)?.forget();
  },
  'all workers are gone'({ workers }, { amount }) {
    for (const worker of workers.all) workers.kill(worker, amount);
  },
  'an API process is killed'({ apis, scheduler }, { amount }) {
    const api = apis.pick(scheduler.random);
    if (api !== undefined) apis.kill(api, amount);
  },
};
