/**
 * `npm run operate`: the operators' queue, one order whole, its story by any name it goes by, an
 * operator's word on a parked step, differences between the books, the halt of all captures, and a
 * customer's erasure.
 */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { createDifferencesDesk } from '../adapters/postgres/differences-desk.ts';
import { createOperationsDesk } from '../adapters/postgres/operations-desk.ts';
import { createOperatorsDesk } from '../adapters/postgres/operators-desk.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { createStandings } from '../adapters/postgres/standings.ts';
import { createCaptured } from '../adapters/stripe/captured.ts';
import { storyInWords } from '../api/timeline.ts';
import { connectRuns } from '../client/runs.ts';
import { connectSagaClient } from '../client/temporal.ts';
import type { OrderId } from '../domain/order.ts';
import { realign, realignedInWords } from '../operator/after-restore.ts';
import { eraseOrders, ordersOfCustomer } from '../operator/erase.ts';
import type { Decision, OperatorsDesk, SagaId, Signature } from '../operator/ports.ts';
import { resolveParked } from '../operator/resolve.ts';
import { capturesInWords, differencesInWords } from '../operator/difference-words.ts';
import { erasureInWords, orderInWords, queueInWords, resolvedInWords } from '../operator/words.ts';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase, findGateway, findTemporal } from './endpoints.ts';

const usage = `usage: npm run operate -- list
       npm run operate -- show <order or refund>
       npm run operate -- tell <any name of an order, such as a request ID>
       npm run operate -- resolve <order or refund> <step> retry|mark-done|skip|refuse --why <why>
                          [--by <name>] [--tracking-number <number>]
       npm run operate -- after-restore --since <recovery point> --why <why> [--by <name>]
       npm run operate -- erase <e-mail address or order> --why <why> [--by <name>] [--tenant <name>]
       npm run operate -- differences
       npm run operate -- explain <difference> --why <why> [--by <name>]
       npm run operate -- halt|resume --why <why> [--by <name>]`;

// More than anybody reads at once; the rest is seen when these are done.
const LIMIT = 100;

/** By verb and number of words, so that a word too few or too many is seen. */
const commands = new Map<string, (given: Given) => Promise<void>>([
  ['list/1', () => withDesk(async (desk) => console.log(queueInWords(await desk.queue(LIMIT))))],
  ['show/2', ({ sagaId }) => withDesk((desk) => show(desk, sagaId))],
  ['tell/2', ({ sagaId: name }) => withPool((pool) => tell(pool, name))],
  ['resolve/4', (decision) => withDesk((desk) => resolve(desk, decision))],
  ['after-restore/1', (given) => withPool((pool) => afterRestore(pool, given))],
  ['erase/2', (given) => withDesk((desk) => erase(desk, given))],
  ['differences/1', () => withPool(async (pool) => console.log(await listDifferences(pool)))],
  ['explain/2', (given) => withPool((pool) => explain(pool, given))],
  ['halt/1', (given) => withPool((pool) => halt(pool, given))],
  ['resume/1', (given) => withPool((pool) => resume(pool, given))],
]);

interface Given extends Decision {
  readonly tenant: string | undefined;
  readonly since: string | undefined;
}

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      by: { type: 'string', default: userInfo().username },
      why: { type: 'string', default: '' },
      'tracking-number': { type: 'string' },
      tenant: { type: 'string' },
      since: { type: 'string' },
    },
  });
  const [verb = '', id = '', step = '', action = ''] = positionals;
  const command = commands.get(`${verb}/${positionals.length}`);
  if (command === undefined) throw new Complaint(usage);
  await command({
    sagaId: id as SagaId,
    step,
    action: action as Decision['action'],
    trackingNumber: values['tracking-number'],
    operator: values.by,
    why: values.why,
    tenant: values.tenant,
    since: values.since,
  });
});

async function show(desk: OperatorsDesk, id: SagaId): Promise<void> {
  const order = await desk.show(id);
  if (order === undefined) throw new Complaint(`there is no order or refund ${id}`);
  console.log(orderInWords(order));
}

/** From the HTTP request to the mails, whichever processes did it. */
async function tell(pool: pg.Pool, name: string): Promise<void> {
  const desk = createOperationsDesk(pool);
  const found = await desk.search(name, { limit: LIMIT });
  if (found.length === 0) throw new Complaint('no order goes by that name');
  for (const { id } of found) {
    const story = await desk.story(id);
    if (story !== undefined) console.log(storyInWords(story));
  }
}

async function listDifferences(pool: pg.Pool): Promise<string> {
  const desk = createDifferencesDesk(pool);
  const [open, settling] = [
    await desk.differences({ state: 'open', limit: LIMIT }),
    await desk.differences({ state: 'settling', limit: LIMIT }),
  ];
  return `${differencesInWords([...open, ...settling])}\n${capturesInWords(await desk.captures())}`;
}

async function explain(pool: pg.Pool, { sagaId: id, ...by }: Given): Promise<void> {
  requireSigned(by);
  const { state } = await createDifferencesDesk(pool).explain(id, by);
  if (state === 'unknown') throw new Complaint(`there is no difference ${id}`);
  if (state === 'closed') throw new Complaint(`${id} is settled, about to be, or explained`);
  console.log(`${id} is explained`);
}

async function halt(pool: pg.Pool, by: Signature): Promise<void> {
  requireSigned(by);
  console.log(capturesInWords(await createDifferencesDesk(pool).haltCaptures(by)));
}

async function resume(pool: pg.Pool, by: Signature): Promise<void> {
  requireSigned(by);
  console.log(capturesInWords(await createDifferencesDesk(pool).resumeCaptures(by)));
}

function requireSigned({ why, operator }: Signature): void {
  for (const [name, text] of [
    ['--why', why],
    ['--by', operator],
  ] as const) {
    if (text.trim() === '') throw new Complaint(`${name} is missing: it is asked for afterwards`);
  }
}

/** By e-mail address every order of the customer, by its ID one order. */
async function erase(desk: OperatorsDesk, { sagaId: customer, ...given }: Given): Promise<void> {
  requireSigned(given);
  if (given.why.toLowerCase().includes(customer.toLowerCase())) {
    throw new Complaint('--why is kept, so it must not name the customer');
  }
  const orders = await ordersToErase(desk, customer, given.tenant);
  const erasure = await eraseOrders(desk, orders, given);
  const words = erasureInWords(erasure);
  if (erasure.unfinished.length > 0) throw new Complaint(words);
  console.log(words === '' ? `${customer} is erased already` : words);
}

async function ordersToErase(
  desk: OperatorsDesk,
  customer: string,
  tenant: string | undefined,
): Promise<OrderId[]> {
  if (!customer.includes('@')) {
    const order = await desk.show(customer as OrderId);
    if (order === undefined) throw new Complaint(`there is no order ${customer}`);
    return [order.id];
  }
  const orders = await ordersOfCustomer(desk, customer);
  const names = [...new Set(orders.map((order) => order.tenant))];
  if (names.length > 1 && tenant === undefined) {
    throw new Complaint(`a customer of ${names.join(' and ')}: say which by --tenant`);
  }
  const found = orders.filter((order) => tenant === undefined || order.tenant === tenant);
  if (found.length === 0) throw new Complaint('no order knows that e-mail address');
  return found.map(({ id }) => id);
}

async function resolve(desk: OperatorsDesk, decision: Decision): Promise<void> {
  requireSigned(decision);
  const sagas = connectSagaClient({
    ...temporal(),
    // Nothing is started here.
    taskQueue: '',
  });
  try {
    const resolved = await resolveParked({ desk, sagas }, decision);
    const words = resolvedInWords(decision, resolved);
    if (resolved.state !== 'resolved') throw new Complaint(words);
    console.log(words);
  } finally {
    await sagas.close();
  }
}

/** PostgreSQL went back to an earlier moment, and Temporal did not. */
async function afterRestore(pool: pg.Pool, { since = '', ...given }: Given): Promise<void> {
  requireSigned(given);
  const moment = new Date(since);
  if (Number.isNaN(moment.getTime())) {
    throw new Complaint('--since: the recovery point, like 2026-11-21T03:10:00Z');
  }
  const runs = await connectRuns(temporal());
  try {
    const standings = createStandings(pool);
    const captured = createCaptured(findGateway(process.env));
    const realigned = await realign({ runs, standings, captured }, moment, given);
    console.log(realignedInWords(realigned));
  } finally {
    await runs.close();
  }
}

function temporal() {
  return {
    address: findTemporal(process.env),
    namespace: process.env['TEMPORAL_NAMESPACE'] ?? 'default',
    apiKey: process.env['TEMPORAL_API_KEY'],
  };
}

function withDesk(work: (desk: OperatorsDesk) => Promise<void>): Promise<void> {
  return withPool((pool) => work(createOperatorsDesk(pool)));
}

async function withPool(work: (pool: pg.Pool) => Promise<void>): Promise<void> {
  const pool = createPool({ url: findDatabase(process.env), size: 1, applicationName: 'operate' });
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}
