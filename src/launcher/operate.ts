/** `npm run operate`: the operators' queue, one order whole, and an operator's word on a parked step. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { createOperatorsDesk } from '../adapters/postgres/operators-desk.ts';
import { createPool } from '../adapters/postgres/pool.ts';
import { connectSagaClient } from '../client/temporal.ts';
import type { Decision, OperatorsDesk, SagaId } from '../operator/ports.ts';
import { resolveParked } from '../operator/resolve.ts';
import { orderInWords, queueInWords, resolvedInWords } from '../operator/words.ts';
import { runCommand } from './command.ts';
import { Complaint } from './complaint.ts';
import { findDatabase, findTemporal } from './endpoints.ts';

const usage = `usage: npm run operate -- list
       npm run operate -- show <order or refund>
       npm run operate -- resolve <order or refund> <step> retry|mark-done|skip|refuse --why <why>
                          [--by <name>] [--tracking-number <number>]`;

// More than anybody reads at once; the rest is seen when these are done.
const LIMIT = 100;

/** By verb and number of words, so that a word too few or too many is seen. */
const commands = new Map<string, (given: Decision) => Promise<void>>([
  ['list/1', () => withDesk(async (desk) => console.log(queueInWords(await desk.queue(LIMIT))))],
  ['show/2', ({ sagaId }) => withDesk((desk) => show(desk, sagaId))],
  ['resolve/4', (decision) => withDesk((desk) => resolve(desk, decision))],
]);

await runCommand(usage, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      by: { type: 'string', default: userInfo().username },
      why: { type: 'string', default: '' },
      'tracking-number': { type: 'string' },
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
  });
});

async function show(desk: OperatorsDesk, id: SagaId): Promise<void> {
  const order = await desk.show(id);
  if (order === undefined) throw new Complaint(`there is no order or refund ${id}`);
  console.log(orderInWords(order));
}

async function resolve(desk: OperatorsDesk, decision: Decision): Promise<void> {
  for (const [name, text] of [
    ['--why', decision.why],
    ['--by', decision.operator],
  ] as const) {
    if (text.trim() === '') throw new Complaint(`${name} is missing: it is asked for afterwards`);
  }
  const sagas = connectSagaClient({
    address: findTemporal(process.env),
    namespace: process.env['TEMPORAL_NAMESPACE'] ?? 'default',
    apiKey: process.env['TEMPORAL_API_KEY'],
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

async function withDesk(work: (desk: OperatorsDesk) => Promise<void>): Promise<void> {
  const pool = createPool({ url: findDatabase(process.env), size: 1, applicationName: 'operate' });
  try {
    await work(createOperatorsDesk(pool));
  } finally {
    await pool.end();
  }
}
