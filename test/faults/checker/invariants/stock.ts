/** Goods: what the shelves held at every look at them, and what the orders say was sold. */
import type { StockRow } from '../evidence.ts';
import { sum, type Ending, type Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** Each look at the shelves during the run, and the last one in the dump. */
function* looks({ evidence }: Facts): Iterable<readonly [when: string, row: StockRow]> {
  for (const { at, stock } of evidence.snapshots) for (const row of stock) yield [at, row];
  for (const row of evidence.database.stock) yield ['the end', row];
}

/** K1 */
export function* unitsAreConstant(facts: Facts): Iterable<Finding> {
  const { stock } = facts.evidence.run;
  for (const [when, { sku, available, reserved, sold }] of looks(facts)) {
    const units = available + reserved + sold;
    const initial = stock[sku];
    if (units === initial) continue;
    yield { detail: `${sku} at ${when}: ${units} units, of ${initial ?? 'nothing'} at first` };
  }
  const seen = new Set(facts.evidence.database.stock.map(({ sku }) => sku));
  for (const sku of Object.keys(stock)) {
    if (!seen.has(sku)) yield { detail: `${sku} is on no shelf any more` };
  }
}

/** K2 */
export function* nothingIsNegative(facts: Facts): Iterable<Finding> {
  for (const [when, { sku, available, reserved, sold }] of looks(facts)) {
    const counts = [available, reserved, sold];
    if (counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
      const initial = facts.evidence.run.stock[sku] ?? 0;
      if (sold > initial) yield { detail: `${sku} at ${when}: ${sold} sold, of ${initial}` };
    } else yield { detail: `${sku} at ${when}: ${counts.join('/')} available/reserved/sold` };
  }
}

/** K3 */
export function* nothingStaysReserved({ evidence, orders, known }: Facts): Iterable<Finding> {
  for (const { order_id: orderId, sku, state } of evidence.database.reservation) {
    if (!known.has(orderId)) yield { orderId, detail: `${sku} reserved for an order nobody knows` };
    const order = orders.get(orderId);
    const isOver = order?.isJudged === true && !order.byHand.has('reserve stock');
    if (state === 'held' && isOver) yield { orderId, detail: `${sku} is held after the end` };
  }
  if (orders.size < known.size) return;
  const open = [...orders.values()].filter((order) => !order.isJudged || order.byHand.size > 0);
  for (const { sku, reserved } of evidence.database.stock) {
    const mayBe = sum(open, (order) => unitsOf(order, sku));
    if (reserved > mayBe) yield { detail: `${sku}: ${reserved} reserved, all orders have ended` };
  }
}

/** K4 */
export function* soldIsWhatCompleted({ evidence, orders, known }: Facts): Iterable<Finding> {
  const judged = [...orders.values()].filter((order) => order.isJudged && order.byHand.size === 0);
  // One that was not read, or is still open, may have sold something or not.
  if (judged.length < known.size) return;
  for (const { sku, sold } of evidence.database.stock) {
    const due = sum(judged, (order) => stillSold(order, sku));
    if (sold !== due) yield { detail: `${sku}: ${sold} sold, the completed orders have ${due}` };
  }
}

function unitsOf({ final }: Ending, sku: string): number {
  return sum(final.order.lines, (line) => (line.sku === sku ? line.quantity : 0));
}

/** Less what a refund has put back on the shelf. */
function stillSold(order: Ending, sku: string): number {
  if (!order.hasCompleted) return 0;
  const gone = order.shares?.flatMap(([, { lines }]) => lines) ?? order.final.order.lines;
  const back = order.final.refunds
    .filter(({ status, restock }) => status === 'succeeded' && restock)
    .flatMap(({ lines = [] }) => lines)
    .filter((line) => line.sku === sku);
  const sent = gone.filter((line) => line.sku === sku);
  return sum(sent, ({ quantity }) => quantity) - sum(back, ({ quantity }) => quantity);
}
