/**
 * What has to hold of an order that was captured at shipment: what was captured is what was shipped, by
 * the books of gateway and carrier, and nothing else is held, on its way, or off the shelf.
 */
import type { Own, Say } from './own.ts';
import type { World } from './world.ts';

export function auditLater({ books }: World, own: Own, say: Say): void {
  const { order, account, decided, wasCancelled } = own;
  const { tables } = books;
  const shipped = tables.shipments.of(order.id).filter(({ state }) => state === 'shipped');
  const due = shipped.reduce((sum, { amountMinor }) => sum + Number(amountMinor), 0);
  const { authorized, captured, released } = account;
  if (captured !== due) say(`M1: ${captured} is captured where ${due} is shipped`);
  if (due > Number(order.amountMinor)) say('M1: more is shipped than was ordered');
  if ((order.status === 'completed') !== due > 0) say(`M1: ${due} is captured`);
  if (wasCancelled && captured !== 0) say('M9: captured although it was cancelled');
  const held = authorized - captured - released;
  if (held !== 0 && decided.get('undo authorize payment') !== 'skip') say(`M2: ${held} is held`);
  auditParcels(shipped.length, own, say);
  if (!decided.has('undo reserve stock')) auditGoods(tables, own, say);
  if (decided.size === 0) auditEntries(tables, own, say);
}

function auditParcels(paidFor: number, { account, decided }: Own, say: Say): void {
  const underWay = account.shipped - account.calledBack;
  // Who says that nothing has to be called back answers for the parcel.
  const isAnswered = [...decided.keys()].some((step) =>
    /^(cancel|undo request) shipment/.test(step),
  );
  if (underWay !== paidFor && !isAnswered) {
    say(`H1: ${underWay} parcels are under way where ${paidFor} are paid for`);
  }
}

type Tables = World['books']['tables'];

function auditGoods({ shipments, reservations }: Tables, { order }: Own, say: Say): void {
  const sent = (wanted: string) =>
    shipments
      .of(order.id)
      .filter(({ state }) => state === 'shipped')
      .flatMap(({ lines }) => lines.filter(({ sku }) => sku === wanted))
      .reduce((sum, { quantity }) => sum + quantity, 0);
  for (const { sku, state, quantity, restocked } of reservations.of(order.id)) {
    const gone = state === 'sold' || state === 'restocked' ? quantity - restocked : 0;
    if (state === 'held' || gone !== sent(sku)) {
      say(`K4: of ${quantity} ${sku}, ${state}, ${gone} are gone where ${sent(sku)} were shipped`);
    }
  }
}

/** A hold that lapsed before anybody wrote it down has no amount: what is still held counts. */
function auditEntries({ entries }: Tables, { order, account }: Own, say: Say): void {
  const sum = (of: 'authorized' | 'captured' | 'voided') =>
    entries.of(order.id).reduce((total, entry) => total + Number(entry[of]), 0);
  const ours = [sum('authorized') - sum('voided'), sum('captured')];
  const theirs = [account.authorized - account.released, account.captured];
  if (ours.join() !== theirs.join()) {
    say(`M11: our entries say ${ours.join()}, the gateway ${theirs.join()}`);
  }
}
