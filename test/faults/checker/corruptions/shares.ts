/**
 * An order that was captured at shipment, spoilt. The fixture has none, so one of two cups is told
 * as if the cups had gone out in a parcel each.
 */
import type { Copy, Row } from '../copy.ts';
import type { Corruption } from './corruption.ts';

const ROLE = 'restocked';
const GATEWAY = 'gateway.jsonl';
const CARRIER = 'carrier.jsonl';
const ENTRIES = 'database/payment_entry.jsonl';

export const OF_SHARES: readonly Corruption[] = [
  [
    'a share that is captured twice',
    'S2',
    ROLE,
    (copy) => {
      const { capture } = inTwoParcels(copy);
      copy.repeat(GATEWAY, capture);
    },
  ],
  [
    'more captured in parts than was held',
    'S1',
    ROLE,
    (copy) => {
      const { capture } = inTwoParcels(copy);
      capture['amount'] = 1_001;
    },
  ],
  [
    'a share for what was never shipped',
    'S2',
    ROLE,
    (copy) => {
      inTwoParcels(copy);
      const [, second] = copy.final(ROLE).order.shipments ?? [];
      Object.assign(second ?? {}, { status: 'refused' });
    },
  ],
  [
    'a parcel that nobody has paid for',
    'S2',
    ROLE,
    (copy) => {
      const { capture } = inTwoParcels(copy);
      copy.remove(GATEWAY, capture);
    },
  ],
  [
    'a share that was captured before its parcel was handed over',
    'S2',
    ROLE,
    (copy) => {
      const { parcel } = inTwoParcels(copy);
      parcel['at'] = '2100-01-01T00:00:00.000Z';
    },
  ],
  [
    'a parcel that was called back, and is shown as shipped',
    'H1',
    ROLE,
    (copy) => {
      const { parcel } = inTwoParcels(copy);
      copy.repeat(CARRIER, parcel, { operation: 'cancel', effect: 'cancelled' });
    },
  ],
  [
    'a shipment that was shipped before anything was paid',
    'O5',
    ROLE,
    (copy) => {
      inTwoParcels(copy);
      Object.assign(copy.final(ROLE).events[2] ?? {}, { type: 'shipment.shipped' });
    },
  ],
];

/** Both the same in every book; answers the second's capture and parcel. */
export function inTwoParcels(copy: Copy): { readonly capture: Row; readonly parcel: Row } {
  const id = copy.id(ROLE);
  const capture = copy.effect(GATEWAY, ROLE, 'captured');
  const asked = copy.row(GATEWAY, { kind: 'request', orderId: id, operation: 'capture' });
  capture['amount'] = 1_000;
  const parcel = copy.effect(CARRIER, ROLE, 'shipped');
  const put = copy.row(CARRIER, { kind: 'request', orderId: id, operation: 'request' });
  // Handed over, then captured.
  for (const line of [capture, asked]) line['at'] = parcel['at'];

  const key = `${id}:capture:2`;
  copy.repeat(GATEWAY, asked, { key });
  const secondCapture = copy.repeat(GATEWAY, asked, { ...capture, key });
  for (const line of [parcel, put]) line['reference'] = `${id}-1`;
  const reference = `${id}-2`;
  copy.repeat(CARRIER, put, { reference });
  const second = { ...parcel, reference, trackingNumber: 'MG-SECOND' };
  const secondParcel = copy.repeat(CARRIER, put, second);

  for (const kind of ['answered', 'requested']) {
    const entry = copy.row(ENTRIES, { order_id: id, operation: 'capture', kind });
    if (kind === 'answered') entry['captured'] = 1_000;
    copy.repeat(ENTRIES, entry, { n: 2 });
  }
  const { order } = copy.final(ROLE);
  const shipped = { status: 'shipped', amount: { value: '1000', currency: 'EUR' } };
  const lines = [{ sku: order.lines[0]?.sku, quantity: 1 }];
  Object.assign(order, {
    shipment: { trackingNumber: 'MG-SECOND' },
    shipments: [1, 2].map((number) => ({ id: `shp_${number}`, ...shipped, lines })),
  });
  return { capture: secondCapture, parcel: secondParcel };
}
