/** An order's steps as a story: what each has done to goods and money, in plain words. Pure. */
import { price } from './parts.js';
import { REFUSED, wordsOf } from './step-words.js';

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
function withTurn(lines, { gate }) {
  const first = lines.findIndex(
    ({ look, step }) => look === 'undone' && step !== undefined && step !== 'send refund',
  );
  const at = first < 0 && gate === 'unwinding' ? lines.findIndex(isRunning) : first;
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
  if (direction === 'undo') return { ...common, look: 'undone', ...undone(step, words, books) };
  if (refused !== undefined) {
    const { refusedTitle: title = `Refused: ${refused}`, refused: text = '' } = words;
    return { ...common, look: 'refused', title: REFUSED[refused] ?? title, text };
  }
  const look = MADE_GOOD.has(step) || step === 'send refund' ? 'undone' : 'done';
  return {
    ...common,
    look,
    title: words.title,
    text: (words.done ?? '').replace('AMOUNT', price(order.amount)),
  };
}

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
    ? { title: undoTitle ?? `${title}: undone`, text: undone }
    : { title: nothingTitle, text: 'Whatever may still arrive late will be refused.' };
}

/** @type {Readonly<Record<string, string>>} */
const FAULTS = {
  'fail-before': 'The line broke before anything was done. It is asked again.',
  'fail-after-effect':
    'PARTY did it, and its answer was lost on the way. makegood does not guess: it looks, and finds it done.',
  hang: 'PARTY says nothing at all. makegood waits, and will not take silence for a no.',
  unavailable: 'PARTY says: not now. It is asked again in a moment.',
};

/** @type {Readonly<Record<string, string>>} */
const PARTIES = { gateway: 'The bank', carrier: 'The carrier' };

/**
 * @param {Books['calls'][number]} call
 * @param {number} n
 * @param {Books['calls']} before
 * @returns {Told}
 */
function toldCall({ at, party, operation, fault }, n, before) {
  const who = PARTIES[party] ?? party;
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
    ...later.map(({ step, title }) => ({
      key: `${order.id} ${step} do`,
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
  if (books.gate === 'unwinding') {
    return FORWARD.filter(
      (step) => has(step, 'do') && !has(step, 'undo') && step !== 'capture payment',
    )
      .reverse()
      .map((step) => {
        const { undoTitle = step } = wordsOf(step);
        return { step, direction: 'undo', title: undoTitle, doing: 'It is being undone.' };
      });
  }
  const isMadeGood = books.steps.some(
    ({ step, refused }) => step === 'request shipment' && refused !== undefined,
  );
  return (isMadeGood ? MAKING_GOOD : FORWARD)
    .filter((step) => !has(step, 'do'))
    .map((step) => ({ step, direction: 'do', ...wordsOf(step) }));
}
