/** What the messenger and the archiver ask of the deliveries that are owed (migrations/0025). */
import type pg from 'pg';
import type { OrderEvent } from '../../api/ports.ts';
import type { ClaimedDelivery, DeliveryQueue } from '../../api/webhook-ports.ts';
import type { DisabledReason } from '../../domain/webhook.ts';
import { call } from './pool.ts';

export interface Opening {
  readonly open: (sealed: Buffer, endpointId: string) => string | undefined;
}

export function createDeliveryQueue(pool: pg.Pool, { open }: Opening): DeliveryQueue {
  return {
    async claim({ busy, most, perEndpoint, leaseMs }) {
      const values = [JSON.stringify(Object.fromEntries(busy)), most, perEndpoint, ms(leaseMs)];
      const rows = await call<readonly Row[]>(pool, 'claim_deliveries', ...values);
      return rows.map((row) => parse(row, open));
    },
    async record({ endpointId, eventId, asOf }, attempt, verdict, patienceDays) {
      const { disabled } = await call<{ readonly disabled?: DisabledReason }>(
        pool,
        'record_attempt',
        endpointId,
        eventId,
        JSON.stringify(attempt),
        verdict.outcome,
        ms(verdict.waitMs),
        ms(verdict.holdMs),
        verdict.isGone,
        `${patienceDays} days`,
        asOf,
      );
      return disabled;
    },
    sweep: (olderThanDays, limit) =>
      call<number>(pool, 'sweep_deliveries', `${olderThanDays} days`, limit),
  };
}

interface Row extends Omit<ClaimedDelivery, 'event' | 'secrets'> {
  readonly createdAt: string;
  /** Sealed, in base64. */
  readonly secrets: readonly string[];
  readonly event: OrderEvent | null;
}

function parse({ event, secrets, createdAt, ...row }: Row, open: Opening['open']): ClaimedDelivery {
  const { eventId: id, endpointId } = row;
  const opened = secrets.map((sealed) => open(Buffer.from(sealed, 'base64'), endpointId));
  return {
    ...row,
    secrets: opened.filter((secret) => secret !== undefined),
    event: event ?? { id, type: 'webhook.test', occurredAt: createdAt, endpointId },
  };
}

function ms(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`;
}
