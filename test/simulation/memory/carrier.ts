/** The carrier in memory: ships an order once under our own reference, and calls it back for good. */
import type { Carrier } from '../../../src/activities/ports.ts';
import type {
  ShipmentEffect,
  ShipmentRequest,
} from '../../../src/counterparties/carrier/carrier.ts';
import { REFUSED_POSTAL_CODE } from '../../../src/counterparties/carrier/carrier.ts';
import { orderIn } from '../../../src/counterparties/faults.ts';
import { Refusal } from '../../../src/domain/wrong.ts';
import { promised } from './promised.ts';
import { iso } from './snapshot.ts';

export interface MemoryCarrier extends Carrier {
  /** Its own book: every effect, and every request that arrived. */
  readonly lines: readonly CarrierLine[];
}

export type CarrierLine = (ShipmentEffect | ShipmentRequest) & { readonly seq: number };

export function createMemoryCarrier({ now }: { readonly now: () => number }): MemoryCarrier {
  // The last effect under each reference says all there is to know about it.
  const shipments = new Map<string, ShipmentEffect>();
  const lines: CarrierLine[] = [];
  const write = (effect: ShipmentEffect | undefined, request: Request) => {
    if (effect !== undefined) {
      shipments.set(effect.reference, effect);
      lines.push({ seq: lines.length + 1, ...effect });
    }
    const { reference } = request;
    const outcome = effect === undefined ? 'repeated' : 'executed';
    const line = {
      kind: 'request',
      at: iso(now()),
      orderId: orderIn(reference),
      fault: null,
    } as const;
    lines.push({ seq: lines.length + 1, ...line, ...request, outcome });
  };

  return {
    lines,
    requestShipment: (shipment) =>
      promised(() => {
        const { reference, requestId } = shipment;
        const known = shipments.get(reference);
        const made = known ?? shipped(shipment, now(), lines.length);
        const status = statusOf(made, shipment, known === undefined);
        const effect = known === undefined ? made : undefined;
        write(effect, { operation: 'request', requestId, reference, status });
        return answerOf(made, status);
      }),
    cancelShipment: (reference) =>
      promised(() => {
        const known = shipments.get(reference);
        const isGone = known?.effect === 'cancelled' || known?.effect === 'tombstone';
        const effect = isGone ? undefined : calledBack(reference, known, now());
        write(effect, { operation: 'cancel', requestId: null, reference, status: 204 });
      }),
  };
}

type Request = Pick<ShipmentRequest, 'operation' | 'requestId' | 'reference' | 'status'>;

type Shipment = Parameters<Carrier['requestShipment']>[0];

function shipped(shipment: Shipment, now: number, number: number): ShipmentEffect {
  const { reference, requestId, address } = shipment;
  const isRefused = address.postalCode === REFUSED_POSTAL_CODE;
  return {
    kind: 'effect',
    at: iso(now),
    operation: 'request',
    effect: isRefused ? 'refused' : 'shipped',
    orderId: orderIn(reference),
    requestId,
    reference,
    body: bodyOf(shipment),
    trackingNumber: isRefused ? null : `MG${String(number).padStart(12, '0')}`,
  };
}

function bodyOf({ requestId, address, lines }: Shipment): string {
  return JSON.stringify({ requestId, address, lines });
}

function calledBack(
  reference: string,
  known: ShipmentEffect | undefined,
  now: number,
): ShipmentEffect {
  const before = known?.effect === 'shipped' ? known : undefined;
  return {
    kind: 'effect',
    at: iso(now),
    operation: 'cancel',
    effect: before === undefined ? 'tombstone' : 'cancelled',
    orderId: orderIn(reference),
    requestId: before?.requestId ?? null,
    reference,
    body: null,
    trackingNumber: before?.trackingNumber ?? null,
  };
}

function statusOf({ effect, body }: ShipmentEffect, shipment: Shipment, isNew: boolean): number {
  if (effect === 'cancelled' || effect === 'tombstone') return 410;
  if (body !== bodyOf(shipment)) return 409;
  if (effect === 'refused') return 422;
  return isNew ? 201 : 200;
}

function answerOf({ trackingNumber }: ShipmentEffect, status: number) {
  if (status === 422) {
    throw new Refusal('address-refused', 'The carrier does not deliver to this address.');
  }
  if (status >= 400) throw new Error(`Carrier requestShipment: status ${status}`);
  return { trackingNumber: trackingNumber ?? '' };
}
