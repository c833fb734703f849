/** Capture at shipment on PostgreSQL: each method calls the function of migrations/0033. */
import type pg from 'pg';
import type { Recorded } from '../../activities/ports.ts';
import type { ShipmentBook } from '../../activities/shipment-ports.ts';
import type { OrderId } from '../../domain/order.ts';
import { call } from './pool.ts';
import { beginStep, recordStep } from './step-answers.ts';

export function createShipmentBook(pool: pg.Pool, touched: (id: OrderId) => void): ShipmentBook {
  const begin = <Work>(fn: string, id: OrderId, ...rest: unknown[]) =>
    beginStep<Work>(pool, fn, id, ...rest);
  const record = async (fn: string, id: OrderId, ...rest: unknown[]): Promise<Recorded> => {
    const recorded = await recordStep(pool, fn, id, ...rest);
    touched(id);
    return recorded;
  };
  return {
    nextShipment: (id, number, marginMs) => begin('next_shipment', id, number, span(marginMs)),
    async noteTerms(id, intentId, { before, inParts }) {
      await call(pool, 'note_terms', id, intentId, before.toISOString(), inParts);
    },

    beginRenewal: (id) => begin('begin_renewal', id),
    recordOldHold: (id) => begin('record_old_hold', id),
    commitRenewal: (id, intentId) => begin('commit_renewal', id, intentId),
    recordRenewal: (id, intent) => record('record_renewal', id, intent.capturableMinor.toString()),
    recordRenewalDeclined: (id, outcome, detail) =>
      record('record_renewal_declined', id, outcome, detail),

    beginPart: (id, number, marginMs) => begin('begin_part', id, number, span(marginMs)),
    recordPart: (id, number, trackingNumber) => record('record_part', id, number, trackingNumber),
    recordPartRefused: (id, number, code, why) =>
      record('record_part_refused', id, number, code, why),
    beginPartUndo: (id) => begin('begin_part_undo', id),
    recordPartUndo: (id) => record('record_part_undo', id),

    beginPartCapture: (id, number) => begin('begin_part_capture', id, number),
    recordPartCapture: (id, number, intent) =>
      record('record_part_capture', id, number, intent.capturedMinor.toString()),
    recordPartCaptureRefused: (id, number) => record('record_part_capture_refused', id, number),

    beginPartRecall: (id, number) => begin('begin_part_recall', id, number),
    recordPartRecall: (id, number) => record('record_part_recall', id, number),
    beginRelease: (id) => begin('begin_release', id),
    recordRelease: (id) => record('record_release', id),
  };
}

function span(ms: number): string {
  return `${ms} ms`;
}
