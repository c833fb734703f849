/** An order's steps as a story: what each has done to goods and money, in plain words. Pure. */
import { price } from './parts.js';
import { nameOf, REFUSED, wordsOf } from './step-words.js';

/** @import { Words } from './step-words.js' */
/** @import { Books, Order, Told } from './types.d.ts' */

const FORWARD = [
  'reserve stock',
  'authorize payment',
  'capture payment',
  'request shipment',
  'send receipt',
];
const MAKING_GOOD = ['cancel shipment', 'refund payment', 'restock', 'close'];
const MADE_GOOD = new Set(MAKING_GOOD);

/** What a step is undone with, whose do has only been barred. */
const BARRED = 'unwinding';

/**
 * Which way an order goes. Known by the first no: the gate is turned only after it.
 * @param {Books} books
 * @returns {'on' | 'back' | 'making good'}
 */
export function wayOf({ gate, steps }) {
  const no = steps.find(
    ({ step, refused }) => FORWARD.includes(step) && ![undefined, BARRED].includes(refused),
  );
  if (no?.step === 'request shipment') return 'making good';
  return no !== undefined || gate === 'unwinding' ? 'back' : 'on';
}

/**
 * @param {Order} order
 * @param {Books} books
 * @returns {readonly Told[]}
 */
export function storyOf(order, books) {
  const steps = books.steps.filter(({ refused }) => refused !== BARRED);
  const lines = [
    ...steps.map((step) => toldStep(step, order, books)),
    ...books.calls.map((call, n) => toldCall(call, n, books.calls.slice(0, n))),
  ].sort((one, other) => (one.at ?? '').localeCompare(other.at ?? ''));
  const isOver = ['completed', 'rejected', 'cancelled', 'refunded'].includes(order.status);
  return withTurn(isOver ? lines : [...lines, ...toCome(order, books)], books);
}

/**
 * Says where the order turns back, before the first thing that is undone.
 * @param {readonly Told[]} lines
 * @param {Books} books
 */
function withTurn(lines, books) {
  const first = lines.findIndex(
    ({ look, step }) => look === 'undone' && step !== undefined && step !== 'send refund',
  );
  const at = first < 0 && wayOf(books) !== 'on' ? lines.findIndex(isRunning) : first;
  if (at < 0) return lines;
  const isPaid = MADE_GOOD.has(lines[at]?.step ?? '');
  const text = isPaid ? 'It is made good, one by one.' : 'It is undone, the last first.';
  /** @type {Told} */
  const turn = { key: 'turn', look: 'turn', title: 'Here it turns back', text };
  return [...lines.slice(0, at), turn, ...lines.slice(at)];
}

/** @param {Told} told */
function isRunning({ look }) {
  return look === 'running' || look === 'person';
}

/**
 * @param {Books['steps'][number]} entry
 * @param {Order} order
 * @param {Books} books
 * @returns {Told}
 */
function toldStep({ at, sagaId, step, direction, refused }, order, books) {
  const words = wordsOf(step);
  const common = { key: `${sagaId} ${step} ${direction}`, at, step };
  if (direction === 'undo') {
    const { title, text } = undone(step, words, books);
    return { ...common, look: 'undone', title, text };
  }
  if (refused !== undefined) {
    const { refusedTitle: title = `Refused: ${refused}`, refused: text = '' } = words;
    return { ...common, look: 'refused', title: REFUSED[refused] ?? title, text };
  }
  const look = MADE_GOOD.has(step) || step === 'send refund' ? 'undone' : 'done';
  const { amount } = books.refunds.find(({ id }) => id === sagaId) ?? order;
  return {
    ...common,
    look,
    title: words.title,
    text: (words.done ?? '').replace('AMOUNT', price(amount)),
  };
}

const LATE = 'Whatever may still arrive late will be refused.';

/**
 * An undo runs also where it is not known, or not so, that there is anything to undo.
 * @param {string} step
 * @param {Words} words
 * @param {Books} books
 */
function undone(step, { title, undoTitle, undone = '', nothingTitle = title }, books) {
  const did = books.steps.some(
    (one) => one.step === step && one.direction === 'do' && one.refused === undefined,
  );
  return did
    ? { title: undoTitle ?? `${title}: undone`, text: undone, doing: 'It is being undone.' }
    : { title: nothingTitle, text: LATE, doing: 'It is not known, so it is seen to.' };
}

/** @type {Readonly<Record<string, string>>} */
const FAULTS = {
  'fail-before': 'The line broke before anything was done. It is asked again.',
  'fail-after-effect':
    'PARTY did it, and its answer was lost on the way. makegood does not guess: it looks, and finds it done.',
  hang: 'PARTY says nothing at all. makegood waits, and will not take silence for a no.',
  unavailable: 'PARTY says: not now. It is asked again in a moment.',
};

/**
 * @param {Books['calls'][number]} call
 * @param {number} n
 * @param {Books['calls']} before
 * @returns {Told}
 */
function toldCall({ at, party, operation, fault }, n, before) {
  const who = nameOf(party);
  const text = (FAULTS[fault] ?? `${who} went wrong: ${fault}.`).replace('PARTY', who);
  const isAgain = before.some((one) => one.party === party && one.fault === fault);
  return {
    key: `call ${party} ${operation} ${n}`,
    at,
    look: 'trouble',
    title: isAgain ? `${who} breaks again` : `${who} breaks`,
    text,
  };
}

/**
 * @param {Order} order
 * @param {Books} books
 * @returns {readonly Told[]}
 */
function toCome(order, books) {
  const [now, ...later] = owed(order, books);
  if (now === undefined) return [];
  const parked = books.parked.length > 0;
  return [
    {
      key: `${order.id} ${now.step} ${now.direction}`,
      step: now.step,
      look: parked ? 'person' : 'running',
      title: now.title,
      text: parked ? 'It waits for a person.' : (asking(order, now) ?? now.doing ?? 'Under way.'),
    },
    ...later.map(({ step, direction, title }) => ({
      key: `${order.id} ${step} ${direction}`,
      step,
      look: /** @type {const} */ ('ahead'),
      title,
      text: '',
    })),
  ];
}

/**
 * @param {Order} order
 * @param {Partial<Words>} now
 */
function asking({ payment: { action } }, now) {
  if (action === undefined) return undefined;
  const options = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit' });
  const time = new Date(action.expiresAt).toLocaleTimeString('en-GB', options);
  return now.asking?.replace('TIME', time);
}

/**
 * @param {Order} order
 * @param {Books} books
 */
function owed(order, books) {
  const has = (/** @type {string} */ step, /** @type {string} */ direction) =>
    books.steps.some(
      (one) => one.sagaId === order.id && one.step === step && one.direction === direction,
    );
  const way = wayOf(books);
  if (way === 'back') {
    return FORWARD.filter((step) => isUndone(step, (one) => has(one, 'do')) && !has(step, 'undo'))
      .reverse()
      .map((step) => {
        const { title, doing } = undone(step, wordsOf(step), books);
        return { step, direction: 'undo', title, doing };
      });
  }
  return (way === 'making good' ? MAKING_GOOD : FORWARD)
    .filter((step) => !has(step, 'do'))
    .map((step) => ({ step, direction: 'do', ...wordsOf(step) }));
}

/**
 * The bank may have heard of it before we know: that is undone also where nothing is known of it.
 * @param {string} step
 * @param {(step: string) => boolean} isDone
 */
function isUndone(step, isDone) {
  if (step === 'authorize payment') return isDone('reserve stock');
  return step !== 'capture payment' && isDone(step);
}
