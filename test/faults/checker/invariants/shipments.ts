/** Parcels, by the carrier's book. */
import type { Ending, Facts } from '../facts.ts';
import type { Finding } from '../verdict.ts';

/** H1 */
export function* oneParcelIfCompleted({ orders, known, evidence }: Facts): Iterable<Finding> {
  for (const order of orders.values()) {
    if (!order.isJudged || BY_CARRIER.some((step) => order.byHand.has(step))) continue;
    for (const detail of parcelsOf(order)) yield { orderId: order.id, detail };
  }
  yield* madeGoodForNothing(orders, evidence);
  for (const { effect, reference, orderId, seq } of evidence.carrier) {
    if (effect !== 'shipped' || known.has(orderId ?? '')) continue;
    yield { orderId: orderId ?? undefined, detail: `line ${seq}: ${reference} is of no order` };
  }
}

const BY_CARRIER = ['request shipment', 'cancel shipment'];

function* parcelsOf({ hasCompleted, shares, parcels, final }: Ending): Iterable<string> {
  const shipped = parcels.filter(({ effect }) => effect === 'shipped');
  const back = parcels.filter(({ effect }) => effect === 'cancelled').length;
  const due = hasCompleted ? (shares?.length ?? 1) : 0;
  if (shipped.length - back !== due) {
    yield `${shipped.length} sent, ${back} called back, due is ${due}`;
  }
  const shown = final.order.shipment?.trackingNumber;
  if (hasCompleted && shipped.every(({ trackingNumber }) => trackingNumber !== shown)) {
    yield `GET shows parcel ${shown}, which the carrier does not know`;
  }
}

/** An order is made good when its carrier, or an operator in its place, has said no. */
function* madeGoodForNothing(
  orders: Facts['orders'],
  { database }: Facts['evidence'],
): Iterable<Finding> {
  const refused = new Set(
    database.operator_action.flatMap(({ order_id: id, action }) => (action === 'refuse' ? id : [])),
  );
  for (const { id: orderId, final, parcels } of orders.values()) {
    if (final.order.reason !== 'address-refused' || refused.has(orderId)) continue;
    if (parcels.some(({ effect }) => effect === 'refused')) continue;
    yield { orderId, detail: 'made good, although no carrier refused it' };
  }
}

/** H2. What is captured at shipment is handed over first: see S2. */
export function* nothingLeavesUnpaid({ orders }: Facts): Iterable<Finding> {
  for (const { id: orderId, shares, parcels, money } of orders.values()) {
    if (shares !== undefined) continue;
    const captured = money.find(({ effect }) => effect === 'captured');
    for (const { effect, at, seq } of parcels) {
      if (effect !== 'shipped') continue;
      if (captured === undefined) yield { orderId, detail: `line ${seq}: sent, and never paid` };
      else if (Date.parse(at) < Date.parse(captured.at)) {
        yield { orderId, detail: `line ${seq}: sent at ${at}, paid at ${captured.at}` };
      }
    }
  }
}
