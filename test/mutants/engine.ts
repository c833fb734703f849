/** Bugs of the engine and of the sagas on it: what a tired author might write, and a test must see. */
import type { Mutant } from './mutant.ts';
import { BY_HAND, ENGINE, SIMULATION } from './suites.ts';

const engine = 'src/saga/engine.ts';
const terms = 'src/saga/terms.ts';
const wrong = 'src/saga/wrong.ts';
const tries = 'src/saga/tries.ts';
const checkout = 'src/workflows/checkout.ts';

export const ENGINE_MUTANTS: readonly Mutant[] = [
  {
    name: 'An undo is recorded after its step has run.',
    file: engine,
    find: `      this.#undos.push({ line, compensate });
      if (this.#reason !== undefined) return await this.#recall(line, run);
      const outcome = await this.#tries.until(line, run, patient ? PATIENT : COMPENSABLE);
`,
    replace: `      if (this.#reason !== undefined) return await this.#recall(line, run);
      const outcome = await this.#tries.until(line, run, patient ? PATIENT : COMPENSABLE);
      if (outcome.ok) this.#undos.push({ line, compensate });
`,
    caughtBy: SIMULATION,
  },
  {
    name: 'Undos run in the order of their steps.',
    file: engine,
    find: 'of this.#undos.toReversed()) {',
    replace: 'of this.#undos) {',
    caughtBy: ENGINE,
  },
  {
    name: 'Only the last step is undone.',
    file: engine,
    find: 'this.#undos.toReversed()',
    replace: 'this.#undos.slice(-1)',
    caughtBy: SIMULATION,
  },
  {
    name: 'An undo puts up with nothing.',
    file: terms,
    find: `  endures: () => true,`,
    replace: `  endures: () => false,`,
    caughtBy: SIMULATION,
  },
  {
    name: 'The pivot does not look whether the saga was cancelled.',
    file: engine,
    find: `      await this.#heedCancellation(line);
      if (this.#reason !== undefined) throw this.#unwinding();`,
    replace: `      if (this.#reason !== undefined) throw this.#unwinding();`,
    caughtBy: ENGINE,
  },
  {
    name: 'Nobody asks the books before anything is undone.',
    file: engine,
    find: `if (ask === undefined) return { gate: 'unwinding', reason };`,
    replace: `if (ask !== undefined) return { gate: 'unwinding', reason };`,
    caughtBy: SIMULATION,
  },
  {
    name: 'The books say that it is too late, and the saga unwinds.',
    file: engine,
    find: `if (gate !== 'unwinding') {`,
    replace: `if (gate === 'nowhere') {`,
    caughtBy: SIMULATION,
  },
  {
    name: 'A second run that stops early does not list what the first one did.',
    file: engine,
    find: 'if (this.#options.beginUnwind === undefined) throw this.#unwinding();',
    replace: 'if (this.#options.beginUnwind !== undefined) throw this.#unwinding();',
    caughtBy: SIMULATION,
  },
  {
    name: 'A bug before the pivot unwinds.',
    file: terms,
    find: `endures: ({ kind }) => kind === 'bug' || kind === 'pending',`,
    replace: `endures: ({ kind }) => kind === 'pending',`,
    caughtBy: ENGINE,
  },
  {
    name: 'The pivot gives up when nobody answers.',
    file: terms,
    find: `  endures: ({ kind }) => kind !== 'refusal',
  choices: LOOK,`,
    replace: `  endures: ({ kind }) => kind === 'bug',
  choices: LOOK,`,
    caughtBy: ENGINE,
  },
  {
    name: 'Any refusal ends a step after the pivot.',
    file: terms,
    find: `wrong.kind !== 'refusal' || !refusals.includes(wrong.code)`,
    replace: `wrong.kind !== 'refusal'`,
    caughtBy: ENGINE,
  },
  {
    name: 'A timeout is a refusal.',
    file: wrong,
    find: `if (cause instanceof TimeoutFailure) return { kind: 'failure', detail };`,
    replace: `if (cause instanceof TimeoutFailure) return { kind: 'refusal', code: 'payment-declined', detail };`,
    caughtBy: SIMULATION,
  },
  {
    name: 'No answer is a refusal.',
    file: wrong,
    find: `  if (type === REFUSAL) return`,
    replace: `  if (type === REFUSAL || type === UNAVAILABLE) return`,
    caughtBy: SIMULATION,
  },
  {
    name: 'What a step hears while it looks is forgotten.',
    file: tries,
    find: `    if (ordeal.looks !== this.#looks) return undefined;
`,
    replace: '',
    caughtBy: ENGINE,
  },
  {
    name: 'A step that hears of something is not parked.',
    file: tries,
    find: `    if (wrong.kind !== 'pending') return await this.#park(line, run, terms);
    // It may have looked too early for what it was told to look for.
    if (ordeal.looks !== this.#looks) return undefined;
`,
    replace: `    if (ordeal.looks !== this.#looks) return undefined;
    if (wrong.kind !== 'pending') return await this.#park(line, run, terms);
`,
    caughtBy: ENGINE,
  },
  {
    name: 'Who hints without end is heard without end.',
    file: tries,
    find: `      if (this.#looks >= MOST_HINTS) return;
`,
    replace: '      if (this.#looks >= MOST_HINTS * MOST_HINTS) return;\n',
    caughtBy: ENGINE,
  },
  {
    name: 'A look that fails ends a wait whose time is not up.',
    file: tries,
    find: 'return this.#runtime.now() < until ? before : wrong;',
    replace: 'return until > 0 ? wrong : wrong;',
    caughtBy: ENGINE,
  },
  {
    name: 'A parked step is not tried any more.',
    file: tries,
    find: `          return await this.#attempt(line, run, 'parked');`,
    replace: `          return await new Promise<never>(() => undefined);`,
    caughtBy: SIMULATION,
  },
  {
    name: "An operator's word is not waited for.",
    file: tries,
    find: `async () => this.#obey(line, await this.#parked.decision(step, choices), ordeal),`,
    replace: ``,
    caughtBy: ENGINE,
  },
  {
    name: 'No operator is called.',
    file: tries,
    find: `      await this.#options.callOperator?.(parked);
`,
    replace: ``,
    caughtBy: SIMULATION,
  },
  {
    name: 'The goods have no undo.',
    file: checkout,
    find: 'compensate: () => act.releaseStock(order),',
    replace: 'compensate: () => Promise.resolve(),',
    caughtBy: SIMULATION,
  },
  {
    name: 'The authorization has no undo.',
    file: checkout,
    find: 'compensate: () => act.voidAuthorization(order),',
    replace: 'compensate: () => Promise.resolve(),',
    caughtBy: SIMULATION,
  },
  {
    name: 'The parcel is asked for before the money is taken.',
    file: checkout,
    find: `  const committed = await saga.pivot('capture payment', () => act.capturePayment(order));
`,
    replace: `  const committed = await saga.pivot('capture payment', async () => {
    await act.requestShipment(order);
    await act.capturePayment(order);
  });
`,
    caughtBy: SIMULATION,
  },
  {
    name: 'What cannot be delivered is not refunded.',
    file: checkout,
    find: `  await committed.step('refund payment', () => act.refundPayment(order));
`,
    replace: '',
    caughtBy: SIMULATION,
  },
  {
    name: 'What cannot be delivered is not put back on the shelf.',
    file: checkout,
    find: `  await committed.step('restock', () => act.restock(order));
`,
    replace: '',
    caughtBy: SIMULATION,
  },
  {
    name: 'Nobody calls a refused parcel back.',
    file: checkout,
    find: `  await committed.step('cancel shipment', () => act.cancelShipment(order));
`,
    replace: '',
    caughtBy: BY_HAND,
  },
  {
    name: 'The customer has no receipt.',
    file: checkout,
    find: `  await committed.step('send receipt', () => act.sendReceipt(order));
`,
    replace: '',
    caughtBy: SIMULATION,
  },
];
